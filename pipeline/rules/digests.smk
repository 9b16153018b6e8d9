# The code of each stage as one small file. Rules name it as `ancient` beside their `params: code`, which
# says more: it also differs before the file has been made again, and no more once an edit is undone.


rule digest:
    output:
        manifest="digests/{stage}.sha256",
    log:
        "logs/digest/{stage}.log",
    benchmark:
        "benchmarks/digest/{stage}.tsv"
    threads: 1
    resources:
        mem_mb=500,
        runtime=5,
    params:
        values={},
        code=lambda w: plan.code_digest(w.stage),
    message:
        "digest {wildcards.stage}"
    shell:
        "ganmatrix digest {wildcards.stage} > {log} 2>&1"
