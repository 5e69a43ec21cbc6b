"""``assay recommend``: what it prints, keeps and writes, the lock, and what it refuses."""

import json

import numpy as np
import polars as pl
import pytest
from tests.cli.commands import Command
from tests.recipes.recommend.rows import taken_by_taste

QUICK = ["--user", "who", "--item", "film", "--folds", "2", "--rank", "4", "--recipes", "popularity,implicit-als"]


@pytest.fixture
def films(tmp_path):
    user, item, rating = taken_by_taste(users=80, taste=3.0)
    day = np.random.default_rng(0).permutation(len(user))
    rows = {"who": [f"u{one:02}" for one in user], "film": [f"f{one:02}" for one in item], "stars": rating, "day": day}
    pl.DataFrame(rows).write_csv(tmp_path / "films.csv")
    return "films.csv"


def test_a_table_becomes_a_leaderboard_a_report_a_model_and_lists(assay: Command, films, tmp_path):
    words = ["recommend", films, *QUICK, "--rating", "stars", "--time", "day", "--out", "run"]
    done = assay(*words, "--finish", "--top", 3, "-o", "lists.csv")
    assert done.code == 0, done.err
    assert "ndcg@10" in done.out
    assert "by ndcg@10" in done.out
    assert "This was the first opening of these rows." in done.out
    lists = pl.read_csv(tmp_path / "lists.csv")
    assert lists.columns == ["who", "rank", "film", "score", "known"]
    assert lists["who"].n_unique() == 80
    had = pl.read_csv(tmp_path / films).select("who", "film")
    assert lists.join(had, on=["who", "film"]).height == 0
    page = (tmp_path / "run" / "report.html").read_text()
    assert "The locked rows" in page
    kept = json.loads((tmp_path / "run" / "recommend.json").read_text())
    assert kept["test"]["openings"] == 1
    pl.DataFrame({"who": ["u03", "stranger"]}).write_csv(tmp_path / "ask.csv")
    asked = assay("recommend", "run/model", "--for", "ask.csv", "--top", 2)
    assert asked.code == 0, asked.err
    rows = asked.out.splitlines()
    assert rows[0] == "who,rank,film,score,known"
    assert [row.split(",")[0] for row in rows[1:]] == ["u03", "u03", "stranger", "stranger"]
    assert rows[1].split(",")[2] == lists.filter(pl.col("who") == "u03")["film"][0]


def test_one_object_says_it_all_the_same_each_time_and_a_second_question_is_a_second_opening(assay: Command, films):
    words = ["recommend", films, *QUICK, "--finish", "--json"]
    first, again = assay(*words).object, assay(*words).object
    for told in (first, again):
        for row in told["rows"]:
            assert row.pop("seconds") >= 0
    assert first == again
    assert first["test"]["openings"] == 1
    assert {row["name"] for row in first["rows"]} == {"popularity", "implicit-als"}
    assert first["rows"][0]["low"] < first["rows"][0]["value"] < first["rows"][0]["high"]
    assert first["verdicts"][0]["family"] == "against popularity"
    other = assay(*words, "--k", 5).object
    assert other["test"]["openings"] == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["films.csv", "--user", "who"], "--item"),
        (["films.csv", *QUICK, "-o", "lists.csv"], "--finish"),
        (["films.csv", *QUICK, "--finish", "-o", "lists.txt"], "lists.csv"),
        (["films.csv", *QUICK, "--for", "films.csv"], "saved model"),
        (["films.csv", *QUICK, "--k", "40"], "the table has 40 items"),
        (["films.csv", *QUICK, "--top", "0"], "at least 1"),
        (["films.csv", *QUICK[:-1], "popularty"], "did you mean 'popularity'"),
        (["films.csv", *QUICK, "--rating", "film"], "names one twice"),
        (["none.assay"], "no saved model"),
    ],
)
def test_what_cannot_be_answered_is_said_in_one_line(assay: Command, films, words, says):
    assert says in assay("recommend", *words).complaint
