"""The page that explains a model of pictures: where it looked, what it confuses, what it learnt to see.

Data objects in, one file out that loads nothing; the same pictures as files of their own by ``picture_files``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import assay
from assay.core.files import write_atomic
from assay.data.task import Task
from assay.explain.picture_explanation import Near, PictureExplanation, PictureLook
from assay.report.gallery import GalleryView, PairView, Tile, tile
from assay.report.language import ENGLISH
from assay.report.numbers import count
from assay.report.page import environment
from assay.report.picture_words import GLOSSARY, WHY, answer
from assay.report.thumbnails import (
    Thumbnail,
    enlarged,
    filter_tiles,
    heated,
    map_tiles,
    png,
    signed,
    thumbnail,
    tiled,
)

SECTIONS = (
    ("looks", "One picture at a time"),
    ("wrong", "Pictures it gets wrong"),
    ("climbed", "What excites it"),
    ("maps", "Its maps"),
    ("filters", "Its first filters"),
)
READING = ("reading", "How to read this")
FILTERS_ABREAST = 16
TILE_SIDE = 48
GRID_SIDE = 960
"""Pixels of a grid of filters or maps at most: larger ones are shrunk."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One view of a picture.  alt: what is on it, for whoever does not see it."""

    title: str
    picture: Thumbnail
    alt: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LookView:
    heading: str
    why: str
    right: bool | None
    truth: str
    said: str
    chance: str
    panels: tuple[Panel, ...]
    near: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    title: str
    note: str
    picture: Thumbnail
    alt: str


def write_picture_explanation(found: PictureExplanation, task: Task, title: str, path: Path, *, seed: int) -> None:
    """Write the page to ``path``, whole or not at all; equal content gives equal bytes.  Raises OSError."""
    write_atomic(path, render_picture_explanation(found, task, title, seed=seed).encode())


def render_picture_explanation(found: PictureExplanation, task: Task, title: str, *, seed: int) -> str:
    """The page as text."""
    parts: dict[str, Any] = {
        "looks": [_look(one) for one in found.looks],
        "wrong": _wrong(found),
        "climbed": [_climbed(one.name, one.picture, one.first, one.last) for one in found.climbed],
        "maps": _map_grids(found),
        "filters": _filter_grid(found),
    }
    view = {
        "w": ENGLISH,
        "title": title,
        "version": assay.__version__,
        "recipe": found.recipe,
        "target": task.target,
        "about": found.about,
        "layer": found.layer,
        "baseline": found.baseline,
        "training": found.training,
        "seed": seed,
        "answer": answer(found),
        "warnings": found.warnings,
        "left_out": found.left_out,
        "contents": [*(entry for entry in SECTIONS if parts[entry[0]]), READING],
        "glossary": GLOSSARY,
        **parts,
    }
    return environment().get_template("pictures.html").render(**view)


def _look(look: PictureLook) -> LookView:
    said = tile(look.row, None)
    panels = [Panel("Picture", thumbnail(look.pixels), said.alt)]
    for title, pixels, alt in overlays(look):
        panels.append(Panel(title, thumbnail(pixels), f"{said.alt}; {alt}"))
    return LookView(
        heading=said.row,
        why=WHY[look.why],
        right=None if look.row.truth is None else look.row.is_right,
        truth=said.truth if look.row.truth is not None else "",
        said=said.said,
        chance=said.chance,
        panels=tuple(panels),
        near=tuple(_near(one) for one in look.near),
    )


def overlays(look: PictureLook) -> Iterator[tuple[str, np.ndarray, str]]:
    """(title, uint8 (h, w, 3), what is to be seen) of each map that was made of the picture."""
    if look.cam is not None:
        yield "Grad-CAM", heated(look.pixels, look.cam), f"Grad-CAM, strongest {place_of(look.cam)}"
    if look.integrated is not None:
        strongest = place_of(np.abs(look.integrated))
        yield "Integrated gradients", signed(look.pixels, look.integrated), f"integrated gradients, strongest {strongest}"
    if look.occluded is not None:
        strongest = place_of(np.maximum(look.occluded, 0.0))
        yield "Occlusion", signed(look.pixels, look.occluded), f"occlusion, strongest {strongest}"


def place_of(heat: np.ndarray) -> str:
    """Where most of a map is, in words: which ninth of the picture.

    >>> place_of(np.eye(9)[:, :1] * np.eye(9)[:1]), place_of(np.zeros((9, 9)))
    ('at the top left', 'nowhere')
    """
    if not heat.sum() > 0:
        return "nowhere"
    down, along = (np.array_split(np.arange(side), 3) for side in heat.shape)
    sums = np.array([[heat[np.ix_(rows, columns)].sum() for columns in along] for rows in down])
    row, column = np.unravel_index(int(sums.argmax()), sums.shape)
    names = (("top", "middle", "bottom")[int(row)], ("left", "middle", "right")[int(column)])
    return "in the middle" if names == ("middle", "middle") else f"at the {' '.join(names)}"


