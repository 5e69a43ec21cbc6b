"""The inputs of a graph, one for each column, and what every encoder makes of them.

A number is float64 (n, 1), NaN where it is missing.  A category is text (n, 1), empty where it is missing; the words that
stand for a missing cell in a table stand for one here too.  Whatever encodes a category gives one row of numbers for each
level, one for a missing cell and one for all other texts: so it is asked for these once, and the graph looks them up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from assay.bundle.onnx.graph import ML_DOMAIN, Encoded, Graph
from assay.core.errors import ConfigError
from assay.data.schema import Column, Schema
from assay.data.values import MISSING
from assay.prepare.bins import BinnedNumber
from assay.prepare.categories import OneHot
from assay.prepare.columns import FittedColumns
from assay.prepare.encoder import Encoder
from assay.prepare.gaps import FilledNumber
from assay.prepare.logs import LogNumber
from assay.prepare.numbers import CLIP, LARGEST, PlainNumber, ScaledNumber
from assay.prepare.quantiles import QuantileNumber
from assay.prepare.robust import BEND, FARTHEST, RobustNumber
from assay.prepare.step import FittedStep

OUTPUTS = ("probability", "label", "value")
LARGEST_TABLE = 50_000_000
"""Cells of the table of a category's levels."""


@dataclass(frozen=True)
class Inputs:
    """columns: those that the model reads.  names: of their inputs."""

    columns: dict[str, Column]
    names: dict[str, str]


def inputs_of(schema: Schema, read: frozenset[str]) -> Inputs:
    """The inputs of the columns in ``read``; of all that can be one where the model reads none.

    An input is called as its column, with "input " before it where that is the name of an output or empty.
    Raises ConfigError where a column of another kind is read.
    """
    columns = {c.name: c for c in schema.features if c.name in read or (not read and c.kind in ("number", "category"))}
    for column in columns.values():
        if column.kind not in ("number", "category"):
            raise ConfigError(
                f"column {column.name!r} is of kind {column.kind}, and an ONNX export takes numbers and categories only; "
                f"train without it (--drop {column.name}) to export."
            )
    if not columns:
        raise ConfigError("the model has no column that is a number or a category, so an ONNX export would have no input.")
    names: dict[str, str] = {}
    for name in columns:
        called = name if name and name not in OUTPUTS else f"input {name}"
        while called in names.values() or (called != name and called in columns):
            called = f"input {called}"
        names[name] = called
    return Inputs(columns, names)


def prefix_for(inputs: Inputs) -> str:
    """What no input begins with."""
    prefix = "#"
    while any(name.startswith(prefix) for name in inputs.names.values()):
        prefix += "#"
    return prefix


def zeros_of(graph: Graph, inputs: Inputs) -> str:
    """(n, 1), whatever the cells."""
    name, column = next(iter(inputs.columns.items()))
    if column.kind == "number":
        return graph.where(graph.add("IsNaN", inputs.names[name]), 0.0, 0.0)
    return graph.times(graph.number(_index(graph, inputs.names[name], ())), 0.0)


def encoded(graph: Graph, inputs: Inputs, step: FittedStep, zeros: str) -> Encoded:
    """What a fitted preparation makes of the inputs. Raises ConfigError for one that has no export."""
    if not isinstance(step, FittedColumns):
        raise ConfigError(
            f"the preparation {step.state().get('kind')!r} has no ONNX export; one that encodes each column by itself has."
        )
    parts, plain, width = [], {}, 0
    for name, encoder in zip(step.names, step.encoders, strict=True):
        own = sum(part.width for part in encoder.parts)
        if not own:
            continue
        if isinstance(encoder, PlainNumber):
            plain[width] = name
        parts.append(_column(graph, inputs, name, encoder))
        width += own
    return Encoded(graph.joined(parts) if parts else None, zeros, plain)


