"""The techniques, by their kinds in params.yaml."""

from collections.abc import Iterable
from typing import Any

from ganmatrix.methods.techniques.alp import Alp
from ganmatrix.methods.techniques.dragan import Dragan
from ganmatrix.methods.techniques.feature_matching import FeatureMatching
from ganmatrix.methods.techniques.historical_averaging import HistoricalAveraging
from ganmatrix.methods.techniques.info_max import InfoMax
from ganmatrix.methods.techniques.instance_noise import InstanceNoise
from ganmatrix.methods.techniques.minibatch_discrimination import MinibatchDiscrimination
from ganmatrix.methods.techniques.r1 import R1
from ganmatrix.methods.techniques.r2 import R2
from ganmatrix.methods.techniques.rotation import Rotation
from ganmatrix.methods.techniques.roth import Roth
from ganmatrix.methods.techniques.technique import Technique
from ganmatrix.methods.techniques.unified_gradient import UnifiedGradient
from ganmatrix.methods.techniques.vat import Vat
from ganmatrix.methods.techniques.virtual_batch_norm import VirtualBatchNorm
from ganmatrix.methods.techniques.weight_clipping import WeightClipping
from ganmatrix.methods.techniques.wgan_gp import WganGp
from ganmatrix.methods.techniques.wgan_lp import WganLp
from ganmatrix.methods.techniques.zero_gp import ZeroGp
from ganmatrix.params.techniques import Technique as TechniqueParams

TECHNIQUES: dict[str, type[Technique[Any]]] = {
    "alp": Alp,
    "dragan": Dragan,
    "feature_matching": FeatureMatching,
    "historical_averaging": HistoricalAveraging,
    "info_max": InfoMax,
    "instance_noise": InstanceNoise,
    "minibatch_discrimination": MinibatchDiscrimination,
    "r1": R1,
    "r2": R2,
    "rotation": Rotation,
    "roth": Roth,
    "unified_gradient": UnifiedGradient,
    "vat": Vat,
    "virtual_batch_norm": VirtualBatchNorm,
    "weight_clipping": WeightClipping,
    "wgan_gp": WganGp,
    "wgan_lp": WganLp,
    "zero_gp": ZeroGp,
}


def build_all(params: Iterable[TechniqueParams]) -> list[Technique[Any]]:
    """The techniques that the params describe, in their order."""
    return [TECHNIQUES[each.kind](each) for each in params]
