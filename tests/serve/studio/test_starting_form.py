"""What a form says, as an address and as a command line: nothing is lost or taken for something else on the way."""

import shlex
from typing import Any
from urllib.parse import parse_qsl

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.cli.main import app as command_line_app
from assay.cli.reading import Reading, reading
from assay.serve.studio.starting_form import ROLES, SETTABLE_KINDS, Asked, command_line

TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r"), min_size=1, max_size=12).filter(
    lambda text: text.strip() == text
)
PAIRS = st.dictionaries(TEXT, st.sampled_from(SETTABLE_KINDS), max_size=4).map(lambda found: tuple(found.items()))


@settings(max_examples=50, deadline=None)
@given(
    data=TEXT,
    target=TEXT,
    kinds=PAIRS,
    recipes=st.lists(TEXT, max_size=3, unique=True).map(tuple),
    metric=TEXT,
    in_order=st.booleans(),
    roles=st.dictionaries(TEXT, st.sampled_from(ROLES), max_size=4).map(lambda found: tuple(found.items())),
)
def test_a_form_is_read_back_from_its_address(**said: Any) -> None:
    asked = Asked(**said)
    assert Asked.of(parse_qsl(asked.query(), keep_blank_values=True)) == asked


NAMES = ["age", "loan, old", 'say "no"', "--finish", "-", "a=b", "o'clock", "$(reboot)", "; rm -rf /", "ä ö", "*", "a\\b"]


def read_by_the_command_line(words: list[str]) -> Reading:
    """What ``assay run`` takes these words for."""
    command = typer.main.get_command(command_line_app).commands[words[0]]  # type: ignore[attr-defined]
    taken = command.make_context(words[0], words[1:]).params
    names = (
        "target",
        "task",
        "drop",
        "kind",
        "group",
        "time",
        "weight",
        "positive",
        "test",
        "split",
        "unlabelled",
        "memory",
        "order",
    )
    return reading(source=taken["data"], **{name: taken.get(name) for name in names})


@pytest.mark.parametrize("target", NAMES)
def test_the_command_line_reads_any_names_as_the_form_says_them(target: str) -> None:
    others = [name for name in NAMES if name != target]
    asked = Asked(
        data="/data/loans, 2024.csv",
        target=target,
        positive="--yes",
        kinds=tuple((name, "category") for name in others[:4]),
        roles=(*((name, "ignored") for name in others[3:]), (others[0], "group"), (others[1], "weight")),
        order="low,high" if target == "age" else "",
        name="x",
    )
    words = asked.to_run("/runs/x")
    assert shlex.split(command_line(words)) == ["assay", *words]
    got = read_by_the_command_line(words)
    assert (got.source, got.target, got.positive) == ("/data/loans, 2024.csv", target, "--yes")
    assert got.kinds == asked.kinds
    assert got.drop == asked.dropped
    assert (got.group, got.weight) == (others[0], others[1])


def test_settings_of_the_form_are_options_of_the_run() -> None:
    asked = Asked.of(
        [
            ("data", "/d.csv"),
            ("target", "y"),
            ("in_order", "1"),
            ("recipes", "logistic"),
            ("recipes", "forest"),
            ("more_recipes", "boosting:tpe@50 ,"),
            ("treatments", "smote"),
            ("more_treatments", "cost-weight@5,1"),
            ("cost_missed", "5"),
            ("cost_alarm", "1"),
            ("folds", "3"),
            ("repeats", "2"),
            ("seed", "-1"),
            ("copies", "group"),
            ("jobs", "1"),
            ("strict", "1"),
            ("metric", "f1"),
            ("budget", "3m"),
            ("unknown", "x"),
        ]
    )
    command = typer.main.get_command(command_line_app).commands["run"]  # type: ignore[attr-defined]
    taken = command.make_context("run", asked.to_run("/runs/x")[1:]).params
    expected = {
        "time": "@row",
        "recipes": "logistic,forest,boosting:tpe@50",
        "treatments": "smote,cost-weight@5,1",
        "cost": "5,1",
        "folds": 3,
        "repeats": 2,
        "seed": -1,
        "copies": "group",
        "jobs": 1,
        "strict": True,
        "metric": "f1",
        "budget": "3m",
        "out": "/runs/x",
        "finish": False,
    }
    assert {name: taken[name] for name in expected} == expected
