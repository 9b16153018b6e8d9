"""`ganmatrix export`: a trained generator as a program that torch runs without this package.

The program comes from `torch.export`, with any number of latents. It is loaded again and compared with the
generator that it came from before it is published. The weights are also there as safetensors, with a card.
"""

import warnings
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from ganmatrix import __version__
from ganmatrix.columns import Checkpoint, column
from ganmatrix.errors import NotMade, UserError
from ganmatrix.networks.pair import parameter_count
from ganmatrix.plan import Plan
from ganmatrix.runtime import compute
from ganmatrix.stages.sample import Chosen, choose
from ganmatrix.store.files import as_json, size
from ganmatrix.store.folders import new_folder
from ganmatrix.store.layout import CARD, METRICS, RUN
from ganmatrix.store.manifest import Listed, listed
from ganmatrix.training.trained import sample_latents

PROGRAM, TENSORS, MODEL_CARD, RECORD = (
    "generator.pt2",
    "generator.safetensors",
    "model_card.md",
    "export.json",
)

LARGEST_DIFFERENCE = 1e-5
"""Between the program's samples and the generator's, which lie in [-1, 1]."""

COMPARED = (1, 7, 64)
"""Sizes of the batches in which both are compared."""


def run(plan: Plan, cell_id: str, seed: int | None, checkpoint: Checkpoint, out: Path) -> str:
    """Write program, weights, card and a record of them into a new folder. Returns what was written."""
    device = compute.device("cpu")
    chosen = choose(plan, cell_id, seed, checkpoint)
    with new_folder(out, RECORD) as folder:
        latents = next(sample_latents(chosen.run, 0, chosen.trained.latent))
        chosen.require_finite(chosen.generator(latents))
        difference = write_program(folder / PROGRAM, chosen.generator, latents, chosen.run.id)
        state = {name: value.contiguous() for name, value in chosen.generator.state_dict().items()}
        (folder / TENSORS).write_bytes(save(state))
        files = {name: listed(folder / name) for name in (PROGRAM, TENSORS)}
        (folder / MODEL_CARD).write_text(model_card(plan, chosen, files), encoding="utf-8")
        files[MODEL_CARD] = listed(folder / MODEL_CARD)
        record = chosen.facts() | {
            "largest_difference": difference,
            "environment": compute.environment(device),
            "ganmatrix": __version__,
            "files": {name: {"sha256": each.sha256, "size": each.size} for name, each in files.items()},
        }
        (folder / RECORD).write_text(as_json(record), encoding="utf-8")
    named = ", ".join(f"{name} ({size(each.size)})" for name, each in files.items())
    return f"wrote the generator of {chosen.run.id} ({checkpoint}) to {out}: {named}"


def write_program(path: Path, network: nn.Module, latents: Tensor, whose: str) -> float:
    """Write the program; the largest difference of its samples of these latents from the generator's.

    UserError if torch cannot turn the network into a program, or if that draws other samples.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            example = (torch.zeros(2, latents.shape[1]),)
            batch = ({0: torch.export.Dim.DYNAMIC},)
            torch.export.save(torch.export.export(network, example, dynamic_shapes=batch), path)
            again = torch.export.load(path).module()
        difference = max(_difference(network, again, latents[:count]) for count in COMPARED)
    except Exception as error:  # torch raises many kinds, some of them bare.
        problem = " ".join((str(error).strip() or type(error).__name__).splitlines()[0].split())
        raise UserError(
            f"{whose}: torch.export cannot turn the generator into a program ({problem[:200]}); "
            "use operations that it knows, or take samples instead"
        ) from None
    if not difference <= LARGEST_DIFFERENCE:
        raise UserError(
            f"{whose}: samples of the exported program are {difference:.3g} off; its network does something "
            "that torch.export does not record, so take samples instead"
        )
    return difference


@torch.inference_mode()
def _difference(network: nn.Module, again: nn.Module, latents: Tensor) -> float:
    return (again(latents) - network(latents)).abs().max().item()


CARD_TEXT = """\
---
{front}
---
# Generator of {run}

