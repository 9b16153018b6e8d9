# One job a cell. It resumes from scratch/<cell>/ when it was stopped.


rule train:
    input:
        train=lambda w: f"data/{cell_of(w).dataset}/train.npy",
        card=lambda w: f"data/{cell_of(w).dataset}/card.json",
    output:
        weights="cells/{cell}/weights.safetensors",
        history="cells/{cell}/history.parquet",
        samples="cells/{cell}/samples.png",
        run="cells/{cell}/run.json",
    log:
        "logs/train/{cell}.log",
    benchmark:
        "benchmarks/train/{cell}.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=1440,
    params:
        values=lambda w: plan.values("train", DOCUMENT, **cell_of(w).names),
        code=plan.code_digest("train"),
        options=PARAMS_OPTION,
    message:
        "train {wildcards.cell}"
    shell:
        "ganmatrix train {wildcards.cell}{params.options} > {log} 2>&1"
