"""D's gradient on the way from each fake to its nearest training real.

Where D separates a fake from a real close by, it must be steep between them; that this gradient grows
without limit as fakes approach reals is what FARGAN (Tao & Wang 2020) calls gradient exploding. Fakes that
are closest to a real are its "close pairs"; G receives a multiple of the gradient there.
"""

import torch
from torch import Tensor

from ganmatrix.entry import Entry, null_entries
from ganmatrix.probes.input_gradient import gradient_norms
from ganmatrix.probes.subject import Probe, Subject

SHARES = (0.0, 0.25, 0.5, 0.75, 0.9, 0.99)
"""Of the way from the fake to the real."""

CLOSEST = 10
"""One fake in so many counts among the closest."""

_PAIR_COLUMNS = ("gradient_growth", "closest_slope", "closest_gradient")


def nearest(samples: Tensor, among: Tensor) -> Tensor:
    """The one of `among` (M, *shape) that is closest (L2) to each of the samples (N, *shape)."""
    flat = samples.flatten(1).double()
    pieces = among.flatten(1).split(1024)
    # In float64, because the fast distance of almost equal float32 vectors is mostly rounding.
    distances = torch.cat([torch.cdist(flat, piece.double()) for piece in pieces], dim=1)
    return among[distances.argmin(dim=1)]


def path_norms(subject: Subject, ends: Tensor) -> Tensor:
    """|grad_x D| of each fake's path at each share (S, N), in logits per data unit."""
    return torch.stack(
        [gradient_norms(subject.fake_view, torch.lerp(subject.fakes, ends, share)) for share in SHARES]
    )


def closest_pairs(distances: Tensor) -> Tensor:
    """Where the pairs are that are least apart (K,), among those of distances (N,) that are apart at all."""
    apart = (distances > 0).nonzero().flatten()
    return apart[distances[apart].argsort(stable=True)[: -(-len(apart) // CLOSEST)]]


@torch.no_grad()
def slopes(subject: Subject, ends: Tensor, distances: Tensor) -> Tensor:
    """|D(x) - D(G(z))| / |x - G(z)| of each fake and its nearest real (N,), in logits per data unit."""
    differences = (subject.fake_view(ends) - subject.fake_view(subject.fakes)).abs()
    if not differences.isfinite().all():
        raise FloatingPointError("the discriminator's logits are not finite")
    return differences / distances


def _measure(subject: Subject) -> dict[str, Entry]:
    ends = nearest(subject.fakes, subject.game.train)
    distances = (ends - subject.fakes).flatten(1).norm(dim=1)
    protocol = subject.protocol_between | {"norm": "L2", "train_samples": len(subject.game.train)}
    distance: Entry = {"value": distances.mean().item(), "protocol": protocol}
    entries = {"nearest_real_distance": distance}
    apart = distances > 0
    if not apart.any():
        return entries | null_entries(_PAIR_COLUMNS, "every fake equals a training real")
    closest, of_closest = closest_pairs(distances), protocol | {"closest": f"1 in {CLOSEST}"}
    along = path_norms(subject, ends)
    slope = slopes(subject, ends, distances)[closest].mean().item()
    entries["closest_slope"] = {"value": slope, "protocol": of_closest}
    entries["closest_gradient"] = {"value": along[0, closest].mean().item(), "protocol": of_closest}
    norms = along[:, apart].mean(dim=1)
    if not (norms > 0).all():
        return entries | null_entries(["gradient_growth"], "D is flat between fakes and reals")
    growth = (norms / norms[0]).log10().tolist()
    profile: Entry = {
        "value": growth[-1],
        "curve": {"axis": "share", "at": [*SHARES], "value": growth},
        "protocol": protocol,
    }
    return entries | {"gradient_growth": profile}


PROBE = Probe(columns=(*_PAIR_COLUMNS, "nearest_real_distance"), measure=_measure)
