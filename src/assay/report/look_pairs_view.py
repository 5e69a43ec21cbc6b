"""How columns go together, as the template shows it: the strongest pairs, pictures of some, and matrices with shaded cells."""

from typing import Any

import numpy as np

from assay.report.language import Words
from assay.report.look import Cloud, Look
from assay.report.pictures.canvas import Drawing
from assay.report.pictures.look_scatter import scatter_picture

STRONGEST, MATRIX = 12, 20


def pairs_view(look: Look, w: Words) -> dict[str, Any]:
    pairs = look.pairs
    places = {column.name: place for place, column in enumerate(look.columns, 1)}
    strongest = [
        {
            "a": pair.a,
            "b": pair.b,
            "measure": w(pair.measure),
            "value": w.two(pair.value),
            "size": round(100 * abs(pair.value), 1),
        }
        for pair in pairs.strongest(STRONGEST)
    ]
    both = _with_upper(pairs.pearson, pairs.spearman)
    strong = np.fmax(np.abs(pairs.pearson), np.abs(pairs.spearman))
    numbers, categories = _kept(strong, pairs.ratio), _kept(pairs.cramers_v, pairs.ratio.T)
    square = (
        ("matrix-numbers", both, numbers, numbers, (pairs.numbers, pairs.numbers)),
        ("matrix-categories", pairs.cramers_v, categories, categories, (pairs.categories, pairs.categories)),
        ("matrix-mixed", pairs.ratio, numbers, categories, (pairs.numbers, pairs.categories)),
    )
    matrices = []
    for key, values, rows, columns, (down, across) in square:
        if len(rows) < (1 if key == "matrix-mixed" else 2) or len(columns) == 0:
            continue
        kept = values[np.ix_(rows, columns)]
        some = w("matrix-some", w.count(len(rows)), w.count(len(down))) if len(rows) < len(down) else ""
        matrices.append(
            {
                "heading": w(key),
                "some": some,
                "across": [{"place": places[across[column]], "name": across[column]} for column in columns],
                "lines": [
                    {"place": places[down[row]], "name": down[row], "cells": [_cell(value, w) for value in line]}
                    for row, line in zip(rows, kept.tolist(), strict=True)
                ],
            }
        )
    left = w("pairs-left", w.count(pairs.left_out)) if pairs.left_out else ""
    figures = [_figure(look, cloud, place, w) for place, cloud in enumerate(look.clouds)]
    return {"strongest": strongest, "matrices": matrices, "left": left, "figures": figures}


def _with_upper(lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """np.tril and np.triu would carry NaN over."""
    found = np.where(np.tri(len(lower), k=-1, dtype=bool), lower, upper)
    np.fill_diagonal(found, np.nan)
    return np.asarray(found)


def _kept(own: np.ndarray, other: np.ndarray) -> list[int]:
    """The columns with the strongest pairs, in their order.  own: (k, k), with each other; other: (k, m), with another kind."""
    k = len(own)
    if k == 0:
        return []
    apart = np.where(np.eye(k, dtype=bool), np.nan, np.abs(own))
    both = np.concatenate([apart, np.abs(other).reshape(k, -1), np.zeros((k, 1))], axis=1)
    best = np.nanmax(both, axis=1)
    return sorted(np.argsort(-best, kind="stable")[:MATRIX].tolist())


def _cell(value: float, w: Words) -> dict[str, Any]:
    if np.isnan(value):
        return {"text": "", "part": "0", "negative": False}
    text = w.two(value).replace("0.", ".", 1)  # the comma of another language keeps its nought
    return {"text": text, "part": f"{abs(value):.2f}", "negative": value < 0}


def _figure(look: Look, cloud: Cloud, place: int, w: Words) -> dict[str, Any]:
    a, b = w.name(cloud.pair.a), w.name(cloud.pair.b)
    said = w("across-up", a, b, w(cloud.pair.measure), w.two(cloud.pair.value))
    drawn = len(cloud.x)
    said += " " + (
        w("drawn-all", w.count(drawn)) if drawn == cloud.rows else w("drawn-some", w.count(drawn), w.count(cloud.rows))
    )
    is_hot = None
    if cloud.hue is not None and drawn:
        is_hot = cloud.hue > (0.5 if look.classes else float(np.median(cloud.hue)))
        name = w.name(look.positive if look.positive is not None else look.target or "")
        said += " " + w("hue-class" if look.classes else "hue-number", name)
    drawing = Drawing(f"pair-{place + 1}", f"{a} – {b}", said, 3.6, 2.7)
    return {"a": cloud.pair.a, "b": cloud.pair.b, "svg": scatter_picture(drawing, cloud, is_hot), "caption": said}
