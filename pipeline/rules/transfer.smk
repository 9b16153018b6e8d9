# Attacks made on one cell's discriminator, tried on the others of its dataset.


def cells_of(wildcards):
    """The ids of the dataset's cells."""
    return [cell.id for cell in CELLS.values() if cell.dataset == wildcards.dataset]


rule transfer:
    input:
        weights=lambda w: expand("cells/{cell}/weights.safetensors", cell=cells_of(w)),
        checksums=lambda w: expand(f"checksums/{w.dataset}/{{cell}}.sha256", cell=cells_of(w)),
        held_out=rules.prepare.output.held_out,
        card=rules.prepare.output.card,
    output:
        pairs="transfers/{dataset}.parquet",
    log:
        "logs/transfer/{dataset}.log",
    benchmark:
        "benchmarks/transfer/{dataset}.tsv"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        values=lambda w: plan.values("transfer", DOCUMENT, dataset=w.dataset),
        code=plan.code_digest("transfer"),
        options=PARAMS_OPTION,
    message:
        "transfer {wildcards.dataset}"
    shell:
        "ganmatrix transfer {wildcards.dataset}{params.options} > {log} 2>&1"
