"""The page that explains a model: what drives it, how, where it fails, whom it treats otherwise, one decision.

Data objects in, one file out that loads nothing.
"""

from pathlib import Path
from typing import Any

import assay
from assay.core.files import write_atomic
from assay.data.task import Task
from assay.explain.explanation import Explanation
from assay.report.explanation_parts import (
    curve_views,
    fairness_view,
    importance_view,
    interaction_views,
    row_view,
    shap_view,
    slice_views,
    wrong_views,
)
from assay.report.explanation_points import card_view, points_view
from assay.report.explanation_words import GLOSSARY, answer
from assay.report.language import ENGLISH
from assay.report.numbers import count
from assay.report.page import environment

SECTIONS = (
    ("importance", "What it rests on"),
    ("card", "The scorecard"),
    ("shap", "SHAP values"),
    ("curves", "How answers go with a column"),
    ("interactions", "Columns that act together"),
    ("slices", "Where it fails"),
    ("wrong", "The most wrong rows"),
    ("fairness", "Between groups"),
    ("row", "One decision"),
)
READING = ("reading", "How to read this")


def write_explanation(found: Explanation, task: Task, title: str, path: Path, *, seed: int) -> None:
    """Write the page to ``path``, whole or not at all; equal content gives equal bytes.  Raises OSError."""
    write_atomic(path, render_explanation(found, task, title, seed=seed).encode())


def render_explanation(found: Explanation, task: Task, title: str, *, seed: int) -> str:
    """The page as text."""
    parts: dict[str, Any] = {
        "importance": None if found.importances is None else importance_view(found.importances),
        "card": None if found.card is None else card_view(found.card),
        "shap": None if found.shap is None else shap_view(found.shap),
        "curves": curve_views(found.curves, task),
        "interactions": interaction_views(found.interactions),
        "slices": None if found.slices is None else slice_views(found.slices),
        "wrong": wrong_views(found.wrong, found.columns),
        "fairness": None if found.fairness is None else fairness_view(found.fairness),
        "row": None if found.row is None else row_view(found.row),
    }
    points = None if found.row is None or found.row.points is None else points_view(found.row.points)
    view = {
        "w": ENGLISH,
        "title": title,
        "version": assay.__version__,
        "recipe": found.recipe,
        "target": task.target,
        "about": found.about,
        "rows": count(found.rows),
        "seed": seed,
        "answer": answer(found),
        "warnings": found.warnings,
        "left_out": found.left_out,
        "contents": [*(entry for entry in SECTIONS if parts[entry[0]]), READING],
        "glossary": GLOSSARY,
        "points": points,
        **parts,
    }
    return environment().get_template("explanation.html").render(**view)
