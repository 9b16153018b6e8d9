# Robustness and smoothness of a cell's discriminator.


rule probe:
    input:
        weights="cells/{cell}/weights.safetensors",
        train=lambda w: f"data/{cell_of(w).dataset}/train.npy",
        held_out=lambda w: f"data/{cell_of(w).dataset}/held_out.npy",
        card=lambda w: f"data/{cell_of(w).dataset}/card.json",
    output:
        probes="cells/{cell}/probes.json",
        attacks="cells/{cell}/attacks.png",
    log:
        "logs/probe/{cell}.log",
    benchmark:
        "benchmarks/probe/{cell}.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=120,
    params:
        values=lambda w: plan.values("probe", DOCUMENT, **cell_of(w).names),
        code=plan.code_digest("probe"),
        options=PARAMS_OPTION,
    message:
        "probe {wildcards.cell}"
    shell:
        "ganmatrix probe {wildcards.cell}{params.options} > {log} 2>&1"
