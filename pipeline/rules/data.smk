# Real data: arrays on disk, and the statistics that generators are scored against.


rule prepare:
    output:
        train="data/{dataset}/train.npy",
        train_labels="data/{dataset}/train_labels.npy",
        held_out="data/{dataset}/held_out.npy",
        held_out_labels="data/{dataset}/held_out_labels.npy",
        card="data/{dataset}/card.json",
    log:
        "logs/prepare/{dataset}.log",
    benchmark:
        "benchmarks/prepare/{dataset}.tsv"
    threads: lambda w: 8 if GRID.datasets[w.dataset].is_streamed else 1
    resources:
        mem_mb=2000,
        runtime=lambda w: 720 if GRID.datasets[w.dataset].is_streamed else 60,
    params:
        values=lambda w: plan.values("prepare", DOCUMENT, dataset=w.dataset),
        code=plan.code_digest("prepare"),
        options=PARAMS_OPTION + SOURCES_OPTION,
    message:
        "prepare {wildcards.dataset}"
    shell:
        "ganmatrix prepare {wildcards.dataset}{params.options} > {log} 2>&1"


rule reference:
    input:
        train=rules.prepare.output.train,
        train_labels=rules.prepare.output.train_labels,
        held_out=rules.prepare.output.held_out,
        held_out_labels=rules.prepare.output.held_out_labels,
        card=rules.prepare.output.card,
    output:
        statistics="references/{dataset}/statistics.safetensors",
        card="references/{dataset}/card.json",
    log:
        "logs/reference/{dataset}.log",
    benchmark:
        "benchmarks/reference/{dataset}.tsv"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        values=lambda w: plan.values("reference", DOCUMENT, dataset=w.dataset),
        code=plan.code_digest("reference"),
        options=PARAMS_OPTION,
    message:
        "reference {wildcards.dataset}"
    shell:
        "ganmatrix reference {wildcards.dataset}{params.options} > {log} 2>&1"
