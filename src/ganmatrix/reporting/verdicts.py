"""The claims under test: a figure of their effects and a table with the verdicts and the reasons."""

import math
from typing import Any

import matplotlib.ticker as ticker

from ganmatrix.reporting.drawing import COLOURS, embed, panel
from ganmatrix.reporting.evidence import Evidence
from ganmatrix.reporting.fragments import Fragment, box, bullets, details, table, text
from ganmatrix.reporting.measures import column, number

_LOOKS = {
    "reproduced": ("o", COLOURS[2]),
    "contradicted": ("X", COLOURS[1]),
    "inconclusive": ("D", COLOURS[7]),
}

Row = dict[str, Any]
