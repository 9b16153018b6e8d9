"""What every mean over settings states of itself, whether its runs are pairs or not."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ganmatrix.results.matrix import Design

Setting = tuple[str, ...]
"""Dataset and architecture, and the variant where there are some."""

Values = NDArray[np.float64]


class Question(Protocol):
    """What two methods are compared in, and how: a claim, or a question that nobody has answered yet."""

    @property
    def metric(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def baseline(self) -> str: ...
    @property
    def control(self) -> str | None: ...
    @property
    def direction(self) -> Literal["lower", "higher"]: ...
    @property
    def effect(self) -> Literal["difference", "relative"]: ...
    @property
    def bound(self) -> float: ...
    @property
    def at_most(self) -> float | None: ...
    @property
    def variants(self) -> Sequence[str] | None: ...


class Effect(ABC):
    """A mean over settings, with its interval and tests; None where there is no mean."""

    design: ClassVar[Design]
    mean: float | None
    missing: int
    """Pairs, or without pairs runs, that the mean does not rest on; all of them where one is censored."""
    censored: int

    @property
    @abstractmethod
    def runs(self) -> tuple[int, int]:
        """Runs of the method and of its opponent that the mean rests on."""

    @property
    @abstractmethod
    def n(self) -> int:
        """Pairs that the mean rests on; without pairs the runs of both."""

    @property
    @abstractmethod
    def places(self) -> Collection[Setting]:
        """The settings that the mean rests on."""

    @property
    @abstractmethod
    def means(self) -> list[float]:
        """Of these settings."""

    @property
    def settings(self) -> int:
        """Settings that the mean rests on."""
        return len(self.places)

    @abstractmethod
    def p_above(self, bound: float) -> float:
        """One-sided p value of `mean <= bound`; 1 without a mean."""

    @abstractmethod
    def p_below(self, bound: float) -> float:
        """One-sided p value of `mean >= bound`."""

    @abstractmethod
    def least(self, bound: float) -> float:
        """The smallest p value that effects so far from the bound can give, however they fall."""

    @property
    @abstractmethod
    def interval(self) -> tuple[float | None, float | None]:
        """The bounds that neither one-sided test rejects at 2.5%: a 95% interval.

        None with fewer runs than any test needs.
        """

    @property
    @abstractmethod
    def spread(self) -> "Spread":
        """Of the effects within settings."""

    def p_value(self) -> float | None:
        """Two-sided p value of `mean = 0`; None without a mean."""
        return None if self.mean is None else min(1.0, 2 * min(self.p_above(0), self.p_below(0)))

    @property
    def low(self) -> float | None:
        return self.interval[0]

    @property
    def high(self) -> float | None:
        return self.interval[1]


def counted(effect: Effect) -> dict[str, Any]:
    """What summary.json says of the runs that an effect rests on."""
    return {
        "design": effect.design,
        "n": effect.n,
        "runs": list(effect.runs),
        "missing": effect.missing,
        "censored": effect.censored,
    }


@dataclass(frozen=True)
class Spread:
    """The variance within groups of seeds, pooled over its degrees of freedom."""

    variance: float
    """Of a pair's effect; without pairs, of a run's value."""
    degrees: int
    share: float
    """The mean's variance is this times `variance`."""

    @classmethod
    def of(cls, groups: Collection[Values], settings: int) -> "Spread":
        """Of the groups, whose means are averaged over settings; no variance if none varies."""
        degrees = sum(len(group) - 1 for group in groups)
        flat = not degrees or _flat(groups)
        squares = sum(len(group) * float(group.var()) for group in groups)
        share = sum(1 / len(group) for group in groups) / max(1, settings) ** 2
        return cls(0.0 if flat else squares / degrees, degrees, share)


def _flat(groups: Collection[NDArray[np.float64]]) -> bool:
    """Whether no group varies, but for rounding."""
    return all(np.ptp(group) <= 1e-12 * np.abs(group).max() for group in groups)
