"""Everything that the page says of one row: the answer, what changed since the starting row, and what it rests on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from assay.bundle.model import DEFAULT_THRESHOLD, Model
from assay.core.errors import DataError
from assay.explain.held import output_names, outputs
from assay.report.numbers import number, share
from assay.serve.studio.trying_models import Tried
from assay.serve.studio.trying_reasons import Reasons, reasons_of
from assay.serve.studio.trying_row import Asked, Row, address, read_row
from assay.serve.studio.trying_words import Words, words_of
from assay.serve.studio.what_if import what_if
from assay.serve.studio.what_if_picture import Picture, picture_of

MOST_CLASSES = 12


@dataclass(frozen=True)
class Chance:
    """One class.  before: that of the starting row, None where there is none to compare with."""

    label: str
    probability: float
    before: float | None
    is_said: bool

    @property
    def text(self) -> str:
        return share(self.probability)

    @property
    def change(self) -> str:
        """In percentage points."""
        moved = 0.0 if self.before is None else self.probability - self.before
        return "" if abs(moved) < 5e-5 else number(100 * moved, 2 if abs(moved) < 0.01 else 1, sign=True)


@dataclass(frozen=True)
class Answer:
    """said: the label or the number, in words.  value: of a regression; before: of the starting row.

    chances: by probability, at most MOST_CLASSES; the others together are ``rest``.
    of: whose probability the curve, the words and the reasons are about.
    region: the conformal set or interval in words; notes: what a reader of it must know.
    changed: (column, cell of the starting row, cell now), pixels left out.
    """

    said: str
    of: str
    value: float | None
    before: str
    chances: tuple[Chance, ...]
    rest: tuple[int, float]
    threshold: float | None
    spread: str
    region: str
    notes: tuple[str, ...]
    changed: tuple[tuple[str, str, str], ...]
    picture: Picture | None
    words: tuple[Words, ...]
    reasons: Reasons


@dataclass(frozen=True)
class View:
    """What the part of the page shows.  answer: None where ``row`` has problems, or the model's own ``fault`` stands.

    here: the address that shows this again, back: the starting row, afresh: this row as the starting row; None: too long.
    """

    asked: Asked
    row: Row
    answer: Answer | None
    fault: str
    here: str | None
    back: str | None
    afresh: str | None
    seen: np.ndarray | None


def view_of(tried: Tried, asked: Asked) -> View:
    with tried.lock:
        row = read_row(tried, asked.cells)
        answer, fault = None, ""
        if row.features is not None:
            fault = _nothing_yet(tried, row.features)
            if not fault:
                try:
                    answer = _answer(tried, asked, row.features)
                except DataError as error:
                    fault = str(error)
        seen = None
        if tried.grid is not None and row.features is not None:
            names = list(tried.grid.names)
            seen = tried.grid.shown([np.nan if cell is None else cell for cell in row.features.select(names).row(0)])
    return View(
        asked,
        row,
        answer,
        fault,
        address(tried, asked, asked.cells, asked.start, asked.loose),
        address(tried, asked, asked.start, asked.start, asked.loose),
        address(tried, asked, asked.cells, asked.cells),
        seen,
    )


def _nothing_yet(tried: Tried, features: pl.DataFrame) -> str:
    """What is to be done first, where nothing is filled in that could be answered to."""
    empty = next((name for name in tried.pictures if features[name].null_count()), None)
    if empty is not None:
        return "Drop a picture, choose one or draw one, and the answer stands here."
    if all(features[column.name].null_count() for column in tried.columns):
        return "Nothing is filled in yet; the answer stands here when something is."
    return ""


def _answer(tried: Tried, asked: Asked, features: pl.DataFrame) -> Answer:
    model, task = tried.model, tried.model.fitted.task
    level = asked.level if model.conformal is not None else None
    found = model.predict_features(features, level).row(0, named=True)
    said = outputs(model.fitted, features)[0]
    place = int(said.argmax())  # whose probability the curve, the words and the reasons are about
    of = output_names(task)[place]
    start = read_row(tried, asked.start).features if asked.start != asked.cells else None
    pixels = set() if tried.grid is None else set(tried.grid.names)
    both = ((name, asked.start[name], asked.cells[name]) for name in tried.fields if name not in pixels)
    changed = tuple(one for one in both if one[1] != one[2])
    before = None if start is None else model.predict_features(start).row(0, named=True)

    def says(rows: pl.DataFrame) -> np.ndarray:
        return outputs(model.fitted, rows)[:, place]

    threshold = (DEFAULT_THRESHOLD if model.threshold is None else model.threshold) if task.name == "binary" else None
    curve = what_if(tried.fields[asked.column], features, says) if asked.column else None
    chances = _chances(model, found, before)
    shown = chances[:MOST_CLASSES]
    return Answer(
        said=_in_words(found["prediction"]),
        of=of,
        value=None if task.is_classification else float(found["prediction"]),
        before="" if before is None else _in_words(before["prediction"]),
        chances=tuple(shown),
        rest=(len(chances) - len(shown), sum(one.probability for one in chances[MOST_CLASSES:])),
        threshold=threshold,
        spread=number(found["spread"]) if found.get("spread") is not None else "",
        region="" if level is None else _region(found, is_classes=task.is_classification),
        notes=tuple(model.notes(level)),
        changed=changed,
        picture=None if curve is None else picture_of(curve, is_share=task.is_classification, threshold=threshold),
        words=_words(tried, features, float(said[place]), says),
        reasons=reasons_of(tried, features, place, of),
    )


def _in_words(prediction: Any) -> str:
    return prediction if isinstance(prediction, str) else number(prediction)


def _chances(model: Model, found: Mapping[str, Any], before: Mapping[str, Any] | None) -> list[Chance]:
    """Every class, the likeliest first; of two classes the positive one first."""
    task = model.fitted.task
    if not task.is_classification:
        return []
    now, then = (None if row is None else _shares(task.classes, row) for row in (found, before))
    assert now is not None
    order = (1, 0) if task.name == "binary" else np.argsort(-np.array(now), kind="stable").tolist()
    return [
        Chance(task.classes[at], now[at], None if then is None else then[at], task.classes[at] == found["prediction"])
        for at in order
    ]


def _shares(classes: tuple[str, ...], row: Mapping[str, Any]) -> list[float]:
    if "probability" in row and len(classes) == 2:
        return [1.0 - row["probability"], row["probability"]]
    return [row[f"probability_{name}"] for name in classes]


def _region(found: Mapping[str, Any], *, is_classes: bool) -> str:
    if is_classes:
        return ", ".join(found["set"]) if found["set"] else "no label: the row is unlike any that was seen"
    low, high = (number(found[end]) if found[end] is not None else "no bound" for end in ("low", "high"))
    return f"{low} to {high}"


def _words(tried: Tried, features: pl.DataFrame, whole: float, says: Callable[[pl.DataFrame], np.ndarray]) -> tuple[Words, ...]:
    texts = [column.name for column in tried.columns if column.kind == "text"]
    return tuple(words for name in texts if (words := words_of(name, features, whole, says)) is not None)
