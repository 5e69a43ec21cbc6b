"""Pictures that a study's leader is most wrong about, and those it confuses, as the page shows them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from assay.core.errors import DataError
from assay.data.images import decode, picture_size
from assay.explain.confused import Gallery, Judged, gallery, judged
from assay.report.language import ENGLISH, Words
from assay.report.thumbnails import SIDE, Thumbnail, thumbnail

if TYPE_CHECKING:
    from assay.data.dataset import Dataset
    from assay.study.result import StudyResult

Entry = TypeVar("Entry")

MOST_WRONG, MOST_PAIRS, MOST_EACH = 24, 15, 4
MOST_BYTES = 900_000
"""Of all thumbnails together, so that a page stays below 2 MB; pictures beyond it are named without being shown."""


@dataclass(frozen=True, eq=False)
class Pictures:
    """name: the row of the leaderboard.  thumbnails: by row number; one that cannot be opened any more is absent."""

    name: str
    found: Gallery
    thumbnails: Mapping[int, Thumbnail]
    is_classification: bool = True


@dataclass(frozen=True, slots=True)
class Tile:
    """A picture and its words.  picture: None where it cannot be shown.  alt: what it is, for whoever does not see it."""

    picture: Thumbnail | None
    alt: str
    row: str
    truth: str
    said: str
    chance: str


@dataclass(frozen=True, slots=True)
class PairView(Generic[Entry]):
    title: str
    count: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class GalleryView(Generic[Entry]):
    lead: str
    wrong: tuple[Entry, ...]
    pairs: tuple[PairView[Entry], ...]
    more_pairs: str


def pictures_of_study(result: "StudyResult") -> Pictures | None:
    """Of the leader's out-of-fold predictions of the first repeat; None where no column holds pictures or nothing was measured.

    Locked rows are in no fold, so that none is ever shown.
    """
    data, name = result.data, result.winner
    column = next((one.name for one in data.schema.features if one.kind == "image"), None)
    if column is None or name is None:
        return None
    found = gallery(first_answers(result, name), data.question, most_wrong=MOST_WRONG, most_pairs=MOST_PAIRS, most_each=MOST_EACH)
    thumbnails = {unit: one for unit, one in _thumbnails(data, column, found.units).items() if one is not None}
    return Pictures(name, found, thumbnails, data.question.is_classification)


def first_answers(result: "StudyResult", name: str) -> list[Judged]:
    """Every row of the first repeat, answered by a model of this candidate that had not seen it."""
    parts = result.parts[name]
    first = min(part.repeat for part in parts)
    return [one for part in parts if part.repeat == first for one in judged(part, result.data.question)]


def _thumbnails(data: "Dataset", column: str, units: list[int]) -> dict[int, Thumbnail | None]:
    shown: dict[int, Thumbnail | None] = {}
    if not units:
        return shown
    spent = 0
    for unit in units:
        pixels = _pixels(data, column, unit)
        one = None if pixels is None else thumbnail(pixels, SIDE)
        spent += 0 if one is None else len(one.uri)
        if spent > MOST_BYTES:
            break
        shown[unit] = one
    return shown


def _pixels(data: "Dataset", column: str, unit: int) -> np.ndarray | None:
    """uint8 (h, w, channels), or None for a picture that cannot be opened: the page then says so in its place."""
    series = data.frame[column][[unit]]
    try:
        channels = picture_size(series)[2]
        return np.asarray(decode(series, size=None, channels=1 if channels == 1 else 3)[0])
    except DataError:
        return None


def gallery_view(pictures: Pictures | None, w: Words = ENGLISH) -> GalleryView[Tile] | None:
    """None where there is nothing to show."""
    if pictures is None or not pictures.found.rows:
        return None
    lead = lead_of(pictures.name, pictures.found, "gallery", w, is_classification=pictures.is_classification)
    return section(pictures.found, lead, lambda one: tile(one, pictures.thumbnails.get(one.unit), w), w)


def lead_of(name: str, found: Gallery, what: str, w: Words, *, is_classification: bool) -> str:
    """How often this candidate is wrong, in a sentence.  what: begins the keys of its phrases."""
    if not is_classification:
        return w(f"{what}-lead-values", w.name(name), w.count(found.rows))
    key = f"{what}-lead" if found.wrongs else f"{what}-lead-none"
    return w(key, w.name(name), w.count(found.wrongs), w.count(found.rows))


def section(found: Gallery, lead: str, entry: Callable[[Judged], Entry], w: Words) -> GalleryView[Entry]:
    """entry: what is shown of a row."""
    pairs = tuple(
        PairView(
            w("gallery-pair", w.name(pair.truth), w.name(pair.said)),
            w("gallery-pair-count", w.count(pair.count), w.count(pair.of)),
            tuple(map(entry, pair.rows)),
        )
        for pair in found.pairs
    )
    more = w("gallery-more", w.count(found.left_out)) if found.left_out else ""
    return GalleryView(lead, tuple(map(entry, found.wrong)), pairs, more)


def tile(one: Judged, picture: Thumbnail | None, w: Words = ENGLISH) -> Tile:
    """Its row number, truth, answer and probability, in the words of the page."""
    truth, said = told(one.truth, w), told(one.said, w)
    chance = "" if one.chance is None else w.fixed(one.chance, 3)
    row = w("gallery-row", one.unit)
    key = "gallery-alt-value" if one.chance is None else "gallery-alt"
    return Tile(picture, w(key, row, truth, said, chance), row, truth, said, chance)


def told(value: str | float | None, w: Words) -> str:
    """A class or a number in the words of the page."""
    return w("gallery-unknown") if value is None else value if isinstance(value, str) else w.number(value)
