"""The method kinds, by their names in params.yaml: where each one's class is. Imports none of them."""

from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from ganmatrix.params.methods import Method as MethodParams

if TYPE_CHECKING:
    from ganmatrix.methods.method import Method

METHODS: dict[str, str] = {
    "ali": "ganmatrix.methods.ali:Ali",
    "apa": "ganmatrix.methods.apa:Apa",
    "as_gan": "ganmatrix.methods.as_gan:AsGan",
    "cegan": "ganmatrix.methods.cegan:Cegan",
    "co_gan": "ganmatrix.methods.co_gan:CoGan",
    "dat": "ganmatrix.methods.dat:Dat",
    "ebgan": "ganmatrix.methods.ebgan:Ebgan",
    "fargan": "ganmatrix.methods.fargan:Fargan",
    "fast_gan": "ganmatrix.methods.fast_gan:FastGan",
    "gan": "ganmatrix.methods.gan:Gan",
    "gman": "ganmatrix.methods.gman:Gman",
    "pac_gan": "ganmatrix.methods.pac_gan:PacGan",
    "rob_gan": "ganmatrix.methods.rob_gan:RobGan",
    "unrolled": "ganmatrix.methods.unrolled:Unrolled",
}


def build(params: MethodParams) -> "Method[Any]":
    """The method that the params describe."""
    return resolve_name(METHODS[params.kind])(params)
