"""Several runs side by side: what was asked in each, how good its candidates are, and what differs where it may be said.

A difference between candidates of two runs is a verdict only where both predicted the same rows in the same folds of the same
data: then it is paired, as every comparison here is.  Between other runs values stand beside each other, and no verdict.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

from assay.core.errors import StudyError
from assay.core.shown import Shown
from assay.measure.evaluate import evaluate
from assay.measure.interval import Interval
from assay.measure.parts import Part
from assay.measure.registry import metric_named
from assay.study.scores import Scores
from assay.study.verdicts import Judge, Verdict

NOT_COMPARED = frozenset({"read.command", "read.source"})
"""Settings that differ without meaning anything: how the command was typed, and the source, which stands by itself."""

BETWEEN = " · "
"""Between the name of a run and that of a candidate in it."""


@dataclass(frozen=True)
class Run:
    """label: short, and unlike that of every other run here."""

    label: str
    scores: Scores

    @property
    def pairs_with(self) -> tuple[str, str, str]:
        """Equal for runs whose candidates predicted the same rows in the same folds, and are judged by one metric."""
        identity = self.scores.identity
        return identity.fingerprint, self.scores.plan.digest, self.scores.settings.metric

    def named(self, candidate: str) -> str:
        return f"{self.label}{BETWEEN}{candidate}"


@dataclass(frozen=True)
class SideBySide(Shown):
    """runs: in the order they were named; at least two."""

    runs: tuple[Run, ...]

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """Names of the metrics that every run has, those that decide one of them first."""
        deciding = [run.scores.settings.metric for run in self.runs]
        every = [metric.name for metric in self.runs[0].scores.metrics]
        shared = [name for name in every if all(name in {m.name for m in run.scores.metrics} for run in self.runs)]
        return tuple(dict.fromkeys([*(name for name in deciding if name in shared), *shared]))

    @cached_property
    def candidates(self) -> tuple[str, ...]:
        """Every name, those of the first run first, best first."""
        return tuple(dict.fromkeys(name for run in self.runs for name in [*run.scores.ranking, *_failed(run.scores)]))

    def interval(self, run: Run, candidate: str, metric: str) -> Interval | None:
        """None where the run has no such candidate, or it failed."""
        return run.scores.interval(candidate, metric) if candidate in run.scores.parts else None

    @cached_property
    def settings(self) -> dict[str, tuple[str, ...]]:
        """What was asked, a text a run, as study.toml has it; only what differs between any two."""
        asked = [_asked(run.scores) for run in self.runs]
        names = dict.fromkeys(name for one in asked for name in one)
        told = {name: tuple(_said(one.get(name)) for one in asked) for name in names if name not in NOT_COMPARED}
        return {name: values for name, values in told.items() if len(set(values)) > 1}

    @cached_property
    def families(self) -> tuple[tuple[Run, ...], ...]:
        """Runs that can be paired, each in one family; a run that pairs with no other is not here."""
        found: dict[tuple[str, str, str], list[Run]] = {}
        for run in self.runs:
            if run.scores.winner is not None:
                found.setdefault(run.pairs_with, []).append(run)
        return tuple(tuple(runs) for runs in found.values() if len(runs) > 1)

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """In each family: the best of every two runs against each other, and each candidate that both have; one correction."""
        return tuple(verdict for family in self.families for verdict in _verdicts(family))

    def to_json(self) -> dict[str, Any]:
        """What ``assay report A B --json`` prints."""
        return {
            "schema": 1,
            "runs": [
                {"label": run.label, "run": str(run.scores.folder.path), "source": run.scores.data.source, **_identity(run)}
                for run in self.runs
            ],
            "settings": {name: list(values) for name, values in self.settings.items()},
            "rows": [
                {
                    "name": name,
                    "metrics": {
                        metric: [None if found is None else found.to_json() for found in self._across(name, metric)]
                        for metric in self.metrics
                    },
                }
                for name in self.candidates
            ],
            "verdicts": [verdict.to_json() for verdict in self.verdicts],
        }

    def _across(self, candidate: str, metric: str) -> list[Interval | None]:
        return [self.interval(run, candidate, metric) for run in self.runs]


def side_by_side(results: Sequence[Scores]) -> SideBySide:
    """Raises StudyError for fewer than two runs, one that is named twice, and questions that have no metric in common."""
    if len(results) < 2:
        raise StudyError("one run is no comparison; name two run folders or more.")
    labels = _labels(results)
    found = SideBySide(tuple(Run(label, scores) for label, scores in zip(labels, results, strict=True)))
    if not found.metrics:
        asked = ", ".join(f"{run.label}: {run.scores.data.question.name}" for run in found.runs)
        raise StudyError(f"these runs have no metric in common ({asked}); compare runs of one kind of question.")
    return found


def _labels(results: Sequence[Scores]) -> list[str]:
    paths = [scores.folder.path.absolute() for scores in results]
    twice = next((path for place, path in enumerate(paths) if path in paths[:place]), None)
    if twice is not None:
        raise StudyError(f"{twice} is named twice; name different run folders.")
    deep = 1
    while len({path.parts[-deep:] for path in paths}) < len(paths):
        deep += 1
    return ["/".join(path.parts[-deep:]) for path in paths]


def _verdicts(family: Sequence[Run]) -> list[Verdict]:
    """The rows are those of one plan, so that the candidates of all runs are measured together."""
    first = family[0].scores
    parts: dict[str, list[Part]] = {run.named(name): kept for run in family for name, kept in run.scores.parts.items()}
    metric = metric_named(first.settings.metric)
    evaluation = evaluate(
        parts,
        [metric],
        first.design,
        level=first.settings.level,
        estimand="this recipe",
        method=first.settings.interval,
        replicates=first.settings.replicates,
        seed=first.settings.seed,
    )
    own = first.judge()
    judge = Judge(evaluation, metric, first.settings.level, own.smallest_class)
    pairs: list[tuple[str, str]] = []
    for one, other in combinations(family, 2):
        best = (str(one.scores.winner), str(other.scores.winner))
        both = [(name, name) for name in one.scores.ranking if name in other.scores.parts]
        pairs += [(one.named(a), other.named(b)) for a, b in dict.fromkeys([best, *both])]
    return judge.family("between runs", pairs)


def _failed(scores: Scores) -> list[str]:
    return [candidate.name for candidate in scores.candidates if candidate.name not in scores.parts]


def _asked(scores: Scores) -> dict[str, Any]:
    study: Mapping[str, Any] = scores.folder.read_study() or {}
    return {"treatments": study.get("treatments"), **study.get("settings", {})}


def _said(value: Any) -> str:
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _identity(run: Run) -> dict[str, Any]:
    scores = run.scores
    test = scores.opened
    return {
        "metric": scores.settings.metric,
        "rows": len(scores.plan.development),
        "locked": len(scores.plan.locked),
        "fingerprint": scores.identity.fingerprint,
        "plan": scores.plan.digest,
        "winner": scores.winner,
        "test": None if test is None else {"name": test["name"], "metrics": test["metrics"], "openings": test["openings"]},
    }
