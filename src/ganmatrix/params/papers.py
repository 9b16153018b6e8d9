"""The papers whose claims are tested."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from ganmatrix.params.base import Section, Text
from ganmatrix.params.messages import nearest


class Paper(Section):
    """One publication, all versions of it."""

    label: Text = Field(description="authors, year and the method's name, for tables")
    title: Text
    published: Text = Field(description="where, with an identifier: a DOI, an arXiv number")


PAPERS: dict[str, Paper] = {
    "as_gan": Paper(
        label="Liu et al. 2021, AS-GAN",
        title="Adversarial symmetric GANs: Bridging adversarial samples and adversarial networks",
        published="Neural Networks 133, 148-156, doi 10.1016/j.neunet.2020.10.016; arXiv 1912.09670",
    ),
    "dat": Paper(
        label="Li et al. 2020, DAT",
        title="A New Perspective on Stabilizing GANs training: Direct Adversarial Training",
        published="IEEE Transactions on Emerging Topics in Computational Intelligence 2023; arXiv 2008.09041",
    ),
    "fargan": Paper(
        label="Tao & Wang 2020, FARGAN",
        title="Alleviation of Gradient Exploding in GANs: Fake Can Be Real",
        published="CVPR 2020, 1191-1200; arXiv 1912.12485",
    ),
    "pac_gan": Paper(
        label="Lin et al. 2018, PacGAN",
        title="PacGAN: The power of two samples in generative adversarial networks",
        published="NeurIPS 2018; arXiv 1712.04086",
    ),
}
"""The papers by the name in a claim's `paper`."""


def _known(value: Any) -> Any:
    """The paper of a name. Pydantic validates a mapping."""
    if isinstance(value, dict | Paper):
        return value
    if not isinstance(value, str):
        raise ValueError(f"expected one of {', '.join(PAPERS)}, or a mapping with label, title and published")
    if value not in PAPERS:
        raise ValueError(
            f"no paper of that name is known (choose from {', '.join(PAPERS)})"
            f"{nearest(value, PAPERS)}; for another paper give a mapping with label, title and published"
        )
    return PAPERS[value]


KnownPaper = Annotated[Paper, BeforeValidator(_known, json_schema_input_type=str | Paper)]
"""A name in `PAPERS`, or another paper with its three facts."""
