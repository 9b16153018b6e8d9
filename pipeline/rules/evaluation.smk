# Scores of a cell's generators.


rule evaluate:
    input:
        weights="cells/{cell}/weights.safetensors",
        train=lambda w: f"data/{cell_of(w).dataset}/train.npy",
        data_card=lambda w: f"data/{cell_of(w).dataset}/card.json",
        statistics=lambda w: f"references/{cell_of(w).dataset}/statistics.safetensors",
        card=lambda w: f"references/{cell_of(w).dataset}/card.json",
    output:
        metrics="cells/{cell}/metrics.json",
        neighbours="cells/{cell}/neighbours.png",
    log:
        "logs/evaluate/{cell}.log",
    benchmark:
        "benchmarks/evaluate/{cell}.tsv"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        values=lambda w: plan.values("evaluate", DOCUMENT, **cell_of(w).names),
        code=plan.code_digest("evaluate"),
        options=PARAMS_OPTION,
    message:
        "evaluate {wildcards.cell}"
    shell:
        "ganmatrix evaluate {wildcards.cell}{params.options} > {log} 2>&1"
