"""Blood cells, 80 % of them of one kind: what a network reaches, and whether class weights or over-sampling help it.

3733 crops of 364 pictures (bccd_crops.zip). Several crops come from one picture, whose name the file names hold, so rows are
grouped by it: folds never cut a picture in two, and the test rows are the set's own test pictures. Every treatment is held
against plain training on the same folds; the winner is refitted and asked once about the test rows.
"""

import argparse
import csv
import zipfile
from pathlib import Path
from typing import Any

from harness import assay, main, measure, succeed

TREATMENTS = ("none", "class-weight", "random-oversample")
WANTED = 0.93


def table_of(archive: Path, folder: Path) -> Path:
    """The crops unpacked, and a table of them: path, kind of cell, picture of origin, train or test."""
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder / "crops")  # our own data, whose names are known
    rows = []
    for path in sorted((folder / "crops").rglob("*.jpg")):
        part, kind = path.parts[-3:-1]
        rows.append((path, kind, path.stem.rpartition("_")[0], "test" if part == "test" else "train"))
    table = folder / "cells.csv"
    with table.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("cell", "kind", "origin", "part"), *rows])
    return table


def across(table: Path) -> int:
    """How many pictures of origin have crops on both sides."""
    with table.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    sides = [{row["origin"] for row in rows if row["part"] == part} for part in ("train", "test")]
    return len(sides[0] & sides[1])


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--recipe", default="lenet", help="the network (default: %(default)s)")
    parser.add_argument("--folds", type=int, default=3, help="grouped by picture of origin (default: 3)")


def benchmark(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    table = table_of(arguments.data / "images" / "bccd_crops.zip", folder)
    asked = ["--target", "kind", "--group", "origin", "--split", "part", "--metric", "f1", "--folds", str(arguments.folds)]
    tried = ["--recipes", arguments.recipe, "--treatments", ",".join(TREATMENTS)]
    run = measure(assay("run", str(table), *asked, *tried, "--finish", "--json", "--out", "cells"), folder)
    said = succeed(run)
    reached = said["test"]["metrics"]["f1"]
    verdicts = {one["a"]: one for one in said["verdicts"] if one["family"] == f"treatments of {arguments.recipe}"}
    return {
        "recipe": arguments.recipe,
        "seconds": run.seconds,
        "peak_mib": run.peak_mib,
        "cross-validated": {row["name"]: row["metrics"]["f1"] for row in said["rows"]},
        "verdicts": verdicts,
        "test": {"winner": said["test"]["name"], "macro F1": reached},
        "checks": {
            "no picture of origin is on both sides": across(table) == 0,
            "no fit failed": all(row["failure"] is None for row in said["rows"]),
            "each treatment has a verdict against plain training": len(verdicts) == len(TREATMENTS) - 1,
            f"the winner's macro F1 on the test rows is at least {WANTED}": reached["value"] >= WANTED,
            "this was the first opening of the test rows": said["test"]["openings"] == 1,
        },
    }


if __name__ == "__main__":
    main("bccd", benchmark, needs_data=True, options=options)
