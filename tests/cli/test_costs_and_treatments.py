"""``--cost`` and the treatment by costs, and ``threshold-only`` alone, from the command line to the reopened folder."""

from pathlib import Path

import pytest
from tests.cli.commands import Command

QUICK = ("--recipes", "logistic", "--folds", "3", "--jobs", "1")


def names(done) -> list[str]:
    return sorted(row["name"] for row in done.object["rows"])


def test_the_costs_of_the_command_are_those_of_cost_weight_and_are_said(assay: Command, cancer: Path) -> None:
    words = ("run", cancer, "--target", "diagnosis", "--treatments", "cost-weight", "--cost", "7,2", *QUICK, "--out", "run")
    done = assay(*words, "--json")
    assert names(done) == ["logistic", "logistic+cost-weight@7,2"]
    note = "cost-weight@7,2: rows weigh by what mistakes cost: 7 for a missed positive, 2 for a false alarm"
    assert note in done.object["treatments"]["sentences"]
    assert assay("report", "run").code == 0
    assert note in Path("run/report.html").read_text()
    assert "Use another --out" in assay(*words[:7], "5,1", *words[8:]).complaint


def test_costs_stand_in_a_list_of_treatments_as_they_are_spoken(assay: Command, cancer: Path) -> None:
    words = ("--treatments", "cost-weight@5,1,class-weight,cost-weight@2, 3", *QUICK, "--out", "run", "--json")
    found = names(assay("run", cancer, "--target", "diagnosis", *words))
    assert found == ["logistic", "logistic+class-weight", "logistic+cost-weight@2,3", "logistic+cost-weight@5,1"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--treatments", "cost-weight", "--cost", "5,0"], "cost 5,0 leaves a class without weight"),
        (["--treatments", "cost-weight@5"], "two numbers above 0"),
        (["--treatments", "cost-weight@5,0"], "two numbers above 0"),
        (["--treatments", "cost-weight@dear"], "two numbers above 0"),
        (["--treatments", "cost-weight@5,1,2"], "no treatment '2'"),
        (["--treatments", "effective-number@5"], "effective-number takes no ratio"),
        (["--treatments", "cost-weight,cost-weight@5,1", "--cost", "5,1"], "names 'cost-weight@5,1' twice"),
        (["--target", "mean_radius", "--cost", "5,1"], "only a binary task has a missed positive"),
    ],
)
def test_impossible_costs_are_said_in_one_line(assay: Command, cancer: Path, words: list[str], said: str) -> None:
    assert said in assay("run", cancer, "--target", "diagnosis", *words).complaint
    assert not Path("runs").exists()


def test_what_helped_is_in_the_report_that_is_drawn_again(assay: Command, cancer: Path) -> None:
    words = ("run", cancer, "--target", "diagnosis", "--treatments", "threshold-only", *QUICK, "--out", "run")
    out = assay(*words).out
    said = [line.strip() for line in out.partition("What helped:")[2].splitlines() if "threshold" in line]
    assert said, out
    for _ in range(2):
        assert said[0][:40] in Path("run/report.html").read_text()
        assert assay("report", "run").code == 0