def _column(graph: Graph, inputs: Inputs, name: str, encoder: Encoder) -> str:
    if type(encoder) in _NUMBERS:
        graph.points.setdefault(name, []).extend(_points(encoder))
        return _number(graph, encoder, inputs.names[name])
    levels = getattr(encoder, "levels", None)
    if inputs.columns[name].kind != "category" or levels is None:
        raise ConfigError(
            f"column {name!r} is prepared by {encoder.KIND}, which has no ONNX export; prepare it otherwise, such as by one-hot."
        )
    if "" in levels:
        raise ConfigError(f"column {name!r} has an empty text among its levels, which stands for a missing cell in ONNX.")
    index = _index(graph, inputs.names[name], levels)
    if isinstance(encoder, OneHot):
        return _one_hot(graph, encoder, index)
    cells = pl.Series(name, [*levels, None, unseen(levels)], dtype=pl.String)
    table = np.asarray(encoder.transform(cells), dtype=np.float64)
    if table.size > LARGEST_TABLE:
        raise ConfigError(
            f"column {name!r} would take a table of {table.size:,} numbers; an ONNX export takes {LARGEST_TABLE:,}."
        )
    return graph.looked_up(table, index)


def unseen(levels: tuple[str, ...]) -> str:
    """A text that is no level."""
    word = "(unseen)"
    while word in levels:
        word += ")"
    return word


def _index(graph: Graph, name: str, levels: tuple[str, ...]) -> str:
    """int64 (n, 1): the place of the level; then one for a missing cell, one for any other text."""
    missing = [word for word in MISSING if word not in levels]
    keys = [*levels, *missing]
    values = [*range(len(levels)), *[len(levels)] * len(missing)]
    attributes = {"keys_strings": keys, "values_int64s": values, "default_int64": len(levels) + 1}
    return graph.add("LabelEncoder", name, attributes=attributes, domain=ML_DOMAIN)


def _one_hot(graph: Graph, encoder: OneHot, index: str) -> str:
    """A table would have as many cells as levels squared."""
    rare = len(encoder.levels) if encoder.has_rare else -1
    missing = len(encoder.levels) + encoder.has_rare if encoder.has_missing else -1
    place = graph.looked_up(np.array([*range(len(encoder.levels)), missing, rare], dtype=np.int64), index)
    return graph.number(graph.add("Equal", place, graph.constant(np.arange(encoder.width)[None, :])))


# ---- numbers


def _flagged(graph: Graph, scaled: str, missing: str, flags: bool) -> str:
    return graph.joined([scaled, graph.number(missing)]) if flags else scaled


def _plain(graph: Graph, encoder: PlainNumber, x: str) -> str:  # noqa: ARG001
    return graph.clipped(x, -LARGEST, LARGEST)


def _scaled(graph: Graph, encoder: ScaledNumber, x: str) -> str:
    missing = graph.add("IsNaN", x)
    filled = graph.where(missing, encoder.fill, x)
    scaled = graph.clipped(graph.over(graph.minus(filled, encoder.mean), encoder.scale), -CLIP, CLIP)
    return _flagged(graph, scaled, missing, encoder.flags_missing)


def _robust(graph: Graph, encoder: RobustNumber, x: str) -> str:
    missing = graph.add("IsNaN", x)
    known = graph.clipped(graph.where(missing, encoder.center, x), -LARGEST, LARGEST)
    scaled = graph.clipped(graph.over(graph.minus(known, encoder.center), encoder.scale), -FARTHEST, FARTHEST)
    bend = graph.over(scaled, BEND)
    bent = graph.over(scaled, graph.add("Sqrt", graph.plus(graph.times(bend, bend), 1.0)))
    return _flagged(graph, bent, missing, encoder.flags_missing)


def _log(graph: Graph, encoder: LogNumber, x: str) -> str:
    away = graph.minus(graph.clipped(x, -LARGEST, LARGEST), encoder.shift)
    logs = graph.times(graph.add("Sign", away), graph.log1p(graph.over(graph.add("Abs", away), encoder.unit)))
    return _scaled(graph, encoder.scaled, logs)


def _quantile(graph: Graph, encoder: QuantileNumber, x: str) -> str:
    missing = graph.add("IsNaN", x)
    known = graph.clipped(graph.where(missing, encoder.fill, x), -LARGEST, LARGEST)
    score = _normal_score(graph, graph.interpolated(known, encoder.values, encoder.shares))
    return _flagged(graph, score, missing, encoder.flags_missing)


