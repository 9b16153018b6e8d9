# One job a cell. It resumes from scratch/<cell>/ when it was stopped. The cell's id is spelled out here,
# since the checksum lies in a folder of its dataset, and all outputs of a rule have the same wildcards.


rule train:
    input:
        train=lambda w: f"data/{cell_of(w).dataset}/train.npy",
        card=lambda w: f"data/{cell_of(w).dataset}/card.json",
    output:
        weights=f"cells/{CELL}/weights.safetensors",
        history=f"cells/{CELL}/history.parquet",
        samples=f"cells/{CELL}/samples.png",
        run=f"cells/{CELL}/run.json",
        checksum=f"checksums/{{dataset}}/{CELL}.sha256",
    log:
        f"logs/train/{CELL}.log",
    benchmark:
        f"benchmarks/train/{CELL}.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=1440,
    params:
        cell=lambda w: cell_of(w).id,
        values=lambda w: plan.values("train", DOCUMENT, **cell_of(w).names),
        code=plan.code_digest("train"),
        options=PARAMS_OPTION,
    message:
        "train {params.cell}"
    shell:
        "ganmatrix train {params.cell}{params.options} > {log} 2>&1"
