# Scores of a cell's generators.


rule evaluate:
    input:
        weights=rules.train.output.weights,
        statistics=lambda w: f"references/{Cell.parse(w.cell).dataset}/statistics.safetensors",
        card=lambda w: f"references/{Cell.parse(w.cell).dataset}/card.json",
    output:
        metrics="cells/{cell}/metrics.json",
    params:
        values=lambda w: plan.values("evaluate", DOCUMENT, **Cell.parse(w.cell).names),
        code=plan.code_digest("evaluate"),
        options=PARAMS_OPTION,
    log:
        "logs/evaluate/{cell}.log",
    benchmark:
        "benchmarks/evaluate/{cell}.tsv"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
    shell:
        "ganmatrix evaluate {wildcards.cell}{params.options} > {log} 2>&1"
