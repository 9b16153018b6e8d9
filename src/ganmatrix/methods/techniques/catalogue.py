"""The techniques, by their kinds in params.yaml: where each one's class is. Imports none of them."""

from collections.abc import Iterable
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from ganmatrix.params.techniques import Technique as TechniqueParams

if TYPE_CHECKING:
    from ganmatrix.methods.techniques.technique import Technique

TECHNIQUES: dict[str, str] = {
    "alp": "ganmatrix.methods.techniques.alp:Alp",
    "dragan": "ganmatrix.methods.techniques.dragan:Dragan",
    "feature_matching": "ganmatrix.methods.techniques.feature_matching:FeatureMatching",
    "historical_averaging": "ganmatrix.methods.techniques.historical_averaging:HistoricalAveraging",
    "info_max": "ganmatrix.methods.techniques.info_max:InfoMax",
    "instance_noise": "ganmatrix.methods.techniques.instance_noise:InstanceNoise",
    "minibatch_discrimination": (
        "ganmatrix.methods.techniques.minibatch_discrimination:MinibatchDiscrimination"
    ),
    "r1": "ganmatrix.methods.techniques.r1:R1",
    "r2": "ganmatrix.methods.techniques.r2:R2",
    "rotation": "ganmatrix.methods.techniques.rotation:Rotation",
    "roth": "ganmatrix.methods.techniques.roth:Roth",
    "unified_gradient": "ganmatrix.methods.techniques.unified_gradient:UnifiedGradient",
    "vat": "ganmatrix.methods.techniques.vat:Vat",
    "virtual_batch_norm": "ganmatrix.methods.techniques.virtual_batch_norm:VirtualBatchNorm",
    "weight_clipping": "ganmatrix.methods.techniques.weight_clipping:WeightClipping",
    "wgan_gp": "ganmatrix.methods.techniques.wgan_gp:WganGp",
    "wgan_lp": "ganmatrix.methods.techniques.wgan_lp:WganLp",
    "zero_gp": "ganmatrix.methods.techniques.zero_gp:ZeroGp",
}


def build_all(params: Iterable[TechniqueParams]) -> "list[Technique[Any]]":
    """The techniques that the params describe, in their order."""
    return [resolve_name(TECHNIQUES[each.kind])(each) for each in params]
