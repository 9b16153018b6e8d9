# The matrix as tables, and the reports.


rule assemble:
    input:
        digest=f"{ROOT}digests/assemble/assemble.json",
        cells=expand(f"{ROOT}cells/{{cell}}/{{stage}}.json", cell=CELLS, stage=["train", "evaluate", "probe"]),
        references=expand(f"{ROOT}references/{{dataset}}.json", dataset=DATASETS),
        transfers=expand(f"{ROOT}transfers/{{dataset}}.json", dataset=DATASETS),
    output:
        manifest=update(f"{ROOT}results.json"),
    log:
        f"{ROOT}logs/assemble.log",
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        options=options,
    message:
        "assemble"
    shell:
        "ganmatrix assemble{params.options} > {log} 2>&1"


rule report:
    input:
        digest=f"{ROOT}digests/report/{{report}}.json",
        results=rules.assemble.output.manifest,
    output:
        manifest=update(f"{ROOT}reports/{{report}}.json"),
    log:
        f"{ROOT}logs/report/{{report}}.log",
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        options=options,
    message:
        "report {wildcards.report}"
    shell:
        "ganmatrix report {wildcards.report}{params.options} > {log} 2>&1"