def _near(one: Near) -> Panel:
    label = one.label or "unknown class"
    alt = f"training row {one.unit}: {label}, cosine {one.similarity:.3f}"
    return Panel(label, thumbnail(one.pixels), alt, (f"{one.similarity:.3f}", f"row {one.unit}"))


def _wrong(found: PictureExplanation) -> GalleryView[Tile] | None:
    shown = found.gallery
    if shown is None or not shown.wrong:
        return None
    pictures = {unit: thumbnail(pixels) for unit, pixels in found.gallery_pixels.items()}
    wrong = tuple(tile(one, pictures.get(one.unit)) for one in shown.wrong)
    pairs = tuple(
        PairView(
            f"{pair.truth} called {pair.said}",
            f"{count(pair.count)} of {count(pair.of)}",
            tuple(_tiles(pair.rows, pictures)),
        )
        for pair in shown.pairs
    )
    more = f"Further pairs of classes that are confused: {count(shown.left_out)}." if shown.left_out else ""
    return GalleryView(f"{count(shown.wrongs)} of {count(shown.rows)} pictures.", wrong, pairs, more)


def _tiles(rows: Any, pictures: dict[int, Thumbnail]) -> Iterator[Tile]:
    for one in rows:
        yield tile(one, pictures.get(one.unit))


def _climbed(name: str, picture: np.ndarray, first: float, last: float) -> Panel:
    alt = f"a picture made to excite {name}: from {first:.3g} to {last:.3g}"
    return Panel(name, thumbnail(displayed(picture)), alt, (f"{first:.3g} → {last:.3g}",))


def displayed(picture: np.ndarray) -> np.ndarray:
    """uint8 (h, w, 1 or 3) of (channels, h, w)."""
    depth = 3 if len(picture) % 3 == 0 else 1
    return np.ascontiguousarray(picture[:depth].transpose(1, 2, 0))


def _map_grids(found: PictureExplanation) -> list[Grid]:
    rows = ", ".join(map(str, found.mapped))
    grids = []
    for one in found.maps:
        pictures, maps, height, width = one.values.shape
        note = f"{maps} maps of {height} × {width}, a line each of the rows {rows}"
        note += f"; {count(one.left_out)} further maps vary less" if one.left_out else ""
        alt = f"maps of {one.layer} for {pictures} pictures"
        grids.append(Grid(f"{one.layer} ({one.kind})", note, _grid(map_grid(one.values)), alt))
    return grids


def map_grid(values: np.ndarray) -> np.ndarray:
    """uint8 (h, w, 3) of maps (n, maps, h, w), a line a picture."""
    n, maps, height, width = values.shape
    tiles = map_tiles(values.reshape(n * maps, height, width))
    return tiled(_visible(tiles), maps)


def _filter_grid(found: PictureExplanation) -> Grid | None:
    filters = found.filters
    if filters is None:
        return None
    shown, channels, height, width = filters.weights.shape
    note = f"{shown} filters of {height} × {width} on {channels} channel{'s' if channels > 1 else ''}"
    if filters.left_out:
        note += f"; {count(filters.left_out)} further ones are not shown"
    return Grid(f"{filters.layer}", note, _grid(filter_grid(filters.weights)), f"filters of {filters.layer}")


def filter_grid(weights: np.ndarray) -> np.ndarray:
    """uint8 (h, w, 3)."""
    return tiled(_visible(filter_tiles(weights)), FILTERS_ABREAST)


def _visible(tiles: np.ndarray) -> np.ndarray:
    """Tiles (n, h, w, 3) with their pixels as squares, so large that they can be seen."""
    times = max(1, round(TILE_SIDE / max(tiles.shape[1:3])))
    return np.stack([enlarged(one, times) for one in tiles])


def _grid(pixels: np.ndarray) -> Thumbnail:
    return thumbnail(pixels, GRID_SIDE)


def picture_files(found: PictureExplanation) -> dict[str, bytes]:
    """PNG files by name: each picture with its maps and its nearest, the grids, and what excites classes and maps."""
    files: dict[str, bytes] = {}
    for look in found.looks:
        name = f"row-{look.row.unit}"
        files[f"{name}.png"] = png(look.pixels)
        for title, pixels, _ in overlays(look):
            files[f"{name}-{title.lower().replace(' ', '-')}.png"] = png(pixels)
        for number, one in enumerate(look.near, 1):
            files[f"{name}-nearest-{number}.png"] = png(one.pixels)
    for maps in found.maps:
        files[f"maps-{maps.layer.replace('.', '-')}.png"] = png(map_grid(maps.values))
    if found.filters is not None:
        files["filters.png"] = png(filter_grid(found.filters.weights))
    for number, climbed in enumerate(found.climbed, 1):
        files[f"excites-{number}.png"] = png(displayed(climbed.picture))
    return files
