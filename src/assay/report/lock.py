"""What the opened test rows said: the winner's metrics, its threshold, the coverage of its sets, and whether it may be quoted."""

from collections.abc import Mapping
from typing import Any

from assay.report.language import ENGLISH, Words
from assay.report.leaderboard import lock_metrics
from assay.report.metric import MetricInfo
from assay.report.numbers import count, decimals_for


def lock_section(summary: Mapping[str, Any], metric: MetricInfo, w: Words = ENGLISH) -> dict[str, Any] | None:
    """For the page; None while the lock is shut."""
    test = summary["test"]
    if test is None:
        return None
    openings = test.get("openings")
    threshold = test.get("threshold")
    return {
        "name": test["name"],
        "threshold": "" if threshold is None else w.fixed(threshold, max(3, decimals_for([threshold]))),
        "rule": test.get("threshold_rule") or "",
        "note": w.reason(test.get("threshold_note")),
        "between": _between(test.get("threshold_interval"), w),
        "openings": _times(openings, w),
        "dishonest": dishonest(test, w),
        "sets": _sets(test.get("conformal"), w),
        "metrics": sorted(lock_metrics(test, w), key=lambda line: line[0].name != metric.name),
    }


def _times(openings: int | None, w: Words) -> str:
    if openings is None:
        return w("lock-unknown")
    return w("lock-once") if openings == 1 else w("lock-times", openings)


def dishonest(test: Mapping[str, Any], w: Words = ENGLISH) -> str:
    """Why the number of the test rows may no longer be quoted, or nothing when it may."""
    openings, seen = test.get("openings") or 1, test.get("seen_before") or 0
    if openings < 2 and not seen:
        return ""
    looked = w("lock-opened", openings) if openings > 1 else ""
    shown = w("lock-shown", count(seen)) if seen else ""
    return w("lock-dishonest", "; ".join(part for part in (looked, shown) if part))


def _between(interval: Mapping[str, Any] | None, w: Words) -> str:
    """The interval of the threshold, or nothing."""
    if not interval or interval["low"] is None:
        return ""
    places = max(3, decimals_for([interval["low"], interval["high"]]))
    return w("lock-between", w.fixed(interval["low"], places), w.fixed(interval["high"], places))


def _sets(conformal: Mapping[str, Any] | None, w: Words) -> dict[str, Any] | None:
    """The measured coverage of prediction sets (or intervals), a line a level."""
    if not conformal:
        return None
    if "undefined" in conformal:
        return {"lines": [], "guarantee": w.reason(conformal["undefined"]), "notes": []}
    notes = [w.reason(note) for note in dict.fromkeys(conformal["notes"])]
    return {
        "lines": [_level(found, w) for found in conformal["coverage"]],
        "guarantee": w.reason(conformal["guarantee"]),
        "notes": notes,
    }


def _level(found: Mapping[str, Any], w: Words) -> dict[str, Any]:
    overall, size = found["overall"], found["mean_size"]
    held = w("lock-undefined")
    if overall["value"] is not None:
        held = w.interval(overall["value"], overall["low"], overall["high"], 3)
    return {
        "level": w.decimal(f"{100 * found['level']:g} %"),
        "coverage": held,
        "size": w.reason(found["size_undefined"]) if size is None else w.fixed(size, decimals_for([size])),
        "classes": [
            f"{name}: {w.fixed(one['value'], 3)}" for name, one in found["per_class"].items() if one["value"] is not None
        ],
    }
