# params.yaml in, results and reports out: `snakemake --cores`.
# Another params file replaces it whole: `snakemake --cores --configfile pipeline/scales/smoke.yaml`
# works in scales/smoke/, beside the default's artifacts.
import shlex
from pathlib import Path

from snakemake.utils import min_version

from ganmatrix import plan
from ganmatrix.cell import expand as expand_grid, find
from ganmatrix.errors import UserError
from ganmatrix.params import load
from ganmatrix.stages import news, planned, turns

min_version("9.10")

PARAMS = Path(workflow.configfiles[0] if workflow.configfiles else "params.yaml").resolve()
PARAMS_OPTION = "" if PARAMS == Path("params.yaml").resolve() else f" --params {shlex.quote(str(PARAMS))}"
REPORTS = ["index", "claims", "results_matrix", "robustness", "stability"]

try:
    GRID, DOCUMENT = load(PARAMS)
except UserError as error:
    print(f"error: {error}", file=sys.stderr)
    sys.exit(2)

if workflow.is_main_process and not PARAMS_OPTION and news.unseen():
    print("note: dvc.lock has changed; `ganmatrix adopt` saves making again what DVC has", file=sys.stderr)

CELL = "{dataset}-{architecture}-{method}-{seed}"
CELLS = {cell.id: cell for cell in expand_grid(GRID)}


def cell_of(wildcards):
    """The cell that a file belongs to; one outside the grid ends the run with the nearest id."""
    name = wildcards.get("cell") or CELL.format(**wildcards)
    try:
        return CELLS.get(name) or find(GRID, name)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


# A scale works in a folder of its own, so what lies at the root is named in full there.
TEMPLATES = "reports/templates"
TEMPLATES_OPTION = SOURCES_OPTION = ""
if PARAMS_OPTION:
    TEMPLATES = f"{workflow.basedir}/{TEMPLATES}"
    TEMPLATES_OPTION = f" --templates {shlex.quote(TEMPLATES)}"
    SOURCES_OPTION = f" --sources {shlex.quote(str(workflow.basedir))}"

    workdir: f"scales/{PARAMS.stem}"


wildcard_constraints:
    dataset="[a-z0-9_]+",
    architecture="[a-z0-9_]+",
    method="[a-z0-9_]+",
    seed="[0-9]+",
    cell="[a-z0-9_]+-[a-z0-9_]+-[a-z0-9_]+-[0-9]+",
    report="[a-z0-9_]+",


# SLURM signals every process of a job. The shell must outlive the verb it runs, for when it ends
# SLURM kills the rest, and `ganmatrix train` may be saving. With a trap it waits, then fails as the verb did.
shell.prefix("set -euo pipefail; trap : TERM; ")


localrules:
    all,


rule all:
    input:
        expand("reports/{report}.html", report=REPORTS),


include: "pipeline/rules/data.smk"
include: "pipeline/rules/training.smk"
include: "pipeline/rules/evaluation.smk"
include: "pipeline/rules/probes.smk"
include: "pipeline/rules/transfer.smk"
include: "pipeline/rules/results.smk"


onstart:
    if not PARAMS_OPTION:
        try:
            turns.take()
        except UserError as error:
            print(f"error: {error}", file=sys.stderr)
            sys.exit(2)
    planned.note(DOCUMENT)


onsuccess:
    turns.give_back()
    shell(f"ganmatrix record{PARAMS_OPTION}")


onerror:
    turns.give_back()
