"""D as its training saw each side: with batch statistics of reals for reals, of fakes for fakes.

Where D normalises over the batch, training shows it reals and fakes in batches of their own. Its
running statistics are a mixture of both that no training step ever used; with them a D that tells
the sides apart perfectly can be at chance. So each side gets a copy of D whose statistics are
those of its own unperturbed samples, and stay so while samples are perturbed: no sample's logit
depends on another's.
"""

import copy

from torch import Tensor, nn
from torch.optim.swa_utils import update_bn

from ganmatrix.networks.pair import has_batch_statistics

RULE = "where D has them, frozen at each side's unperturbed samples"
"""What a protocol says of D's batch statistics: one rule for every architecture."""

RULE_BETWEEN = "where D has them, frozen at the unperturbed fakes"
"""At points between fakes and reals: one D all the way, the one that G meets."""

RULE_TOGETHER = "where D has them, frozen at the compared samples together"
"""Where two sets of reals are compared: neither is what D is normalised by alone."""


def view(discriminator: nn.Module, samples: Tensor) -> nn.Module:
    """D in eval mode with the batch statistics of samples (N, *shape); D itself where it has none."""
    if not has_batch_statistics(discriminator):
        return discriminator
    fitted = copy.deepcopy(discriminator)
    update_bn([samples], fitted)
    return fitted.eval()