def _binned(graph: Graph, encoder: BinnedNumber, x: str) -> str:
    place = graph.step(graph.clipped(x, -LARGEST, LARGEST), encoder.edges)
    last = graph.constant(np.array(len(encoder.edges) + 1))
    return graph.looked_up(encoder.weights, graph.where(graph.add("IsNaN", x), last, place))


def _filled(graph: Graph, encoder: FilledNumber, x: str) -> str:
    missing = graph.add("IsNaN", x)
    inner = _number(graph, encoder.inner, graph.where(missing, encoder.fill or 0.0, x))
    if encoder.fill is None:
        return graph.where(missing, float("nan"), inner)
    return _flagged(graph, inner, missing, encoder.flags_missing)


_NUMBERS: dict[type, Callable[[Graph, Any, str], str]] = {
    PlainNumber: _plain,
    ScaledNumber: _scaled,
    RobustNumber: _robust,
    LogNumber: _log,
    QuantileNumber: _quantile,
    BinnedNumber: _binned,
    FilledNumber: _filled,
}


def _number(graph: Graph, encoder: Encoder, x: str) -> str:
    return _NUMBERS[type(encoder)](graph, encoder, x)


def _points(encoder: Any) -> list[float]:
    """Numbers of the column's own unit at which the encoder bends, and some on both sides."""
    match encoder:
        case ScaledNumber():
            return [
                encoder.fill,
                *(encoder.mean + reach * encoder.scale for reach in (-2 * CLIP, -CLIP, -1, 0, 1, CLIP, 2 * CLIP)),
            ]
        case RobustNumber():
            return [encoder.center + reach * encoder.scale for reach in (-9, -1, 0, 1, 9)]
        case LogNumber():
            return [encoder.shift + reach * encoder.unit for reach in (-100, -1, 0, 1e-9, 1, 100)]
        case QuantileNumber():
            ends = [encoder.values[0] - 1, encoder.values[-1] + 1]
            return [encoder.fill, *encoder.values.tolist(), *((encoder.values[1:] + encoder.values[:-1]) / 2).tolist(), *ends]
        case BinnedNumber():
            return list(encoder.edges.tolist())
        case FilledNumber():
            return [encoder.fill or 0.0, *_points(encoder.inner)]
        case _:
            return []


_CENTRE = (
    (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457),
    (13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608),
    (5226.495278852854561, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867),
    (5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0),
)
_SIDE = (
    (7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258),
    (3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734),
    (1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459),
    (0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1.0),
)
_TAIL = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386, 0.026532189526576123093),
    (0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772),
    (2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4),
    (0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1.0),
)


def _normal_score(graph: Graph, share: str) -> str:
    """The normal quantile of shares within (0, 1), to 1 in 10^16.  Source: Wichura (1988), algorithm AS 241."""

    def ratio(r: str, of: tuple[tuple[float, ...], ...]) -> str:
        return graph.over(_polynomial(graph, r, of[0] + of[1]), _polynomial(graph, r, of[2] + of[3]))

    q = graph.minus(share, 0.5)
    centre = graph.times(q, ratio(graph.minus(0.180625, graph.times(q, q)), _CENTRE))
    upper = graph.add("Greater", q, 0.0)
    r = graph.add("Sqrt", graph.add("Neg", graph.add("Log", graph.where(upper, graph.minus(1.0, share), share))))
    side, tail = ratio(graph.minus(r, 1.6), _SIDE), ratio(graph.minus(r, 5.0), _TAIL)
    outer = graph.where(graph.add("Greater", r, 5.0), tail, side)
    outer = graph.where(upper, outer, graph.add("Neg", outer))
    return graph.where(graph.add("Greater", graph.add("Abs", q), 0.425), outer, centre)


def _polynomial(graph: Graph, x: str, coefficients: tuple[float, ...]) -> str:
    """By Horner's rule, the highest power first."""
    found = graph.plus(graph.times(x, coefficients[0]), coefficients[1])
    for coefficient in coefficients[2:]:
        found = graph.plus(graph.times(found, x), coefficient)
    return found
