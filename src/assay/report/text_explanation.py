"""The page that explains a model of texts: which words decided, what it gets wrong, which words weigh most.

Data objects in, one file out that loads nothing.  Colour is never alone: words that speak against are underlined otherwise,
strong words have their value beside them for whoever does not see it, and the strongest terms are listed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import assay
from assay.core.files import write_atomic
from assay.data.task import Task
from assay.explain.confused import Judged
from assay.explain.text_explanation import EXACT, ColumnPieces, TextExplanation, TextLook
from assay.report.language import ENGLISH
from assay.report.numbers import count, number, share
from assay.report.page import environment
from assay.report.pictures.attention import AttentionPicture, attention_pictures
from assay.report.text_words import GLOSSARY, WHY, answer

SECTIONS = (
    ("looks", "One text at a time"),
    ("wrong", "Texts it gets wrong"),
    ("classes", "Class by class"),
    ("weights", "Words that weigh most"),
)
READING = ("reading", "How to read this")
LEVELS = 5
SPOKEN_FROM = 3
"""Levels of strength; from this one on a word has its value in words beside it."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a text.  tone: "" or "for"/"against" with its strength, 1 … LEVELS.  value: in digits, for strong ones."""

    text: str
    tone: str
    value: str


@dataclass(frozen=True, slots=True)
class CellView:
    """column: "" where there is but one."""

    column: str
    stretches: tuple[Stretch, ...]
    cut: str


@dataclass(frozen=True, slots=True)
class TextView:
    heading: str
    why: str
    right: bool | None
    truth: str
    said: str
    chance: str
    sum: str
    cells: tuple[CellView, ...]
    terms: tuple[tuple[str, str, str], ...]
    attention: AttentionPicture | None


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a list.  text: cut."""

    row: str
    text: str
    truth: str
    said: str
    chance: str


def write_text_explanation(found: TextExplanation, task: Task, title: str, path: Path, *, seed: int) -> None:
    """Write the page to ``path``, whole or not at all; equal content gives equal bytes.  Raises OSError."""
    write_atomic(path, render_text_explanation(found, task, title, seed=seed).encode())


def render_text_explanation(found: TextExplanation, task: Task, title: str, *, seed: int) -> str:
    """The page as text."""
    parts: dict[str, Any] = {
        "looks": [_look(one) for one in found.looks],
        "wrong": _wrong(found),
        "classes": [_class(one.name, one.rows, one.right, one.taken_for) for one in found.classes],
        "weights": [_weights(one.name, one.base, one.words) for one in found.weights if one.words],
    }
    view = {
        "w": ENGLISH,
        "title": title,
        "version": assay.__version__,
        "recipe": found.recipe,
        "target": task.target,
        "about": found.about,
        "weigher": found.weigher,
        "exact": any(one.method == EXACT for one in found.looks),
        "seed": seed,
        "answer": answer(found),
        "warnings": found.warnings,
        "left_out": found.left_out,
        "contents": [*(entry for entry in SECTIONS if parts[entry[0]]), READING],
        "glossary": GLOSSARY,
        **parts,
    }
    return environment().get_template("texts.html").render(**view)


def _look(look: TextLook) -> TextView:
    row = look.row
    strongest = max((abs(one.value) for cell in look.cells for one in cell.pieces if one.value is not None), default=0.0)
    alone = len(look.cells) == 1
    return TextView(
        heading=f"Row {row.unit}",
        why=WHY[look.why],
        right=None if row.truth is None else row.is_right,
        truth=_told(row.truth),
        said=_told(row.said),
        chance="" if row.chance is None else f"{row.chance:.3f}",
        sum=_sum(look),
        cells=tuple(_cell(cell, strongest, alone) for cell in look.cells),
        terms=tuple(
            (one.term if alone else f"{one.column}: {one.term}", f"{one.count} ×" if one.count > 1 else "", signed(one.value))
            for one in look.terms
        ),
        attention=None if look.attention is None else attention_pictures(look.attention, f"row-{row.unit}", heads=False)[0],
    )


def _sum(look: TextLook) -> str:
    """Where the score comes from, in one line."""
    against = f" against {look.against}" if look.against else ""
    what = "Value" if look.row.chance is None else f"Log odds{against}"
    if look.method != EXACT or look.base is None:
        return f"{what}: {signed(look.score)}. A word's number is by how much it falls without the word."
    of_terms = look.score - look.base
    elsewhere = f", of which {signed(look.elsewhere)} is carried by no word shown" if abs(look.elsewhere) >= 0.005 else ""
    return f"{what}: {signed(look.score)} = {signed(look.base)} without any word, and {signed(of_terms)} by its terms{elsewhere}."


def _cell(cell: ColumnPieces, strongest: float, alone: bool) -> CellView:
    stretches = []
    for one in cell.pieces:
        level = 0 if one.value is None or not strongest else round(LEVELS * abs(one.value) / strongest)
        tone = "" if not level or one.value is None else f"{'for' if one.value > 0 else 'against'} l{level}"
        value = signed(one.value) if one.value is not None and level >= SPOKEN_FROM else ""
        stretches.append(Stretch(one.text, tone, value))
    cut = f"… {count(cell.cut)} more characters are not shown." if cell.cut else ""
    return CellView("" if alone else cell.column, tuple(stretches), cut)


def signed(value: float) -> str:
    """With its sign, two decimals.

    >>> signed(0.5), signed(-1.234), signed(-0.001)
    ('+0.50', '−1.23', '0.00')
    """
    text = f"{value:+.2f}"
    return "0.00" if text in ("+0.00", "-0.00") else text.replace("-", "−")


def _told(value: str | float | None) -> str:
    return "" if value is None else value if isinstance(value, str) else number(value)


def _wrong(found: TextExplanation) -> dict[str, Any] | None:
    shown = found.gallery
    if shown is None or not shown.wrong:
        return None
    texts = found.gallery_texts
    return {
        "lead": f"{count(shown.wrongs)} of {count(shown.rows)} texts.",
        "rows": [_line(one, texts) for one in shown.wrong],
        "pairs": [
            {
                "title": f"{pair.truth} called {pair.said}",
                "count": f"{count(pair.count)} of {count(pair.of)}",
                "rows": [_line(one, texts) for one in pair.rows],
            }
            for pair in shown.pairs
        ],
        "more": f"Further pairs of classes that are confused: {count(shown.left_out)}." if shown.left_out else "",
    }


def _line(one: Judged, texts: Any) -> Line:
    chance = "" if one.chance is None else f"{one.chance:.3f}"
    return Line(f"row {one.unit}", texts.get(one.unit, ""), _told(one.truth), _told(one.said), chance)


def _class(name: str, rows: int, right: int, taken_for: tuple[str, int] | None) -> dict[str, str]:
    return {
        "name": name,
        "rows": count(rows),
        "right": share(right / rows) if rows else "–",
        "taken": "" if taken_for is None else taken_for[0],
        "times": "" if taken_for is None else count(taken_for[1]),
    }


def _weights(name: str, base: float, words: Sequence[tuple[str, float]]) -> dict[str, Any]:
    return {"name": name, "base": signed(base), "words": [(term, signed(weight)) for term, weight in words]}
