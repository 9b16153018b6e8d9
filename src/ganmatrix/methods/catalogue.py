"""The method kinds, by their names in params.yaml."""

from typing import Any

from ganmatrix.methods.ali import Ali
from ganmatrix.methods.apa import Apa
from ganmatrix.methods.as_gan import AsGan
from ganmatrix.methods.cegan import Cegan
from ganmatrix.methods.co_gan import CoGan
from ganmatrix.methods.dat import Dat
from ganmatrix.methods.ebgan import Ebgan
from ganmatrix.methods.fargan import Fargan
from ganmatrix.methods.fast_gan import FastGan
from ganmatrix.methods.gan import Gan
from ganmatrix.methods.gman import Gman
from ganmatrix.methods.method import Method
from ganmatrix.methods.pac_gan import PacGan
from ganmatrix.methods.rob_gan import RobGan
from ganmatrix.methods.unrolled import Unrolled
from ganmatrix.params.methods import Method as MethodParams

METHODS: dict[str, type[Any]] = {
    "ali": Ali,
    "apa": Apa,
    "as_gan": AsGan,
    "cegan": Cegan,
    "co_gan": CoGan,
    "dat": Dat,
    "ebgan": Ebgan,
    "fargan": Fargan,
    "fast_gan": FastGan,
    "gan": Gan,
    "gman": Gman,
    "pac_gan": PacGan,
    "rob_gan": RobGan,
    "unrolled": Unrolled,
}


def build(params: MethodParams) -> Method[Any]:
    """The method that the params describe."""
    method: Method[Any] = METHODS[params.kind](params)
    return method
