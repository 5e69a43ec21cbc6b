"""All long simulations, and the tables that they write into docs/coverage.md between their marks."""

import os
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.simulations import claims, model_intervals, recipe_intervals
from tests.simulations.learners import LEARNERS
from tests.simulations.model_intervals import Scenario
from tests.simulations.recipe_intervals import World

PAGE = Path(__file__).parents[2] / "docs" / "coverage.md"

CELLS = (
    *(
        Scenario(n, prevalence)
        for n in (200, 1000, 5000)
        for prevalence in (0.01, 0.1, 0.5)
        if n * prevalence >= 20  # with fewer expected positives the call is "too little data"
    ),
    Scenario(200, 0.1, 1.8),
    Scenario(1000, 0.1, 1.8),
    Scenario(5000, 0.01, 1.8),
)
METHODS = ("default", "percentile", "bca", "studentized", "stratified")
WORLDS = (World(200, 0.1), World(200, 0.5), World(1000, 0.1), World(1000, 0.5))
CLAIMED_IN = World(1000, 0.1)
GAP = "a difference of 0.03 that is there"


@dataclass(frozen=True)
class Sizes:
    """How many data sets or studies each simulation has."""

    model: int = 4000
    methods: int = 1000
    recipe: int = 1000
    costly_recipe: int = 400
    claims: int = 300
    power: int = 1000


@dataclass(frozen=True)
class Job:
    table: str
    row: tuple[str, ...]
    work: Callable[..., Any]
    arguments: tuple[Any, ...]
    settings: dict[str, Any] = field(default_factory=dict)


def jobs(sizes: Sizes) -> list[Job]:
    found = [
        Job("power", (GAP,), _with_folder, ("of_unequal_scores", sizes.power)),
        *(Job("claims", (name,), _with_folder, ("of_equal_recipes", CLAIMED_IN, name, sizes.claims)) for name in LEARNERS),
        *(Job("model", _cell(cell), model_intervals.coverage, (cell, sizes.model)) for cell in CELLS),
    ]
    for name in LEARNERS:
        cheap = name in ("logistic", "random-split tree")
        for world in WORLDS if cheap else WORLDS[:3]:
            n_sets = sizes.recipe if cheap else sizes.costly_recipe
            found.append(Job("recipe", (name, str(world.n), _percent(world.prevalence)), _recipe, (world, name, n_sets)))
    for name in ("logistic", "random-split tree", "boosting"):
        for repeats in (1, 3):
            arguments = ("of_halves", CLAIMED_IN, name, sizes.claims)
            found.append(Job("halves", (name, str(repeats)), _with_folder, arguments, {"repeats": repeats}))
    for name in ("logistic", "random-split tree"):
        found.append(Job("repeated", (name, "200", "50 %"), _recipe, (WORLDS[1], name, sizes.recipe), {"repeats": 3}))
    small = Scenario(200, 0.1)
    for method in METHODS:
        settings = {"method": method, "names": ("roc_auc", "average_precision", "f1", "brier", "log_loss")}
        found.append(Job("methods", (method,), model_intervals.coverage, (small, sizes.methods), settings))
    return found


def run(sizes: Sizes, processes: int | None = None) -> dict[str, dict[tuple[str, ...], Any]]:
    """{table: {row: result}} of every simulation; the same whatever the number of processes."""
    every = jobs(sizes)
    results: dict[str, dict[tuple[str, ...], Any]] = {}
    with ProcessPoolExecutor(processes or os.cpu_count(), initializer=_one_thread) as pool:
        futures = [pool.submit(job.work, *job.arguments, **job.settings) for job in every]
        for job, future in zip(every, futures, strict=True):
            results.setdefault(job.table, {})[job.row] = future.result()
    return results


def write(results: dict[str, dict[tuple[str, ...], Any]], sizes: Sizes, page: Path = PAGE) -> None:
    """The tables, each between <!-- NAME --> and <!-- end of NAME -->."""
    text = page.read_text(encoding="utf-8")
    metrics = {"model": ("n", "positives", "probabilities"), "methods": ("method",)}
    metrics |= {"recipe": ("stand-in", "n", "positives"), "repeated": ("stand-in", "n", "positives")}
    for name, heads in metrics.items():
        columns = tuple(next(iter(results[name].values())))
        rows = [(*row, *(f"{100 * found[column]:.1f}" for column in columns)) for row, found in results[name].items()]
        text = _between(text, name, _markdown((*heads, *columns), rows))
    rows = [
        (*row, f"{100 * found.pair:.1f}", f"{100 * found.family:.1f}", str(found.studies))
        for row, found in results["claims"].items()
    ]
    text = _between(text, "claims", _markdown(("stand-in", "two seeds, %", "any of five against the leader, %", "studies"), rows))
    rows = [(*row, f"{100 * found.pair:.1f}", str(found.studies)) for row, found in results["halves"].items()]
    text = _between(text, "halves", _markdown(("stand-in", "repeats", "called different, %", "studies"), rows))
    rows = [(*row, f"{100 * found.pair:.1f}", str(found.studies)) for row, found in results["power"].items()]
    text = _between(text, "power", _markdown(("studies with", "found, %", "studies"), rows))
    text = _between(text, "sizes", ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in asdict(sizes).items()))
    page.write_text(text, encoding="utf-8")


def _between(text: str, name: str, table: str) -> str:
    start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, _, rest = text.partition(start)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"the page has no place for {name!r} ({start} … {end}).")
    return f"{before}{start}\n{table}\n{end}{after}"


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(cell: Scenario) -> tuple[str, ...]:
    return str(cell.n), _percent(cell.prevalence), "true" if cell.sharp == 1 else "overconfident"


def _percent(share: float) -> str:
    return f"{100 * share:g} %"


def _recipe(world: World, name: str, n_sets: int, repeats: int = 1) -> dict[str, float]:
    return recipe_intervals.coverage(world, LEARNERS[name], n_sets, repeats=repeats)


def _with_folder(what: str, *arguments: Any, repeats: int = 1) -> claims.Claims:
    with tempfile.TemporaryDirectory() as folder:
        if what == "of_unequal_scores":
            return claims.of_unequal_scores(*arguments, Path(folder))
        world, name, n_studies = arguments
        if what == "of_halves":
            return claims.of_halves(world, LEARNERS[name], n_studies, Path(folder), repeats=repeats)
        return claims.of_equal_recipes(world, LEARNERS[name], n_studies, Path(folder))


def _one_thread() -> None:
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)
