"""Which differences are real: paired, corrected within their family, and said in words.

The families: the treatments of one recipe, each against "none" within that recipe; the variants of one recipe (prepared in
another way, tuned), each against it as it is; networks that begin from weights learnt elsewhere, each against the same network
from its first weights; and every row against the leader.  The leader is the best of all by the same numbers, so that its
comparisons are corrected as what they are, a choice among all pairs.  Pairing cannot be broken, because every candidate of a
study is measured on the rows of one plan.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from assay.core.shown import Shown
from assay.measure.compare import call, holm
from assay.measure.compare.power import detectable_difference, rows_needed
from assay.measure.evaluate import Evaluation
from assay.measure.interval import Interval
from assay.measure.intervals import Difference
from assay.measure.metric import Metric
from assay.recipes.named import base_name
from assay.recipes.nets.pretraining import pretraining_pairs
from assay.study.cells import NO_TREATMENT, Candidate

POWER = 0.8
"""The chance of finding a difference that ``separation`` plans for."""


@dataclass(frozen=True, slots=True)
class Verdict(Shown):
    """difference: a minus b in the metric's own units.  p_raw, p: before and after correction in ``family`` (Holm).

    standard_error: of the difference, None where its interval does not rest on one.
    """

    a: str
    b: str
    metric: str
    difference: Interval
    p_raw: float | None
    p: float | None
    family: str
    method: str
    call: str
    standard_error: float | None = None

    def to_json(self) -> dict[str, Any]:
        flat = asdict(self)
        difference = flat.pop("difference")
        return {**flat, "difference": difference["value"], "low": difference["low"], "high": difference["high"]}


@dataclass(frozen=True, slots=True)
class Separation:
    """What the measured rows can tell apart, and how many would be needed.

    rows: measured now (independent ones).  smallest: the true difference that they find with ``POWER``.
    wanted: the difference asked about.  needed: rows that would find it, None with the reason where none would.
    """

    rows: int
    smallest: float
    wanted: float
    needed: int | None
    undefined: str | None = None


def separation(verdict: Verdict, wanted: float | None = None) -> Separation | None:
    """For the difference that matters (None: the one that was measured); None where the verdict has no standard error."""
    measured, error = verdict.difference, verdict.standard_error
    if measured.value is None or not error:
        return None
    difference = measured.value if wanted is None else wanted
    found = rows_needed(difference, error, measured.n, power=POWER, level=measured.level)
    smallest = detectable_difference(measured.n, error, measured.n, power=POWER, level=measured.level)
    return Separation(measured.n, smallest, abs(difference), found.rows, found.undefined)


@dataclass(frozen=True)
class Judge:
    """What every verdict of a study needs.

    smallest_class: rows of the rarest class among the measured rows; None for regression.
    """

    evaluation: Evaluation
    metric: Metric
    level: float
    smallest_class: int | None
    margin: float | None = None

    def family(self, name: str, pairs: Sequence[tuple[str, str]]) -> list[Verdict]:
        """Verdicts of several pairs, corrected together."""
        differences = [self.evaluation.difference(a, b, self.metric.name) for a, b in pairs]
        adjusted = holm([difference.p for difference in differences])
        return [
            self._verdict(a, b, difference, p, name) for (a, b), difference, p in zip(pairs, differences, adjusted, strict=True)
        ]

    def against_leader(self, name: str, others: Sequence[str], leader: str) -> list[Verdict]:
        """Verdicts of every other against the leader, each p corrected for all pairs among them (see the header)."""
        differences = {(a, leader): self.evaluation.difference(a, leader, self.metric.name) for a in others}
        chosen_from = {pair: self.evaluation.difference(*pair, self.metric.name) for pair in combinations(others, 2)}
        p_values = [difference.p for difference in [*differences.values(), *chosen_from.values()]]
        adjusted = holm(p_values)[: len(differences)]
        return [
            self._verdict(a, b, difference, p, name)
            for ((a, b), difference), p in zip(differences.items(), adjusted, strict=True)
        ]

    def _verdict(self, a: str, b: str, difference: Difference, p: float | None, family: str) -> Verdict:
        words = call(
            difference,
            p,
            a=a,
            b=b,
            greater_is_better=self.metric.greater_is_better,
            margin=self.margin,
            level=self.level,
            smallest_class=self.smallest_class,
        )
        measured, error = difference.interval, difference.standard_error
        return Verdict(a, b, self.metric.name, measured, difference.p, p, family, difference.method, words, error)


def study_verdicts(judge: Judge, candidates: Sequence[Candidate], leader: str | None) -> list[Verdict]:
    """The verdicts of every family among candidates that were measured."""
    names = {candidate.name for candidate in candidates}
    verdicts: list[Verdict] = []
    for base in dict.fromkeys(base_name(candidate.recipe) for candidate in candidates):
        variants = [c.name for c in candidates if c.treatment == NO_TREATMENT and base_name(c.recipe) == base != c.recipe]
        if base in names and variants:
            verdicts += judge.family(f"variants of {base}", [(name, base) for name in variants])
    for recipe in dict.fromkeys(candidate.recipe for candidate in candidates):
        plain = Candidate(recipe).name
        treated = [c.name for c in candidates if c.recipe == recipe and c.treatment != NO_TREATMENT]
        if plain in names and treated:
            verdicts += judge.family(f"treatments of {recipe}", [(name, plain) for name in treated])
    pretrained = pretraining_pairs([c.recipe for c in candidates if c.treatment == NO_TREATMENT])
    if pretrained:
        verdicts += judge.family("pretraining", pretrained)
    if leader is not None:
        others = [candidate.name for candidate in candidates if candidate.name != leader]
        if others:
            verdicts += judge.against_leader("against the leader", others, leader)
    return verdicts
