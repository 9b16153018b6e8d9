# The stages of a cell. One job makes all seeds. Stopped training resumes from scratch/.


rule train:
    input:
        digest=f"{ROOT}digests/train/{{cell}}.json",
        data=of_cell("data"),
    output:
        manifest=update(f"{ROOT}cells/{{cell}}/train.json"),
    log:
        f"{ROOT}logs/train/{{cell}}.log",
    threads: threads_of_cell
    resources:
        gpu=gpu,
        mem_mb=lambda w, threads: 2000 * threads,
        runtime=1440,
    params:
        options=options,
    message:
        "train {wildcards.cell}"
    shell:
        "ganmatrix train {wildcards.cell}{params.options} > {log} 2>&1"


rule evaluate:
    input:
        digest=f"{ROOT}digests/evaluate/{{cell}}.json",
        trained=rules.train.output.manifest,
        data=of_cell("data"),
        reference=of_cell("references"),
    output:
        manifest=update(f"{ROOT}cells/{{cell}}/evaluate.json"),
    log:
        f"{ROOT}logs/evaluate/{{cell}}.log",
    threads: threads_of_cell
    resources:
        gpu=gpu,
        mem_mb=lambda w, threads: 4000 * threads,
        runtime=120,
    params:
        options=options,
    message:
        "evaluate {wildcards.cell}"
    shell:
        "ganmatrix evaluate {wildcards.cell}{params.options} > {log} 2>&1"


rule probe:
    input:
        digest=f"{ROOT}digests/probe/{{cell}}.json",
        trained=rules.train.output.manifest,
        data=of_cell("data"),
    output:
        manifest=update(f"{ROOT}cells/{{cell}}/probe.json"),
    log:
        f"{ROOT}logs/probe/{{cell}}.log",
    threads: threads_of_cell
    resources:
        gpu=gpu,
        mem_mb=lambda w, threads: 2000 * threads,
        runtime=120,
    params:
        options=options,
    message:
        "probe {wildcards.cell}"
    shell:
        "ganmatrix probe {wildcards.cell}{params.options} > {log} 2>&1"


# Attacks made on one run's discriminator, tried on the others of its dataset and seed.
rule transfer:
    input:
        digest=f"{ROOT}digests/transfer/{{dataset}}.json",
        trained=lambda w: [f"{ROOT}cells/{cell.id}/train.json" for cell in PLAN.attacked(w.dataset)],
        data=rules.prepare.output.manifest,
    output:
        manifest=update(f"{ROOT}transfers/{{dataset}}.json"),
    log:
        f"{ROOT}logs/transfer/{{dataset}}.log",
    threads: 1
    resources:
        gpu=gpu,
        mem_mb=4000,
        runtime=120,
    params:
        options=options,
    message:
        "transfer {wildcards.dataset}"
    shell:
        "ganmatrix transfer {wildcards.dataset}{params.options} > {log} 2>&1"