A GAN generator, `{network}` with {parameters:,} parameters. It was trained by the method `{method}` on
`{dataset}` with training seed {seed}. Checkpoint: {checkpoint}, of generator step {step:,}.

## How to load it

It needs torch only, 2.6 or later.

```python
import torch
generator = torch.export.load("{program}").module()
{kind} = generator(torch.randn(16, {latent}))
```

Input: latents (n, {latent}), standard normal. Output: {kind} (n, {shape}), {values}.

`torch.export.load` may unpickle what it reads, so load files from sources that you trust. `{tensors}` has the
same weights as numbers alone.

## Data

{data}

The licence above is that of the data. This card does not choose one for the weights.

## Training

{training}

## Scores

{scores}

## Limits

- One run of one training seed, at the scale above. Other seeds of the cell `{cell}` give other generators.
- A score is comparable with another one only if both have the same protocol.
- A generator can repeat training samples, and it can miss parts of the data.

## Files

| file | size | SHA-256 |
|---|---|---|
{files}

Made by ganmatrix {version} from `weights.safetensors` with SHA-256 `{weights}`.
"""

STATED = ("dataset", "kind", "source", "licence", "counts", "shape")
"""What the model card has of the data's card."""


def model_card(plan: Plan, chosen: Chosen, files: dict[str, Listed]) -> str:
    """The card in Markdown, with YAML in front as model hubs read it.

    What others wrote, such as the source of the data, stands in blocks of JSON.
    """
    run, images = chosen.run, chosen.data.is_image
    trained = plan.open("train", run.cell.id, run.seed).json(RUN)["reproducible"]
    data = chosen.data.part.json(CARD)
    tags = dict.fromkeys(["gan", trained["method_kind"], *(["image-generation"] if images else [])])
    front = ["library_name: pytorch", f"tags: [{', '.join(tags)}]"]
    front += ["pipeline_tag: unconditional-image-generation"] if images else []
    rows = [f"| `{name}` | {size(each.size)} | `{each.sha256}` |" for name, each in files.items()]
    return CARD_TEXT.format(
        front="\n".join(front),
        run=run.id,
        network=trained["networks"]["generator"],
        parameters=parameter_count(chosen.generator),
        method=run.method,
        dataset=run.dataset,
        cell=run.cell.id,
        seed=run.seed,
        checkpoint=chosen.checkpoint,
        step=chosen.step,
        program=PROGRAM,
        tensors=TENSORS,
        kind="images" if images else "points",
        latent=chosen.trained.latent,
        shape=", ".join(map(str, chosen.data.shape)),
        values="floats, -1 is black and 1 is white" if images else "floats",
        data=_block({key: data[key] for key in STATED if key in data}),
        training=_block({"params": trained["params"], "generator_steps": trained["generator_steps"]}),
        scores=_scores(plan, chosen),
        files="\n".join(rows),
        version=__version__,
        weights=chosen.trained.sha256,
    )


def _scores(plan: Plan, chosen: Chosen) -> str:
    """A table of the checkpoint's scores, and their protocols."""
    cell, seed = chosen.run.cell, chosen.run.seed
    try:
        entries = plan.open("evaluate", cell.id, seed).json(METRICS)["entries"]
    except NotMade:
        return f"None: `{plan.layout.command('evaluate', cell.id)}` is not current."
    found: dict[str, Any] = {
        name: entry
        for name, entry in entries.items()
        if column(name).checkpoint == chosen.checkpoint and entry["value"] is not None
    }
    if not found:
        return f"None of the checkpoint {chosen.checkpoint}: evaluation.checkpoints does not name it."
    rows = [f"| `{name}` | {column(name).title} | {entry['value']:.6g} |" for name, entry in found.items()]
    protocols = {name: entry["protocol"] for name, entry in found.items()}
    return "\n".join(["| column | score | value |", "|---|---|---|", *rows, "", _block(protocols)])


def _block(value: Any) -> str:
    return f"```json\n{as_json(value)}```"
