"""How much a model keeps of its accuracy under attack and corruption, on the same rows, with intervals.

The accuracy is that of the model's answers; the drop is clean less changed, paired row by row, so that it is known much better
than either.  An attack is run against the rows' true classes, whether the model knew them or not.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from assay.core.errors import ConfigError, DataError
from assay.core.names import did_you_mean
from assay.core.seeds import derive
from assay.measure.evaluate import Evaluation, evaluate
from assay.measure.interval import Interval
from assay.measure.intervals import Difference
from assay.measure.metrics.mean import ShareMetric
from assay.measure.parts import Design, Part
from assay.measure.payload import Predictions, Truth
from assay.measure.proportion import proportion_interval
from assay.measure.registry import metric_named
from assay.nets.attacks.bounds import WHITE, check_eps
from assay.nets.attacks.corruptions import CORRUPTIONS, STRENGTHS, corrupt
from assay.nets.attacks.gradient import Pgd, attacked, fgsm_settings
from assay.nets.attacks.one_pixel import OnePixel, one_pixel
from assay.nets.attacks.victim import Victim, as_bytes

Kind = Literal["attack", "corruption"]

ATTACKS = ("fgsm", "pgd", "one-pixel")

CLEAN = "clean"
ACCURACY = "accuracy"


def _share_wrong(_truth: Truth, predictions: Predictions) -> np.ndarray:
    return predictions["value"]


ERROR = ShareMetric(
    "corruption_error", "Mean corruption error", "value", frozenset({"regression"}), _share_wrong, greater_is_better=False
)
"""Of the share of the five strengths at which a row is answered wrong; here alone, as no study has such predictions."""


@dataclass(frozen=True)
class Line:
    """One attack at one bound, or one corruption in one strength.

    setting: eps in pixel steps (None for one pixel), or the strength.  rows: (n,), places among the pictures that were given.
    answers: class codes (n,).  pictures: uint8 (n, channels, size, size) for an attack, None for a corruption.
    change: (n,), by how much the pixel that moved most did, in pixel steps.
    accuracy: of the answers.  drop: of the clean accuracy on these rows less it.
    reached: the share that is answered as the target class, or None without one.
    """

    kind: Kind
    name: str
    setting: float | None
    rows: np.ndarray
    answers: np.ndarray
    pictures: np.ndarray | None
    change: np.ndarray
    clean: Interval
    accuracy: Interval
    drop: Difference
    reached: Interval | None = None

    @property
    def title(self) -> str:
        if self.kind == "corruption":
            return f"{self.name} {self.setting:g}"
        return self.name if self.setting is None else f"{self.name} eps {self.setting:g}"

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "name": self.name,
            "eps" if self.kind == "attack" else "strength": self.setting,
            "n": len(self.rows),
            "clean": self.clean.to_json(),
            "accuracy": self.accuracy.to_json(),
            "drop": self.drop.interval.to_json(),
            "p": self.drop.p,
            "reached": None if self.reached is None else self.reached.to_json(),
            "largest_change": float(self.change.max(initial=0.0)),
        }


@dataclass(frozen=True)
class CorruptionError:
    """error: the share of wrong answers, meant over the five strengths, each row counting once."""

    name: str
    error: Interval


@dataclass(frozen=True, kw_only=True)
class AttackSettings:
    """attacks: of ATTACKS.  eps: bounds of fgsm and pgd, in pixel steps.  target: the class to be reached, or None.

    steps: of pgd.  one_pixel: of that search.
    """

    attacks: tuple[str, ...] = ("fgsm", "pgd")
    eps: tuple[float, ...] = (2.0, 4.0, 8.0)
    target: str | None = None
    steps: int = 20
    one_pixel: OnePixel = field(default_factory=OnePixel)
    seed: int = 0
    level: float = 0.95

    def __post_init__(self) -> None:
        for name in self.attacks:
            if name not in ATTACKS:
                raise ConfigError(f"no attack {name!r}{did_you_mean(name, ATTACKS)}")
        if len(set(self.attacks)) < len(self.attacks) or len(set(self.eps)) < len(self.eps):
            raise ConfigError("an attack or a bound is named twice; name each once.")
        if not self.eps:
            raise ConfigError("no bound is given; name at least one eps, such as 8.")
        for eps in self.eps:
            check_eps(eps)


def under_attack(
    victim: Victim,
    pictures: np.ndarray,
    codes: np.ndarray,
    settings: AttackSettings,
    progress: Callable[[str], None] = lambda _step: None,
) -> list[Line]:
    """One line an attack and bound.

    pictures: uint8 (n, channels, size, size).  codes: their true classes (n,).  With a target, rows of that class are left out.
    Raises DataError where no row is left.
    """
    aim = None if settings.target is None else victim.code_of(settings.target)
    rows = np.arange(len(codes)) if aim is None else np.flatnonzero(codes != aim)
    if not len(rows):
        raise DataError("there is no picture to attack" + ("." if aim is None else f" but those of class {settings.target!r}."))
    pictures, codes = pictures[rows], np.asarray(codes, dtype=np.int64)[rows]
    aims = codes if aim is None else np.full(len(rows), aim)
    found: dict[tuple[str, float | None], tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
    for name, eps in _runs(settings):
        progress(name if eps is None else f"{name} eps {eps:g}")
        found[name, eps] = _run(victim, pictures, aims, name, eps, settings)
    clean = victim.answers(victim.scaled(pictures))
    measured = _measured(codes, {CLEAN: clean, **{str(key): answers for key, (_, answers, _) in found.items()}}, settings.level)
    return [
        Line(
            "attack",
            name,
            eps,
            rows,
            answers,
            changed,
            change,
            measured.interval(CLEAN, ACCURACY),
            measured.interval(str((name, eps)), ACCURACY),
            measured.difference(CLEAN, str((name, eps)), ACCURACY),
            None if aim is None else proportion_interval(int((answers == aim).sum()), len(rows), level=settings.level),
        )
        for (name, eps), (changed, answers, change) in found.items()
    ]


def _runs(settings: AttackSettings) -> list[tuple[str, float | None]]:
    runs: list[tuple[str, float | None]] = []
    for name in settings.attacks:
        runs += [(name, None)] if name == "one-pixel" else [(name, eps) for eps in settings.eps]
    return runs


def _run(
    victim: Victim, pictures: np.ndarray, aims: np.ndarray, name: str, eps: float | None, settings: AttackSettings
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(changed pictures as uint8, the answers to them, the largest change of each)."""
    targeted = settings.target is not None
    given = victim.scaled(pictures)
    if eps is None:
        each = [
            one_pixel(victim, picture, int(aim), settings.one_pixel, targeted=targeted, seed=derive(settings.seed, name, row))
            for row, (picture, aim) in enumerate(zip(pictures, aims, strict=True))
        ]
        changed = victim.scaled(np.stack([one.picture for one in each]))
    else:
        how = fgsm_settings(eps) if name == "fgsm" else Pgd(eps=eps, steps=settings.steps)
        changed = attacked(victim, pictures, aims, how, targeted=targeted, seed=derive(settings.seed, name))
    change = ((changed - given).abs() * WHITE).flatten(1).amax(dim=1).double().numpy()
    return as_bytes(changed), victim.answers(changed), change


