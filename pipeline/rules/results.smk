# The matrix as tables, and the reports that show it.


rule assemble:
    input:
        runs=expand("cells/{cell}/run.json", cell=CELLS),
        histories=expand("cells/{cell}/history.parquet", cell=CELLS),
        metrics=expand("cells/{cell}/metrics.json", cell=CELLS),
        probes=expand("cells/{cell}/probes.json", cell=CELLS),
        transfers=expand("transfers/{dataset}.parquet", dataset=GRID.grid.datasets),
    output:
        matrix="results/matrix.parquet",
        matrix_csv="results/matrix.csv",
        history="results/history.parquet",
        curves="results/curves.parquet",
        transfers="results/transfers.parquet",
        claims="results/claims.parquet",
        published="results/published.parquet",
        latex="results/table.tex",
        summary="results/summary.json",
        metrics="results/metrics.json",
        scores_over_steps="results/scores_over_steps.csv",
        losses_over_steps="results/losses_over_steps.csv",
    log:
        "logs/assemble.log",
    benchmark:
        "benchmarks/assemble.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        values=plan.values("assemble", DOCUMENT),
        code=plan.code_digest("assemble"),
        options=PARAMS_OPTION,
    message:
        "assemble"
    shell:
        "ganmatrix assemble{params.options} > {log} 2>&1"


rule report:
    input:
        template=f"{TEMPLATES}/{{report}}.ipynb",
        # No `rules.assemble.output`: with one in a rule, Snakemake compares each list once for every file in it.
        tables=expand("results/{table}.parquet", table=["matrix", "history", "curves", "transfers", "claims"]),
        summary="results/summary.json",
        runs=expand("cells/{cell}/run.json", cell=CELLS),
        metrics=expand("cells/{cell}/metrics.json", cell=CELLS),
        probes=expand("cells/{cell}/probes.json", cell=CELLS),
        samples=expand("cells/{cell}/samples.png", cell=CELLS),
        neighbours=expand("cells/{cell}/neighbours.png", cell=CELLS),
        attacks=expand("cells/{cell}/attacks.png", cell=CELLS),
    output:
        page="reports/{report}.html",
    log:
        "logs/report/{report}.log",
    benchmark:
        "benchmarks/report/{report}.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        values=plan.values("report", DOCUMENT),
        code=plan.code_digest("report"),
        options=PARAMS_OPTION + TEMPLATES_OPTION,
    message:
        "report {wildcards.report}"
    shell:
        "ganmatrix report {wildcards.report}{params.options} > {log} 2>&1"
