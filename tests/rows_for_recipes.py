"""Rows that every recipe of the registry can learn from."""

import numpy as np
import polars as pl

from assay.data.question import LANGUAGE
from assay.recipes.registry import RECIPES

ROWS = 90
ASKED: dict[str, dict[str, object]] = {
    "ordinal": {"order": ["late", "never", "paid"]},
    "counts": {"task": "counts"},
    "ranking": {"task": "ranking", "group": "shop"},
    "language-model": {"task": "language-model"},
    "translation": {"task": "translation"},
    "spelling": {"task": "spelling"},
    "rewriting": {"task": "rewriting"},
    "entities": {"task": "entities"},
    "tagging": {"task": "tagging"},
}
"""How the data of a special task is read."""


def task_of(recipe: str) -> str:
    """The first of the tasks that the recipe answers."""
    return next(task for task in ("binary", "multiclass", "regression", *ASKED) if task in RECIPES.get(recipe).tasks)


def is_language(recipe: str) -> bool:
    return task_of(recipe) in LANGUAGE


def texts(task: str) -> pl.DataFrame:
    """A text in each row, English and Russian, and what a language task asks of it."""
    random = np.random.default_rng(5)
    words = np.array(["the", "cat", "saw", "Perm", "кот", "видел", "Омск", "и"])
    rows = [random.choice(words, random.integers(2, 7)) for _ in range(ROWS)]
    letter = [" ".join(row) for row in rows]
    if task in ("tagging", "entities"):
        paid = [" ".join("B-TOWN" if word in ("Perm", "Омск") else "O" for word in row) for row in rows]
    elif task == "spelling":
        paid = letter
        letter = [text.replace("saw", "swa").replace("видел", "ведел") if row % 3 else text for row, text in enumerate(letter)]
    elif task == "language-model":
        paid = letter
    else:
        paid = [" ".join(word.upper() for word in row) for row in rows]
    return pl.DataFrame({"letter": letter, "paid": paid})


def table(recipe: str) -> pl.DataFrame:
    """Rows that every kind of recipe finds its columns in; pictures only for those that need them."""
    if is_language(recipe):
        return texts(task_of(recipe))
    random = np.random.default_rng(5)
    y = np.arange(ROWS) % 2
    words = [["late", "unpaid", "долг", "warning"], ["paid", "steady", "зарплата", "saved"]]
    answers = {
        "binary": np.where(y == 1, "yes", "no"),
        "multiclass": np.array(["late", "never", "paid"])[np.arange(ROWS) % 3],
        "regression": 10.0 * y + random.normal(size=ROWS),
    }
    answers |= {"ordinal": answers["multiclass"], "counts": np.abs(answers["regression"]).round() + 1, "ranking": y}
    columns = {
        "income": random.normal(size=ROWS) + y,
        "years": [None if row % 11 == 0 else float(row % 7) for row in range(ROWS)],
        "town": [["Perm", "Омск", None][row % 3] for row in range(ROWS)],
        "letter": [" ".join(random.choice(words[label], size=6)) + f" case number {row}" for row, label in enumerate(y)],
        "paid": answers[task_of(recipe)],
    }
    if task_of(recipe) == "ranking":
        columns["shop"] = np.arange(ROWS) // 6
    if "image" in RECIPES.get(recipe).needs:
        columns["photo"] = random.integers(0, 120, (ROWS, 12, 12), dtype=np.uint8) + (y * 120).astype(np.uint8)[:, None, None]
    return pl.DataFrame(columns)
