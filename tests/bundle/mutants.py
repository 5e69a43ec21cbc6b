"""Saved models with one number of their state changed and checksums that fit again: run as a process of its own.

``python -m tests.bundle.mutants MOST NAME…`` makes a small model of each name (a recipe, "blend", "whole" for a model with all
its parts, or "recommend:" and a recommender), changes at most MOST numbers (one at a time),
loads and asks each mutant, and prints a JSON line for every one that neither answers nor is refused in a sentence.  A mutant
that crashes or hangs ends the process; the last line on stderr says which it was.
"""

import copy
import json
import re
import resource
import signal
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy.sparse import csr_array
from tests.recipes.recommend.rows import interactions
from tests.rows_for_recipes import ASKED, table, task_of

import assay
from assay.archive import files, weights
from assay.archive.manifest import Manifest, check, listing
from assay.archive.state import encode
from assay.balance.registry import TREATMENTS
from assay.bundle.model import Model, build
from assay.bundle.quick import QuickModel
from assay.bundle.recommender import RecommenderModel, read_recommender
from assay.core.errors import AssayError, BundleError
from assay.core.files import canonical_json
from assay.data.reference import shift_of, spreads_of
from assay.measure.calibration import fit_isotonic
from assay.measure.conformal.fitting import fit_split
from assay.measure.payload import Truth
from assay.recipes.ensembles.fitted import FittedBlend
from assay.recipes.fitted import Fitted
from assay.recipes.fitting import fit
from assay.recipes.frames import FittedFrame
from assay.recipes.learner import Budget, Context
from assay.recipes.recipe import Recipe
from assay.recipes.recommend.interactions import Interactions
from assay.recipes.recommend.registry import RECOMMENDERS
from assay.recipes.registry import RECIPES

SECONDS = 20
"""A mutant that takes longer hangs; the models answer within hundredths of a second."""
MEMORY = 2 * 2**30
"""Address space that mutants may take beyond what the process has once the model is made."""
SMALL = {"n_trees": 4, "rounds": 4, "rounds_unwatched": 4, "members": 2, "steps": 4, "most_words": 300}

Place = tuple[Any, ...]


def small(recipe: Recipe) -> Recipe:
    """The recipe with fewer trees, rounds and epochs."""
    learner: Any = recipe.learner
    names = {field.name for field in fields(learner)}
    changed = {name: value for name, value in SMALL.items() if name in names and isinstance(getattr(learner, name), int)}
    if "training" in names:
        changed["training"] = replace(learner.training, epochs=2, patience=None)
    if "base" in names and hasattr(learner.base, "training"):
        changed["base"] = replace(learner.base, training=replace(learner.base.training, epochs=2, patience=None))
    if {"draws", "warm_up"} <= names:
        changed |= {"draws": 8, "warm_up": 8}
    return replace(recipe, learner=replace(learner, **changed))


def made(name: str) -> tuple[Model, pl.DataFrame]:
    """A small model of a recipe, and a few rows to ask it."""
    frame, recipe = table(name), RECIPES.get(name)
    rows, keep = frame, "drop"
    if recipe.unlabelled:
        rows, keep = pl.concat([frame, frame.head(20).with_columns(paid=pl.lit(None, dtype=frame["paid"].dtype))]), "keep"
    data = assay.read(rows, target="paid", kinds={"letter": "text"}, unlabelled=keep, **ASKED.get(task_of(name), {}))
    none, context = TREATMENTS.get("none")(), Context()
    fitted = fit(small(recipe), none, data, groups=None, seed=0, budget=Budget(), context=context)
    return Model(fitted), data.features.head(8)


# ---- mutants of any state


def places(value: Any, path: Place = ()) -> Iterator[Place]:
    """Every number, text and array in a state."""
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))
    elif isinstance(value, np.ndarray | int | float | str):
        yield path


