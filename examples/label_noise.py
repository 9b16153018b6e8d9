"""A method of your own: the plain GAN with noise on the labels that D learns from.

cp examples/label_noise.py plugins/
snakemake --cores all --configfile examples/label_noise.yaml
"""

from typing import ClassVar, Literal

import torch
from pydantic import Field

from ganmatrix.methods.losses.loss import Loss, build
from ganmatrix.methods.method import Method
from ganmatrix.methods.protocol import Logs, Update
from ganmatrix.methods.techniques.technique import build_all
from ganmatrix.params.methods import MethodSection


class LabelNoiseParams(MethodSection):
    """Label noise (Chintala et al. 2016): a share of D's reals and fakes trade places in each batch."""

    kind: Literal["label_noise"]
    code: ClassVar[str] = f"{__name__}:LabelNoise"
    share: float = Field(default=0.05, ge=0, lt=0.5, description="of the batch that trades places")


class LabelNoise(Method[Loss]):
    """L_D = real(D(x')) + fake(D(y')), where x' and y' are reals and fakes with `share` of them exchanged."""

    def __init__(self, params: LabelNoiseParams) -> None:
        super().__init__(build(params.loss), build_all(params.techniques))
        self.share = params.share

    def update_discriminator(self, update: Update) -> Logs:
        real = update.real
        fake = update.draw_fakes(len(real))
        traded = round(self.share * len(real))
        first = torch.cat([fake[:traded], real[traded:]])
        second = torch.cat([real[:traded], fake[traded:]])
        return self.descend_discriminator(update, first, second)
