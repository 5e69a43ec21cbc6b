"""``assay anomalies``, ``assay clusters`` and ``assay project``: what they print and write, and what they refuse."""

import json

import numpy as np
import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from assay.cli.anomalies import anomalies
from assay.cli.clusters import clusters
from assay.cli.project import project
from assay.core.errors import ConfigError, DataError, UnknownNameError

COMMANDS = {"anomalies": anomalies, "clusters": clusters, "project": project}


@pytest.fixture
def run():
    app = typer.Typer()
    for name, command in COMMANDS.items():
        app.command(name)(command)

    def call(*words):
        return CliRunner().invoke(app, [str(word) for word in words])

    return call


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """Two groups that their columns tell apart, and a column that says which."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    label = np.arange(160) % 2
    frame = {f"x{place}": 8.0 * label * (place < 2) + rng.normal(size=160) for place in range(3)}
    pl.DataFrame({**frame, "kind": np.array(["ash", "oak"])[label]}).write_csv("trees.csv")
    return "trees.csv"


def test_clusters_are_named_with_their_columns_and_compared_with_what_was_left_out(run, groups, tmp_path):
    done = run("clusters", groups, "--target", "kind", "--methods", "k-means", "-o", "who.csv")
    assert done.exit_code == 0, done.output
    assert "2 stable clusters by k-means" in done.output
    assert "With kind, which was left out: adjusted Rand index 1.0000" in done.output
    assert done.output.index("x0") < done.output.index("x2")
    written = pl.read_csv(tmp_path / "who.csv")
    assert written["row"].to_list() == list(range(1, 161))
    assert sorted(written["cluster"].unique()) == [1, 2]
    assert len({(row % 2, cluster) for row, cluster in written.iter_rows()}) == 2


def test_no_stable_clusters_is_an_answer(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pl.DataFrame(np.random.default_rng(0).normal(size=(150, 3)), schema=["a", "b", "c"]).write_csv("one.csv")
    done = run("clusters", "one.csv", "--methods", "k-means", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["stable"], told["chosen"], told["sizes"], told["columns"]) == (False, None, [], [])
    assert len(told["tried"]) == 9
    assert all(one["call"] != "stable" for one in told["tried"])
    assert "No stable clusters" in run("clusters", "one.csv", "--methods", "hdbscan", "--rows", "60").output


def test_the_oddest_rows_are_ranked_and_nothing_is_claimed(run, groups, tmp_path):
    lines = (tmp_path / groups).read_text().splitlines()
    lines[33] = "4,-30,25,ash"
    (tmp_path / groups).write_text("\n".join(lines) + "\n")
    done = run("anomalies", groups, "--detectors", "elliptic-envelope,pca-distance", "--json", "--show", "3", "-o", "odd.csv")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["oddest"][0]["row"] == 33
    assert {one["name"] for one in told["detectors"]} == {"elliptic-envelope", "pca-distance"}
    assert told["agreements"][0]["spearman"]["low"] is not None
    written = pl.read_csv(tmp_path / "odd.csv")
    assert written.columns == ["row", "place", "elliptic-envelope", "pca-distance"]
    assert written["place"].arg_max() == 32
    assert "without labels nothing here is proven" in run("anomalies", groups, "--detectors", "pca-distance").output


def test_new_rows_are_asked_whether_they_are_novel(run, groups, tmp_path):
    frame = pl.read_csv(tmp_path / groups)
    new = frame.head(40).with_columns(x2=pl.when(pl.int_range(40) < 10).then(60.0).otherwise(pl.col("x2")))
    new.write_csv(tmp_path / "new.csv")
    done = run("anomalies", groups, "--new", "new.csv", "--detectors", "cluster-distance", "--json", "--show", "50")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)["new"]
    assert told["rows"] == 40
    assert {one["row"] for one in told["novel"]} >= set(range(1, 11))
    assert told["count"] <= 13
    new.drop("x1").write_csv(tmp_path / "short.csv")
    done = run("anomalies", groups, "--new", "short.csv")
    assert isinstance(done.exception, ConfigError)
    assert "has no column 'x1' (1 missing)" in str(done.exception)


def test_projections_are_compared_and_drawn_with_the_target_in_colour_alone(run, groups, tmp_path):
    done = run("project", groups, "--target", "kind", "--methods", "pca,random", "--out", "map.html", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert [one["method"] for one in told["methods"]] == ["pca", "random"]
    assert told["methods"][0]["trustworthiness"]["low"] > 0.9
    page = (tmp_path / "map.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 3  # two pictures, and the scree of pca
    assert "Eigenvalues and eigenvectors" in page
    assert told["spectra"][0]["components"][0]["heaviest"][0]["column"] in ("x0", "x1")
    assert "<script" not in page
    assert "in the second colour" in page
    first = page.encode()
    run("project", groups, "--target", "kind", "--methods", "pca,random", "--out", "map.html")
    assert (tmp_path / "map.html").read_bytes() == first
    assert "of 160 rows" in page


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("clusters", "trees.csv", "--target", "kind", "--methods", "k-means", "--rows", "60"),
            ["2 stable groups by k-means", "160 rows, 60 of them drawn", "What distinguishes each group", "k-means: k centres"],
        ),
        (
            ("anomalies", "trees.csv", "--drop", "kind", "--detectors", "pca-distance,cluster-distance", "--show", "3"),
            ["The oddest rows", "Do the detectors agree?", "without labels nothing here is proven"],
        ),
    ],
)
def test_a_page_is_one_small_file_without_script_and_of_the_same_bytes(run, groups, tmp_path, words, told):
    (tmp_path / groups).write_text(
        (tmp_path / groups).read_text().replace("kind", "<b>x</b>" if "--drop" not in words else "kind", 1)
    )
    words = [word if word != "kind" or "--drop" in words else "<b>x</b>" for word in words]
    done = run(*words, "--out", "page.html", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["page"] == "page.html"
    first = (tmp_path / "page.html").read_bytes()
    text = first.decode()
    assert all(one in text for one in told)
    assert "<script" not in text
    assert "<b>x" not in text
    assert "http" not in text.replace("http-equiv", "")
    assert len(first) < 200_000
    if words[0] == "anomalies":  # the page of clusters is as much a function of what was found, and that takes its time
        run(*words, "--out", "page.html")
        assert (tmp_path / "page.html").read_bytes() == first


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (("clusters", "trees.csv", "--methods", "kmeans"), ConfigError, "did you mean 'k-means'"),
        (("clusters", "trees.csv", "-o", "who.txt"), ConfigError, "name it who.csv"),
        (("anomalies", "trees.csv", "--detectors", "isolation-tree"), UnknownNameError, "isolation-forest"),
        (("anomalies", "trees.csv", "--detectors", "boosting"), ConfigError, "is no detector"),
        (("anomalies", "trees.csv", "--top", "0.9"), ConfigError, "at most 0.5"),
        (("project", "trees.csv", "--methods", "umapp"), ConfigError, "did you mean 'umap'"),
        (("project", "trees.csv", "--out", "map.png"), ConfigError, "the page is HTML"),
        (("project", "trees.csv", "--width", "40"), DataError, "40 directions"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(run, groups, words, error, said):
    done = run(*words)
    assert groups == "trees.csv"
    assert isinstance(done.exception, error)
    assert said in str(done.exception)


@pytest.mark.parametrize(
    ("command", "more"),
    [
        ("clusters", ("--methods", "k-means", "--rows", "60")),
        ("anomalies", ("--detectors", "pca-distance")),
        ("project", ("--methods", "pca,random")),
    ],
)
def test_a_group_or_a_weight_is_no_feature_and_what_is_not_made_of_it_is_said(run, groups, tmp_path, command, more):
    frame = pl.read_csv(tmp_path / groups)
    rows = np.arange(frame.height)
    frame.with_columns(clinic=pl.Series(rows // 4), times=pl.Series(1 + rows % 3)).write_csv("clinics.csv")
    words = (command, "clinics.csv", "--drop", "kind", *more)
    told = json.loads(run(*words, "--group", "clinic", "--weight", "times", "--json").stdout)
    assert "rows of one 'clinic'" in told["notes"][0]
    assert "The weight 'times' is not used" in told["notes"][1]
    assert told != json.loads(run(*words, "--json").stdout)  # where they are features


def test_what_is_not_made_of_a_group_is_printed_too(run, groups):
    done = run("project", groups, "--methods", "pca,random", "--group", "kind")
    assert done.exit_code == 0, done.output
    assert "rows of one 'kind'" in done.output