def mutants_of(value: Any) -> Iterator[tuple[str, Any]]:
    """What stands instead, in words and as it is."""
    if isinstance(value, str):
        yield from [("no text", ""), ("another text", "\0<x>")]
        numbers = list(re.finditer(r"(?<=[ =])-?[0-9.e-]+(?=[ \n])", value))
        for found in numbers[:: max(1, len(numbers) // 60)]:
            for wrong in ("-1", "2147483647", "nan", "1e999"):
                yield f"[{found.start()}] = {wrong}", value[: found.start()] + wrong + value[found.end() :]
        return
    if not isinstance(value, np.ndarray):
        for wrong in (-1, 0, 2**31 - 1, 2**62, float("nan"), float("inf"), -1e308):
            yield repr(wrong), wrong
        return
    if value.ndim:
        yield "nothing", value[:0]
        yield "a row more", np.concatenate([value, value[-1:]])
        yield "reversed", np.ascontiguousarray(value[::-1])
    yield "other numbers", value.astype(np.float32 if value.dtype.kind == "f" else np.float64)
    if not value.size:
        return
    if value.dtype.kind == "b":
        yield "turned", ~value
        return
    hostile = (-1, 2**31 - 1, np.nan, np.inf, -1e308) if value.dtype.kind == "f" else (-1, 0, 7, 2**31 - 1)
    for place in sorted({0, value.size // 2, value.size - 1}):
        for wrong in hostile:
            if value.dtype.kind in "iu" and not np.iinfo(value.dtype).min <= wrong <= np.iinfo(value.dtype).max:
                continue
            changed = value.copy()
            changed.reshape(-1)[place] = wrong
            yield f"[{place}] = {wrong}", changed


def changed_states(state: dict[str, Any], most: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """At most so many mutants, evenly from all there are."""
    every = [(place, words, wrong) for place in places(state) for words, wrong in mutants_of(_at(state, place))]
    step = max(1, -(-len(every) // most))
    for place, words, wrong in every[::step]:
        changed = copy.deepcopy(state)
        inner = _at(changed, place[:-1])
        inner[place[-1]] = wrong
        yield f"{'.'.join(map(str, place))}: {words}", changed


def _at(value: Any, place: Place) -> Any:
    for key in place:
        value = value[key]
    return value


def sealed(state: dict[str, Any]) -> dict[str, bytes]:
    """The files of a state, with checksums that fit."""
    value, arrays = encode(state)
    parts = {files.STATE: canonical_json(value).encode(), files.WEIGHTS: weights.pack(arrays)}
    told = {key: value.get(key) for key in ("recipe", "task", "schema")}
    manifest = Manifest(assay="0", libraries={}, threshold=None, card={}, files=listing(parts), **told)
    return {**parts, files.MANIFEST: manifest.to_bytes()}


def ended(load: Callable[[], Any], ask: Callable[[Any], bool]) -> str:
    """What a mutant did: "refused", "answered", or what it must not do, in words."""
    try:
        model = load()
    except BundleError as error:
        return "refused" if "\n" not in str(error) else f"refused in more than a line: {error}"
    except (Exception, MemoryError) as error:  # noqa: BLE001  any other end is a finding
        return f"load: {type(error).__name__}: {error}"
    try:
        return "answered" if ask(model) else "another number of answers"
    except AssayError:
        return "refused"
    except (Exception, MemoryError) as error:  # noqa: BLE001
        return f"predict: {type(error).__name__}: {error}"


@dataclass(frozen=True)
class Case:
    """state: as saved.  ask: what it then does with one that has a place changed."""

    state: dict[str, Any]
    ask: Callable[[dict[str, Any]], str]


def case_of(name: str) -> Case:
    if name.startswith("recommend:"):
        return _recommender(name.removeprefix("recommend:"))
    model, rows = _blend() if name == "blend" else _whole() if name == "whole" else made(name)
    state = model.fitted.state()
    if model.conformal is not None:
        state |= {"conformal": model.conformal.state(), "reference": [spread.to_json() for spread in model.reference]}
    records = rows.to_dicts()

    def load(changed: dict[str, Any]) -> Model:
        parts = sealed(changed)
        return build(check(parts, "m"), parts, "m")

    def answers(found: Model) -> bool:
        quick = QuickModel.of(found)
        cells = None if quick is None else quick.read(records)
        short = rows.height if quick is None or cells is None else len(quick.answers(cells))
        level = None if found.conformal is None else 0.9
        shifts = [shift_of(spread, spread.tally(rows[spread.name])) for spread in found.reference]
        assert len(shifts) == len(found.reference)
        return found.predict_features(rows, level).height == short == rows.height

    return Case(state, lambda changed: ended(lambda: load(changed), answers))


def _blend() -> tuple[Model, pl.DataFrame]:
    (first, rows), (second, _) = made("logistic"), made("tree")
    fitted, names = first.fitted, tuple(column.name for column in first.fitted.schema.features)
    learner = FittedBlend("binary", 2, (first.fitted, second.fitted), np.array([0.25, 0.75]))
    return Model(Fitted("blend", fitted.task, fitted.schema, FittedFrame(names), learner)), rows


def _whole() -> tuple[Model, pl.DataFrame]:
    """With a conformal part, the training rows' spread and a calibrator."""
    model, rows = made("tree")
    frame = table("tree").select([column.name for column in model.fitted.schema.features])
    truth = Truth("binary", np.arange(frame.height), {"target": np.arange(frame.height) % 2})
    said = model.fitted.predict(frame)
    conformal = fit_split(truth, said)
    calibrator = fit_isotonic(truth["target"], said["probability"])
    fitted = replace(model.fitted, calibrators=(calibrator,))
    spreads = spreads_of(frame, fitted.schema, np.arange(frame.height))
    return Model(fitted, conformal=conformal, reference=spreads), rows


def _recommender(name: str) -> Case:
    seen = interactions()
    users, items = (
        tuple(f"{letter}{place}" for place in range(n))
        for letter, n in (("u", seen.counts.shape[0]), ("i", seen.counts.shape[1]))
    )
    fitted = RECOMMENDERS.get(name).fit(seen, 0)
    model = RecommenderModel(
        name, fitted, "who", "film", users, items, Interactions(seen.counts), csr_array(seen.counts.shape), {}
    )
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "model")
        told = files.read(Path(folder) / "model")
    manifest = check(told, "m")

    def load(changed: dict[str, Any]) -> RecommenderModel:
        value, arrays = encode(changed)
        parts = {files.STATE: canonical_json(value).encode(), files.WEIGHTS: weights.pack(arrays)}
        parts[files.MANIFEST] = replace(manifest, files=listing(parts)).to_bytes()
        return read_recommender(parts, "m")

    return Case(
        model.state(), lambda changed: ended(lambda: load(changed), lambda found: found.recommend(["u1", "new"], 3).height >= 0)
    )


def bounded() -> None:
    """No mutant may take much more memory than the model."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def main(most: int, names: list[str]) -> None:
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    cases = {name: case_of(name) for name in names}
    bounded()
    for name, case in cases.items():
        counts = {"refused": 0, "answered": 0}
        assert case.ask(case.state) == "answered", f"{name}: {case.ask(case.state)}"
        for what, changed in changed_states(case.state, most):
            print(f"{name}: {what}", file=sys.stderr, flush=True)
            signal.alarm(SECONDS)
            found = case.ask(changed)
            signal.alarm(0)
            if found in counts:
                counts[found] += 1
            else:
                print(json.dumps({"recipe": name, "change": what, "found": " ".join(found.split())[:300]}), flush=True)
        print(json.dumps({"recipe": name, **counts}), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
