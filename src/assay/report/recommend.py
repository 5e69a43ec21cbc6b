"""The page of a comparison of recommenders: who finds what, against popularity, and on which cuts. One file, no script."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assay.core.files import write_atomic
from assay.report.language import ENGLISH
from assay.report.page import environment

CALLS = {"a better": "better", "b better": "worse"}


def write_recommend_page(title: str, told: Mapping[str, Any], path: Path) -> None:
    """told: what ``assay recommend --json`` prints.  Whole or not at all; equal content gives equal bytes.  Raises OSError."""
    write_atomic(path, render_recommend(title, told).encode())


def render_recommend(title: str, told: Mapping[str, Any]) -> str:
    """The page as text; seconds are left out, so that equal results give equal bytes."""
    names = list(dict.fromkeys(name for row in told["rows"] for name in row["metrics"]))
    rows = [{"name": row["name"], "cells": [interval_text(row["metrics"].get(name)) for name in names]} for row in told["rows"]]
    verdicts = [_verdict(verdict) for verdict in told["verdicts"]]
    test = None
    if told.get("test") is not None:
        opened = told["test"]
        test = {
            **opened,
            "lines": [
                {
                    "name": name,
                    "own": interval_text(interval),
                    "baseline": interval_text(opened["baseline"].get(name)),
                }
                for name, interval in opened["metrics"].items()
            ],
            "verdicts": [_verdict(verdict) for verdict in opened["verdicts"]],
        }
    page = environment().get_template("recommend.html")
    return page.render(w=ENGLISH, title=title, told=told, metrics=names, rows=rows, verdicts=verdicts, test=test)


def interval_text(interval: Mapping[str, Any] | None) -> str:
    """A value with its ends; "ranks only" for a recommender that expects no rating."""
    if interval is None:
        return "ranks only"
    if interval["value"] is None:
        return "–"
    if interval["low"] is None:
        return f"{interval['value']:.4f}"
    return f"{interval['value']:.4f} [{interval['low']:.4f}, {interval['high']:.4f}]"


def _verdict(verdict: Mapping[str, Any]) -> dict[str, Any]:
    there = verdict["low"] is not None
    ends = f"{verdict['difference']:+.4f} [{verdict['low']:+.4f}, {verdict['high']:+.4f}]" if there else "–"
    p = "–" if verdict["p"] is None else f"{verdict['p']:.2g}"
    return {**verdict, "said": CALLS.get(verdict["call"], verdict["call"]), "ends": ends, "p_said": p}
