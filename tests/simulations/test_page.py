"""What docs/coverage.md shows is what the project promises: the tables were written by a run that kept it."""

import pytest
from tests.simulations.table import PAGE
from tests.simulations.test_long import ASKED


def table(name: str) -> list[dict[str, str]]:
    """The rows of one table of the page, by the heads of its columns."""
    text = PAGE.read_text(encoding="utf-8")
    block = text.partition(f"<!-- {name} -->\n")[2].partition(f"\n<!-- end of {name} -->")[0]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[2:]]


def test_intervals_of_one_model_hold_in_93_to_97_of_100_cases() -> None:
    rows = table("model")
    assert {(row["n"], row["positives"]) for row in rows} >= {("200", "10 %"), ("1000", "50 %"), ("5000", "1 %")}
    assert all(93.0 <= float(row[name]) <= 97.0 for row in rows for name in ASKED)


def test_intervals_of_a_recipe_hold_in_92_of_100_cases_and_more() -> None:
    rows = table("recipe")
    assert len({row["stand-in"] for row in rows}) == 5
    assert all(float(row["roc_auc"]) >= 92.0 for row in [*rows, *table("repeated")])


def test_equal_recipes_are_seldom_called_different() -> None:
    rows = table("claims")
    for kind in ("two seeds, %", "any of five against the leader, %"):
        pooled = sum(float(row[kind]) * int(row["studies"]) for row in rows) / sum(int(row["studies"]) for row in rows)
        assert pooled <= 5.0
        assert max(float(row[kind]) for row in rows) <= 6.5


def test_a_difference_of_three_points_is_found_in_four_studies_of_five() -> None:
    (row,) = table("power")
    assert int(row["studies"]) >= 1000
    assert float(row["found, %"]) >= 80.0


@pytest.mark.parametrize("name", ["methods", "halves"])
def test_the_other_tables_are_there(name: str) -> None:
    assert table(name)
