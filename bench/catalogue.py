"""The table of methods and techniques in docs/methods.md: made from the code, with measured costs.

    python bench/catalogue.py             rewrite the table from the code and docs/method_costs.json
    python bench/catalogue.py --measure   measure the costs first (minutes on an idle machine)

A cost is an iteration at n_dis = 1 over that of the plain GAN in the same run: DCGAN-32 of width 64, batch
64, float32, 2 threads; medians of the rounds' ratios.
"""

import argparse
import json
import re
from pathlib import Path
from typing import Any

from ganmatrix.params.kinds import kinds
from ganmatrix.params.losses import LossByKind
from ganmatrix.params.methods import Method
from ganmatrix.params.techniques import Technique

DOCS = Path(__file__).parents[1] / "docs"
COSTS, PAGE = DOCS / "method_costs.json", DOCS / "methods.md"
BEGIN, END = "<!-- made by bench/catalogue.py -->", "<!-- end -->"
REQUIRED = {"as_gan": {"epsilon": 1 / 255, "warm_up": 0}}


def contenders() -> dict[str, dict[str, Any]]:
    """What is measured: every method kind, and every technique on the plain GAN."""
    methods = {kind: {"kind": kind} | REQUIRED.get(kind, {}) for kind in kinds(Method)}
    techniques = {
        f"gan + {kind}": {"kind": "gan", "techniques": [{"kind": kind}]} for kind in kinds(Technique)
    }
    return methods | techniques


def row(kind: str, section: type) -> list[str]:
    """Kind, what it is, source: from the section's docstring."""
    text = (section.__doc__ or "").strip().splitlines()[0]
    source = re.search(r" \(([^()]*\d{4}[^()]*)\)", text)
    what = text.replace(source[0], "", 1) if source else text
    return [f"`{kind}`", what.replace("|", "&#124;"), source[1] if source else "-"]


def cost(measured: dict[str, Any] | None) -> str:
    """Median and range; a dash for what was never measured."""
    if measured is None:
        return "-"
    low, high = measured["range"]
    return f"{measured['ratio']:.2f} ({low:.2f} to {high:.2f})"


def line(cells: list[str]) -> str:
    """A row of a table."""
    return f"| {' | '.join(cells)} |"


def table(costs: dict[str, Any]) -> str:
    """The Markdown between the marks."""
    machine = f"{costs['device']}, {costs['threads']} threads, torch {costs['torch']}"
    lines = [f"Costs: {machine}, {costs['rounds']} rounds; medians and ranges."]
    measured = costs["costs"]
    for title, union, prefix in (("kind", Method, ""), ("technique", Technique, "gan + ")):
        lines += ["", f"| {title} | what it does | source | iteration over plain GAN |", "|---|---|---|---|"]
        lines += [
            line([*row(kind, section), cost(measured.get(prefix + kind))])
            for kind, section in kinds(union).items()
        ]
    lines += ["", "| loss | what it does | source |", "|---|---|---|"]
    lines += [line(row(kind, section)) for kind, section in kinds(LossByKind).items()]
    return "\n".join([BEGIN, *lines, END])


def rewritten(page: str, costs: dict[str, Any]) -> str:
    """The page with its table made anew."""
    before, rest = page.split(BEGIN)
    return before + table(costs) + rest.split(END)[1]


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Costs of all contenders, interleaved."""
    import torch
    from bench import interleave, ours, summary

    from ganmatrix.runtime import provenance

    found = [
        ours(name, args, network="dcgan32", method=method, batch=64) for name, method in contenders().items()
    ]
    interleave(found, args.rounds)
    plain = next(each for each in found if each.name == "gan")
    rows = [summary(each, plain, 64, False) for each in found]
    return {
        "device": provenance.device_name(torch.device(args.device)),
        "threads": args.threads,
        "torch": torch.__version__,
        "rounds": args.rounds,
        "costs": {row["name"]: {"ratio": row["ratio"], "range": row["ratio_range"]} for row in rows},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.set_defaults(threads=2, device="cpu")
    args = parser.parse_args()
    if args.measure:
        COSTS.write_text(json.dumps(measure(args), indent=1) + "\n", encoding="utf-8")
    costs = json.loads(COSTS.read_text(encoding="utf-8"))
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8"), costs), encoding="utf-8")


if __name__ == "__main__":
    main()
