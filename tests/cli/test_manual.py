"""Every command has a manual: examples that its own grammar takes, and a Python call that exists."""

import importlib
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from assay.cli.completing import families, list_of, names_of
from assay.cli.console import PLAIN_WIDTH
from assay.cli.main import app, run
from assay.cli.manual import MANUAL, epilog


def commands(group: object, prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield prefix + name, command


ROOT = typer.main.get_command(app)
COMMANDS = dict(commands(ROOT))


def options_of(command: object) -> set[str]:
    return {option for param in command.params for option in param.opts}  # type: ignore[attr-defined]


def test_the_manual_is_of_the_commands_that_there_are() -> None:
    assert MANUAL.keys() == COMMANDS.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_each_example_is_taken_by_the_grammar_of_its_command(name: str) -> None:
    assert MANUAL[name].examples
    for _, line in MANUAL[name].examples:
        words = shlex.split(line)
        assert words[: 1 + len(name.split())] == ["assay", *name.split()]
        made = COMMANDS[name].make_context(name, words[1 + len(name.split()) :])  # type: ignore[attr-defined]
        assert made.params


@pytest.mark.parametrize("name", MANUAL)
def test_what_the_manual_calls_in_python_exists(name: str) -> None:
    found: object = None
    parts = MANUAL[name].name.split(".")
    for size in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:size]))
        except ModuleNotFoundError:
            continue
        for part in parts[size:]:
            found = getattr(found, part)
        break
    assert callable(found)
    last = parts[-1]
    assert last in MANUAL[name].python, f"{last} is not what {MANUAL[name].python!r} calls"


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_examples_and_the_first_sentence_fits_the_list(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*name.split(), "--help"]) == 0
    shown = capsys.readouterr().out
    for line in epilog(name).splitlines():
        if line.startswith("  "):
            assert line.strip() in shown
    first = COMMANDS[name].help.split("\n", 1)[0]  # type: ignore[attr-defined]
    assert len(first) <= 58, first
    assert first.endswith(".")


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - {"serve", "studio"}))
def test_every_command_that_ends_prints_json_on_request(name: str) -> None:
    assert "--json" in options_of(COMMANDS[name])


def test_tab_completes_names_also_behind_a_comma() -> None:
    assert "logistic,boosting" in list_of("recipes")("logistic,boo")
    assert "smote" in list_of("treatments")("smo")
    assert names_of("metrics")("roc") == ["roc_auc"]
    assert families("rec") == ["recipes"]
    assert names_of("demos")("loan") == ["loanapp"]
    assert list_of("preparations")("one-h") == ["one-hot"]


def test_the_shell_asks_for_completions_and_gets_them() -> None:
    environment = {
        **os.environ,
        "_ASSAY_COMPLETE": "complete_bash",
        "COMP_WORDS": "assay run x.csv --recipes ridge,log",
        "COMP_CWORD": "4",
    }
    done = subprocess.run([sys.executable, "-m", "assay"], capture_output=True, text=True, env=environment, check=False)
    assert "ridge,logistic" in done.stdout.split(), done.stderr


def test_quiet_takes_notes_away_and_leaves_results_and_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "rows.csv"
    table.write_text("x,y\n" + "".join(f"{row},{'ab'[(row * row // 7) % 2]}\n" for row in range(60)))
    words = ["run", str(table), "--target", "y", "--recipes", "baseline", "--folds", "3", "--jobs", "1", "--out"]
    assert run([*words, str(tmp_path / "loud")]) == 0
    loud = capsys.readouterr()
    assert run([*words, str(tmp_path / "quiet"), "--quiet"]) == 0
    quiet = capsys.readouterr()
    assert loud.err
    assert quiet.err == ""
    assert "baseline" in quiet.out
    assert run(["-q", "run", str(table), "--target", "z"]) == 2
    assert "no column 'z'" in capsys.readouterr().err


def test_a_pipe_gets_no_colours_and_a_terminal_no_more_columns_than_it_has(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "assay", "list", "metrics"]
    piped = subprocess.run(words, capture_output=True, check=True)
    assert b"\x1b" not in piped.stdout
    assert PLAIN_WIDTH > 80
