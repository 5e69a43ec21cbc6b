"""Where the lines of the small picture of a what-if curve go; the template only writes them down."""

from dataclasses import dataclass

import numpy as np

from assay.report.numbers import number, share
from assay.report.scale import Scale, Tick, scale_for
from assay.serve.studio.what_if import WhatIf

WIDTH, HEIGHT = 320.0, 132.0
LEFT, BOTTOM, TOP, RIGHT = 38.0, 18.0, 6.0, 8.0


@dataclass(frozen=True)
class Bar:
    """A level of a category.  at: per cent of the scale."""

    name: str
    at: float
    text: str
    is_here: bool


@dataclass(frozen=True)
class Mark:
    at: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Picture:
    """line: the points of a polyline; here: x and y of the row; rows, columns: grid lines with their words."""

    column: str
    line: str
    here: tuple[float, float] | None
    rows: tuple[Mark, ...]
    columns: tuple[Mark, ...]
    threshold: float | None
    bars: tuple[Bar, ...]
    bar_threshold: float | None
    words: str


def picture_of(found: WhatIf, *, is_share: bool, threshold: float | None) -> Picture:
    """is_share: the values are probabilities."""
    scale = Scale(0.0, 1.0, _shares()) if is_share else scale_for(found.values.tolist(), ticks=4)
    words = _words(found, is_share=is_share, threshold=threshold)
    if not found.ordered:
        bars = tuple(
            Bar(name, scale.at(value), _said(value, is_share=is_share), place == found.here)
            for place, (name, value) in enumerate(zip(found.texts, found.values.tolist(), strict=True))
        )
        return Picture(found.column, "", None, (), (), None, bars, None if threshold is None else scale.at(threshold), words)
    low, high = float(found.at[0]), float(found.at[-1])
    across = LEFT + (found.at - low) / (high - low) * (WIDTH - LEFT - RIGHT)
    up = [_up(scale, value) for value in found.values.tolist()]
    return Picture(
        found.column,
        " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across.tolist(), up, strict=True)),
        None if found.here is None else (round(float(across[found.here]), 1), up[found.here]),
        tuple(Mark(_up(scale, scale.low + tick.at / 100 * (scale.high - scale.low)), tick.text) for tick in scale.ticks),
        _ends(found, across),
        None if threshold is None else _up(scale, threshold),
        (),
        None,
        words,
    )


def _ends(found: WhatIf, across: np.ndarray) -> tuple[Mark, ...]:
    """Words at both ends and in the middle."""
    places = (0, len(found.at) // 2, len(found.at) - 1)
    return tuple(
        Mark(round(float(across[place]), 1), found.texts[place], anchor)
        for place, anchor in zip(places, ("start", "middle", "end"), strict=True)
    )


def _up(scale: Scale, value: float) -> float:
    return round(HEIGHT - BOTTOM - scale.at(value) / 100 * (HEIGHT - BOTTOM - TOP), 1)


def _shares() -> tuple[Tick, ...]:
    return tuple(Tick(100.0 * at, f"{100 * at:.0f} %") for at in (0.0, 0.5, 1.0))


def _said(value: float, *, is_share: bool) -> str:
    return share(value) if is_share else number(value)


def _words(found: WhatIf, *, is_share: bool, threshold: float | None) -> str:
    """What is to be seen, for whoever does not see it."""
    least, most = int(found.values.argmin()), int(found.values.argmax())
    ends = [f"{_said(float(found.values[place]), is_share=is_share)} at {found.texts[place]}" for place in (least, most)]
    if found.values[least] == found.values[most]:
        return f"the answer does not depend on it here: {_said(float(found.values[0]), is_share=is_share)} throughout"
    crossed = found.crossings(threshold)
    where = f"; it passes the threshold at about {', '.join(crossed[:3])}" if crossed else ""
    return f"lowest {ends[0]}, highest {ends[1]}{where}"
