"""Texts that a study's leader is most wrong about, and those it takes for another class, as the page shows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from assay.explain.confused import Gallery, Judged, gallery
from assay.report.gallery import GalleryView, first_answers, lead_of, section, told
from assay.report.language import ENGLISH, Words

if TYPE_CHECKING:
    from assay.data.dataset import Dataset
    from assay.study.result import StudyResult

MOST_WRONG, MOST_PAIRS, MOST_EACH = 15, 10, 3
MOST_SHOWN = 300
"""Characters of a text."""

BETWEEN = " · "
"""Texts of a row, where several columns hold some."""


@dataclass(frozen=True, eq=False)
class Texts:
    """name: the row of the leaderboard.  texts: by row number."""

    name: str
    found: Gallery
    texts: Mapping[int, str]
    is_classification: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    truth: str
    said: str
    chance: str
    row: str


def texts_of_study(result: "StudyResult") -> Texts | None:
    """Of the leader's out-of-fold predictions of the first repeat; None where the rows are no texts or nothing was measured.

    Locked rows are in no fold, so that none is ever shown.
    """
    data, name = result.data, result.winner
    if name is None or data.question.is_language or {column.kind for column in data.schema.features} != {"text"}:
        return None
    found = gallery(first_answers(result, name), data.question, most_wrong=MOST_WRONG, most_pairs=MOST_PAIRS, most_each=MOST_EACH)
    return Texts(name, found, _texts(data, found.units), data.question.is_classification)


def _texts(data: "Dataset", units: list[int]) -> dict[int, str]:
    columns = [pl.col(column.name).fill_null("") for column in data.schema.features]
    rows = data.frame[units].select(pl.concat_str(columns, separator=BETWEEN).str.strip_chars()).to_series()
    return dict(zip(units, rows.to_list(), strict=True))


def wrong_texts_view(shown: Texts | None, w: Words = ENGLISH) -> GalleryView[Line] | None:
    """None where there is nothing to show."""
    if shown is None or not shown.found.rows:
        return None
    lead = lead_of(shown.name, shown.found, "texts", w, is_classification=shown.is_classification)
    return section(shown.found, lead, lambda one: _line(one, shown.texts, w), w)


def _line(one: Judged, texts: Mapping[int, str], w: Words) -> Line:
    text = texts[one.unit]
    cut = text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 1].rstrip() + "…"
    chance = "" if one.chance is None else w.fixed(one.chance, 3)
    return Line(cut or w("texts-empty"), told(one.truth, w), told(one.said, w), chance, str(one.unit))
