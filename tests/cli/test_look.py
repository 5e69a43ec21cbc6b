"""``assay look``: what it prints and writes, and what it refuses before it reads."""

import json

import pytest
import typer
from typer.testing import CliRunner

from assay.cli.look import look
from assay.core.errors import ConfigError


@pytest.fixture
def run():
    app = typer.Typer()
    app.command()(look)

    def call(*words):
        return CliRunner().invoke(app, [str(word) for word in words])

    return call


def test_it_says_what_stands_out_with_a_line_for_each_column(run, cancer):
    done = run(cancer, "--target", "diagnosis")
    assert done.exit_code == 0, done.output
    assert "240" in done.output.splitlines()[0]
    for name in ("mean_radius", "mean_texture", "diagnosis (target)"):
        assert name in done.output
    assert "Most goes with the target:" in done.output
    assert "\u2068" not in done.output


def test_it_works_without_a_target_and_in_russian(run, cancer):
    done = run(cancer, "--language", "ru")
    assert done.exit_code == 0, done.output
    assert "Столбцы: 9" in done.output
    assert "целев" not in done.output


def test_json_is_one_object_and_the_page_is_written(run, cancer, tmp_path):
    done = run(
        cancer, "--target", "diagnosis", "--drop", "mean_area", "--kind", "mean_radius=category", "--json", "--out", "look.html"
    )
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["page"] == "look.html"
    assert {column["name"]: column["kind"] for column in told["columns"]}["mean_radius"] == "category"
    assert "mean_area" not in {column["name"] for column in told["columns"]}
    assert "A look at the data" in (tmp_path / "look.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("words", [("--language", "de"), ("--out", "look.pdf"), ("--out", "nowhere/look.html")])
def test_a_page_that_cannot_be_is_refused_before_the_file_is_read(run, words):
    done = run("there-is-no-such-file.csv", *words)
    assert isinstance(done.exception, ConfigError)
    assert words[1] in str(done.exception)
