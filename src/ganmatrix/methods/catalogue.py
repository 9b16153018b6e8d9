"""The method kinds, by their names in params.yaml."""

from typing import Any

from ganmatrix.methods.as_gan import AsGan
from ganmatrix.methods.dat import Dat
from ganmatrix.methods.fargan import Fargan
from ganmatrix.methods.gan import Gan
from ganmatrix.methods.method import Method
from ganmatrix.params.methods import Method as MethodParams

METHODS: dict[str, type[Any]] = {
    "gan": Gan,
    "as_gan": AsGan,
    "dat": Dat,
    "fargan": Fargan,
}


def build(params: MethodParams) -> Method:
    """The method that the params describe."""
    method: Method = METHODS[params.kind](params)
    return method
