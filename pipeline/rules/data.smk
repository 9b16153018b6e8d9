# Real data: arrays on disk, and the statistics for scoring generators.


rule prepare:
    input:
        digest=f"{ROOT}digests/prepare/{{dataset}}.json",
    output:
        manifest=update(f"{ROOT}data/{{dataset}}.json"),
    log:
        f"{ROOT}logs/prepare/{{dataset}}.log",
    priority: 20
    threads: lambda w: 8 if PLAN.is_streamed(w.dataset) else 1
    resources:
        mem_mb=2000,
        runtime=lambda w: 720 if PLAN.is_streamed(w.dataset) else 60,
    params:
        options=options,
    message:
        "prepare {wildcards.dataset}"
    shell:
        "ganmatrix prepare {wildcards.dataset}{params.options} > {log} 2>&1"


rule reference:
    input:
        digest=f"{ROOT}digests/reference/{{dataset}}.json",
        data=rules.prepare.output.manifest,
    output:
        manifest=update(f"{ROOT}references/{{dataset}}.json"),
    log:
        f"{ROOT}logs/reference/{{dataset}}.log",
    # Before training, because it may find that the extractor does not suit the data.
    priority: 10
    threads: 1
    resources:
        gpu=gpu,
        mem_mb=4000,
        runtime=60,
    params:
        options=options,
    message:
        "reference {wildcards.dataset}"
    shell:
        "ganmatrix reference {wildcards.dataset}{params.options} > {log} 2>&1"
