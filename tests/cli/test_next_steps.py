"""What to do next is said as commands that fit the task."""

from pathlib import Path

import pytest

from assay.cli.results import print_next_of_finish


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ("binary", None),
        ("language-model", "assay complete 'my run/model' \"\""),
        ("spelling", "assay correct 'my run/model' texts.csv"),
    ],
)
def test_a_finished_model_is_told_with_the_commands_of_its_task(capsys, task, expected):
    print_next_of_finish(Path("my run"), "texts.csv", task)
    lines = [line.removeprefix("Next:").strip() for line in capsys.readouterr().out.splitlines()]
    assert lines[2] == "assay predict 'my run/model' texts.csv -o predictions.csv"
    assert lines[3:] == [*([expected] if expected else []), "assay serve 'my run/model'"]
