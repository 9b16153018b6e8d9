"""Parameters of torch-mimicry's SNGAN networks, which the tests of `resnet_sn` hold ours against.

.bench/venv/bin/python bench/mimicry_counts.py
"""

import mimicry  # noqa: F401  (empty modules for what mimicry imports and networks do not use)
from torch_mimicry.nets import sngan

for side in (32, 48, 64, 128):
    for player in ("Generator", "Discriminator"):
        network = getattr(sngan, f"SNGAN{player}{side}")()
        print(f"{side} {player} {sum(weight.numel() for weight in network.parameters()):,}")  # noqa: T201
