"""Which runs a page of the list shows: filters, order and page, read off the address and written into it again."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode

from assay.core.errors import ConfigError, UnknownNameError
from assay.report.metric import describe
from assay.serve.studio.facts import STATES, State
from assay.serve.studio.index import Listed
from assay.serve.studio.place import Place

SORTS = ("changed", "name", "data", "value")
SIZES = (20, 50, 100, 200)
MOST_SUGGESTED = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address says; empty texts ask nothing.

    q: text in the name, the data, the target or a candidate.  sort: one of SORTS, with a minus for the other way round.
    page: from 1 on.  size: runs on a page.
    """

    q: str = ""
    task: str = ""
    metric: str = ""
    recipe: str = ""
    data: str = ""
    state: str = ""
    sort: str = "-changed"
    page: int = 1
    size: int = 50

    def __post_init__(self) -> None:
        if self.sort.removeprefix("-") not in SORTS:
            raise ConfigError(f"sort={self.sort[:40]}: it is {', '.join(SORTS)}, with a minus before it for the other way round.")
        if self.state and self.state not in STATES:
            raise ConfigError(f"state={self.state[:40]}: it is {', '.join(STATES)}.")
        if self.size not in SIZES:
            raise ConfigError(f"size={self.size}: it is {', '.join(map(str, SIZES))}.")
        if self.page < 1:
            raise ConfigError(f"page={self.page}: pages are counted from 1.")

    def address(self, **changes: Any) -> str:
        """Of this list with some of it changed; what is as usual stays out of it.

        >>> Asked(q="loans", page=3).address(page=4)
        '/?q=loans&page=4'
        """
        changed = replace(self, **changes)
        said = {name: value for name, value in asdict(changed).items() if value != _USUAL[name]}
        return f"/?{urlencode(said)}" if said else "/"

    def sorted_by(self, column: str) -> str:
        """The address of the list in the order of a column; the other way round where that is its order already."""
        first = "-" if column in ("changed", "value") else ""
        other = "" if first else "-"
        return self.address(sort=f"{other if self.sort == first + column else first}{column}", page=1)

    @property
    def is_filtered(self) -> bool:
        return any(getattr(self, name) for name in ("q", "task", "metric", "recipe", "data", "state"))


_USUAL = {field.name: field.default for field in fields(Asked)}


@dataclass(frozen=True, slots=True)
class Shown:
    """runs: of this page, with their states.  number: of all that fit.  page: the one shown.  pages: how many there are."""

    runs: list[tuple[Listed, State]]
    number: int
    page: int
    pages: int


def fitting(runs: Sequence[Listed], asked: Asked, place: Place) -> Shown:
    """The page that was asked for, or the last one where there are fewer."""
    found = list(filter(_test(asked), runs))
    states: dict[str, State] = {}
    if asked.state:  # whether a run is going on is known only by looking at each
        states = {run.name: run.state(place) for run in found}
        found = [run for run in found if states[run.name] == asked.state]
    found = _ordered(found, asked)
    pages = max(1, -(-len(found) // asked.size))
    page = min(asked.page, pages)
    chosen = found[(page - 1) * asked.size : page * asked.size]
    return Shown([(run, states.get(run.name) or run.state(place)) for run in chosen], len(found), page, pages)


def _test(asked: Asked) -> Callable[[Listed], bool]:
    words, data = asked.q.casefold().split(), asked.data.casefold()

    def fits(run: Listed) -> bool:
        facts = run.facts
        if (asked.task and facts.task != asked.task) or (asked.metric and facts.metric != asked.metric):
            return False
        if (asked.recipe and asked.recipe not in facts.recipes) or (data and data not in facts.source.casefold()):
            return False
        if not words:
            return True
        text = "\n".join((run.name, facts.source, facts.target, *facts.candidates)).casefold()
        return all(word in text for word in words)

    return fits


def _ordered(runs: list[Listed], asked: Asked) -> list[Listed]:
    column, backwards = asked.sort.removeprefix("-"), asked.sort.startswith("-")
    if column == "value":
        return _by_value(runs, best_first=backwards)
    keys: dict[str, Callable[[Listed], Any]] = {
        "changed": lambda run: (run.changed_ns, run.name),
        "name": lambda run: (run.name.casefold(), run.name),
        "data": lambda run: (run.facts.data.casefold(), run.name),
    }
    return sorted(runs, key=keys[column], reverse=backwards)


def _by_value(runs: list[Listed], *, best_first: bool) -> list[Listed]:
    """Within a metric, whose values alone can be compared; runs without a value come last."""
    signs = {metric: _sign(metric) * (1 if best_first else -1) for metric in {run.facts.metric for run in runs}}

    def key(run: Listed) -> tuple[str, bool, float, str]:
        value = run.facts.value
        return run.facts.metric, value is None, 0.0 if value is None else signs[run.facts.metric] * value, run.name

    return sorted(runs, key=key)


def _sign(metric: str) -> int:
    """-1 where higher is better."""
    try:
        return -1 if describe(metric).greater_is_better else 1
    except UnknownNameError:  # of a run that another version has made
        return -1


def choices(runs: Iterable[Listed]) -> dict[str, list[str]]:
    """What there is to choose from: tasks, metrics and recipes by name, data by how many runs it has."""
    tasks, metrics, recipes, data = set[str](), set[str](), set[str](), Counter[str]()
    for run in runs:
        if run.facts.fault:
            continue
        tasks.add(run.facts.task)
        metrics.add(run.facts.metric)
        recipes.update(run.facts.recipes)
        data[run.facts.data] += 1
    return {
        "task": sorted(tasks),
        "metric": sorted(metrics),
        "recipe": sorted(recipes),
        "data": sorted(name for name, _ in data.most_common(MOST_SUGGESTED)),
    }
