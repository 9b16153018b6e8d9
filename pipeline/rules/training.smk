# One job a cell. It resumes from scratch/<cell>/ when it was stopped.


rule train:
    input:
        train=lambda w: f"data/{Cell.parse(w.cell).dataset}/train.npy",
        card=lambda w: f"data/{Cell.parse(w.cell).dataset}/card.json",
    output:
        weights="cells/{cell}/weights.safetensors",
        history="cells/{cell}/history.parquet",
        samples="cells/{cell}/samples.png",
        run="cells/{cell}/run.json",
    params:
        values=lambda w: plan.values("train", DOCUMENT, **Cell.parse(w.cell).names),
        code=plan.code_digest("train"),
        options=PARAMS_OPTION,
    log:
        "logs/train/{cell}.log",
    benchmark:
        "benchmarks/train/{cell}.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=1440,
    shell:
        "ganmatrix train {wildcards.cell}{params.options} > {log} 2>&1"
