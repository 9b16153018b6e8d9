"""D's Lipschitz constant from both sides: the steepest point that a search finds, and a bound for all.

For a D that is differentiable almost everywhere the constant of a region is the largest |grad_x D| in
it (logits per data unit). The search bounds the local constant from below, DAT's concern; the product
of the layers' constants bounds the global one from above, and is usually far from it.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganmatrix.entry import Entry, null_entries
from ganmatrix.probes.input_gradient import input_gradient, interpolates
from ganmatrix.probes.lipschitz_bound import Unbounded, upper_bound
from ganmatrix.probes.perturbation import within_bounds
from ganmatrix.probes.subject import Probe, Subject

RELATIVE_STEP = 0.25
"""Length of a step, as a share of the radius."""


def steepest(discriminator: nn.Module, inputs: Tensor, radius: float, steps: int, bounded: bool) -> Tensor:
    """The largest |grad_x D| met by each sample (n,) as it climbs, staying within `radius` (L2) and bounds.

    A step has the direction of grad |g| = H g / |g|, g = grad_x D. The Hessian H is taken as the
    difference of two gradients, one step ahead along g and one behind: the exact H is zero wherever
    D is piecewise linear, as with (leaky) ReLU, but the difference sees the kinks within reach.
    """
    step = RELATIVE_STEP * radius
    points, gradient = inputs, input_gradient(discriminator, inputs)
    found = _norms(gradient)
    for _ in range(steps):
        along = step * _unit(gradient)
        ahead, behind = (input_gradient(discriminator, points + sign * along) for sign in (1, -1))
        moved = points + step * _unit(ahead - behind) - inputs
        within = (radius / _norms(moved).clamp(min=radius)).view(-1, *[1] * (inputs.ndim - 1))
        points = within_bounds(inputs + moved * within, bounded)
        gradient = input_gradient(discriminator, points)
        found = torch.maximum(found, _norms(gradient))
    return found


def _norms(vectors: Tensor) -> Tensor:
    return vectors.flatten(start_dim=1).norm(dim=1)


def _unit(vectors: Tensor) -> Tensor:
    return F.normalize(vectors.flatten(start_dim=1), dim=1).view_as(vectors)


def _measure(subject: Subject) -> dict[str, Entry]:
    between = interpolates(subject.reals, subject.fakes, subject.stream)
    populations = [
        (subject.real_view, subject.reals),
        (subject.fake_view, subject.fakes),
        (subject.fake_view, between),
    ]
    strength, steps = subject.strengths[-1], subject.params.lipschitz_steps
    radius = strength * math.sqrt(between[0].numel())
    found = [
        steepest(view, inputs, radius, steps, subject.bounded).max().item() for view, inputs in populations
    ]
    protocol = subject.protocol | {"norm": "L2"}
    ascent = protocol | {"steps": steps, "radius_rms": strength, "bounded": subject.bounded}
    return {
        "lipschitz_ascent": {"value": max(found), "protocol": ascent},
        "lipschitz_upper": _upper(subject, protocol),
    }


def _upper(subject: Subject, protocol: dict[str, object]) -> Entry:
    try:
        bounds = (upper_bound(view, subject.fakes) for view in (subject.real_view, subject.fake_view))
        value = max(bounds)
    except Unbounded as error:
        return null_entries(["lipschitz_upper"], str(error))["lipschitz_upper"]
    return {"value": value, "protocol": protocol | {"bound": "product over layers"}}


PROBE = Probe(columns=("lipschitz_ascent", "lipschitz_upper"), measure=_measure)