def under_corruption(
    victim: Victim,
    pictures: np.ndarray,
    codes: np.ndarray,
    *,
    names: Sequence[str] = tuple(CORRUPTIONS),
    seed: int,
    level: float = 0.95,
    progress: Callable[[str], None] = lambda _step: None,
) -> tuple[list[Line], list[CorruptionError]]:
    """A line for each corruption and strength; and for each corruption, and "mean" for all, the mean error.

    The means are of the errors as they are: not divided by those of another network, as the published mCE is by AlexNet's.
    """
    if not len(codes):
        raise DataError("there is no picture to corrupt.")
    codes = np.asarray(codes, dtype=np.int64)
    answers: dict[tuple[str, int], np.ndarray] = {}
    changes: dict[tuple[str, int], np.ndarray] = {}
    for name in names:
        progress(name)
        for strength in STRENGTHS:
            changed = corrupt(pictures, name, strength, seed=seed)
            answers[name, strength] = victim.answers(victim.scaled(changed))
            moved = np.abs(changed.astype(np.int16) - pictures).reshape(len(pictures), -1)
            changes[name, strength] = moved.max(axis=1).astype(np.float64)
    clean = victim.answers(victim.scaled(pictures))
    measured = _measured(codes, {CLEAN: clean, **{str(key): said for key, said in answers.items()}}, level)
    lines = [
        Line(
            "corruption",
            name,
            float(strength),
            np.arange(len(codes)),
            answers[name, strength],
            None,
            changes[name, strength],
            measured.interval(CLEAN, ACCURACY),
            measured.interval(str((name, strength)), ACCURACY),
            measured.difference(CLEAN, str((name, strength)), ACCURACY),
        )
        for name, strength in answers
    ]
    return lines, _errors(codes, answers, names, level)


def _errors(
    codes: np.ndarray, answers: Mapping[tuple[str, int], np.ndarray], names: Sequence[str], level: float
) -> list[CorruptionError]:
    by_name: dict[str, np.ndarray] = {
        name: np.stack([answers[name, strength] != codes for strength in STRENGTHS]).mean(axis=0) for name in names
    }
    by_name["mean"] = np.stack(list(by_name.values())).mean(axis=0)
    units = np.arange(len(codes))
    truth = Truth("value", units, {"target": np.zeros(len(codes))})
    parts = {name: [Part(0, 0, truth, Predictions("value", units, {"value": wrong}))] for name, wrong in by_name.items()}
    made = evaluate(parts, [ERROR], Design(units), level=level, estimand="this model")
    return [CorruptionError(name, made.interval(name, ERROR.name)) for name in by_name]


def _measured(codes: np.ndarray, answers: Mapping[str, np.ndarray], level: float) -> Evaluation:
    units = np.arange(len(codes))
    truth = Truth("multiclass", units, {"target": codes})
    parts = {name: [Part(0, 0, truth, Predictions("multiclass", units, {"label": said}))] for name, said in answers.items()}
    return evaluate(parts, [metric_named(ACCURACY)], Design(units), level=level, estimand="this model")
