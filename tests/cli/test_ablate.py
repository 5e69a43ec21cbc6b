"""``assay ablate`` over a run folder: what it prints, keeps and refuses."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.commands import Command, table, write_csv

from assay.cli.main import run as run_command
from assay.study.cells import Outcome
from assay.study.folder import RunFolder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("ablate")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSAY_HOME", str(folder / "home"))
        data = write_csv(folder / "cancer.csv", table())
        words = ["run", str(data), "--target", "diagnosis", "--recipes", "naive-bayes,boosting,baseline", "--folds", "3"]
        assert run_command([*words, "--jobs", "1", "--out", str(folder / "run")]) == 0
        yield folder / "run"


def test_columns_are_answered_in_a_table_and_in_sentences(assay: Command, run: Path) -> None:
    said = assay(
        "ablate", run, "naive-bayes", "--columns", "--column", "mean_radius,mean_area", "--margin", "0.05", "--jobs", "1"
    )
    assert said.code == 0
    assert said.err.splitlines()[0].startswith("15 fits of naive-bayes with less; about ")
    lines = said.out.splitlines()
    assert lines[0].startswith("Can a column be dropped? naive-bayes: roc_auc 0.")
    assert any(line.lstrip().startswith("mean_area") and "yes, the same within the margin" in line for line in lines)
    assert any(
        line.startswith("Can be dropped, one at a time, within a margin of 0.05: mean_radius, mean_area") for line in lines
    )
    assert lines[-1].startswith("Kept in ")


def test_json_is_one_object_equal_each_time_and_what_the_run_keeps(assay: Command, run: Path) -> None:
    words = ("ablate", run, "boosting", "--sizes", "--rows", "--json", "--jobs", "1")
    found = assay(*words).object
    assert (found["schema"], found["name"], found["metric"], found["page"]) == (1, "boosting", "roc_auc", None)
    assert [one["kind"] for one in found["ablations"]] == ["rows", "sizes"]
    assert [line["name"] for line in found["ablations"][1]["tables"][1]["lines"]][-1] == "62 leaves of a tree"
    again = assay(*words)
    assert again.object == found
    fits = sum(one["fits"] for one in found["ablations"])
    assert again.err.splitlines()[0].startswith(f"{fits} fits of boosting with less, {fits} of them kept from before; about 0 s")
    assert {one.name for one in (run / "ablation").glob("boosting.*.json")} == {"boosting.rows.json", "boosting.sizes.json"}


def test_the_page_and_the_report_show_it(assay: Command, run: Path, tmp_path: Path) -> None:
    said = assay("ablate", run, "naive-bayes", "--steps", "--out", "page.html", "--jobs", "1")
    assert said.code == 0
    assert said.out.splitlines()[-1].endswith("; page: page.html.")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "What each step is worth" in page
    assert assay("report", run).code == 0
    report = (run / "report.html").read_text(encoding="utf-8")
    assert '<a href="#ablation">What is worth having</a>' in report
    assert "What each step is worth" in report


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ((), "say what to take away: --steps, --columns, --rows or --sizes (or several)."),
        (("--rows", "--jobs", "0"), "--jobs 0: at least 1."),
        (("--rows", "--out", "page.txt"), "--out page.txt: the page is HTML; name it page.html."),
        (("--columns", "--margin", "-1"), "margin=-1: how much of the metric counts as equal is above 0, such as 0.005."),
        (("--columns", "--column", "mean_radios"), "reads no column 'mean_radios'; did you mean 'mean_radius'?"),
        (
            ("naive-bayes", "--sizes"),
            "naive-bayes has no trees, rounds or layers that could be halved or doubled; ask of its rows",
        ),
        (("baseline", "--steps"), "baseline has no steps to take back; name another row of the leaderboard."),
        (("naive-bias", "--rows"), "no candidate 'naive-bias' in this study; did you mean 'naive-bayes'?"),
    ],
)
def test_bad_input_is_one_sentence(assay: Command, run: Path, words: tuple[str, ...], complaint: str) -> None:
    assert complaint in assay("ablate", run, *words).complaint


def test_ctrl_c_says_what_is_kept(assay: Command, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep, kept = RunFolder.keep, []

    def interrupted(self: RunFolder, outcome: Outcome) -> None:
        if len(kept) == 2:
            raise KeyboardInterrupt
        keep(self, outcome)
        kept.append(outcome.cell)

    monkeypatch.setattr(RunFolder, "keep", interrupted)
    said = assay("ablate", run, "baseline", "--rows", "--jobs", "1")
    assert said.code == 130
    last = said.err.splitlines()[-1]
    assert last.startswith("assay: stopped; 2 of ")
    assert last.endswith("The same command goes on from there.")


def test_a_folder_without_a_run_is_refused(assay: Command, tmp_path: Path) -> None:
    assert "is no run folder" in assay("ablate", tmp_path, "--rows").complaint
