"""What the opened test rows said: the winner's metrics, its threshold, the coverage of its sets, and whether it may be quoted."""

from collections.abc import Mapping
from typing import Any

from assay.report.leaderboard import lock_metrics
from assay.report.metric import MetricInfo
from assay.report.numbers import count, decimals_for, interval_text, number


def lock_section(summary: Mapping[str, Any], metric: MetricInfo) -> dict[str, Any] | None:
    """For the page; None while the lock is shut."""
    test = summary["test"]
    if test is None:
        return None
    openings = test.get("openings")
    times = "once" if openings == 1 else ("an unknown number of times" if openings is None else f"{openings} times")
    threshold = test.get("threshold")
    return {
        "name": test["name"],
        "threshold": "" if threshold is None else number(threshold, max(3, decimals_for([threshold]))),
        "rule": test.get("threshold_rule") or "",
        "note": test.get("threshold_note") or "",
        "between": _between(test.get("threshold_interval")),
        "openings": times,
        "dishonest": dishonest(test),
        "sets": _sets(test.get("conformal")),
        "metrics": sorted(lock_metrics(test), key=lambda line: line[0].name != metric.name),
    }


def dishonest(test: Mapping[str, Any]) -> str:
    """Why the number of the test rows may no longer be quoted, or nothing when it may."""
    openings, seen = test.get("openings") or 1, test.get("seen_before") or 0
    if openings < 2 and not seen:
        return ""
    looked = f"The test rows were opened {openings} times" if openings > 1 else ""
    shown = f"{count(seen)} of the test rows had been shown by another opening of these data" if seen else ""
    both = "; ".join(part for part in (looked, shown) if part)
    return f"{both}. What was seen may have led the choice: this is no longer an honest number. Only fresh rows give one."


def _between(interval: Mapping[str, Any] | None) -> str:
    """The interval of the threshold, or nothing."""
    if not interval or interval["low"] is None:
        return ""
    places = max(3, decimals_for([interval["low"], interval["high"]]))
    return f"{number(interval['low'], places)} to {number(interval['high'], places)}"


def _sets(conformal: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The measured coverage of prediction sets (or intervals), a line a level."""
    if not conformal:
        return None
    if "undefined" in conformal:
        return {"lines": [], "guarantee": conformal["undefined"], "notes": []}
    lines = []
    for found in conformal["coverage"]:
        overall = found["overall"]
        share = "undefined" if overall["value"] is None else interval_text(overall["value"], overall["low"], overall["high"], 3)
        size = found["mean_size"]
        lines.append(
            {
                "level": f"{100 * found['level']:g} %",
                "coverage": share,
                "size": found["size_undefined"] or "" if size is None else number(size, decimals_for([size])),
                "classes": [
                    f"{name}: {number(one['value'], 3)}" for name, one in found["per_class"].items() if one["value"] is not None
                ],
            }
        )
    return {"lines": lines, "guarantee": conformal["guarantee"], "notes": list(dict.fromkeys(conformal["notes"]))}
