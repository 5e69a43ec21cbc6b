"""The sections of a scorecard as their template shows them: the card, and what cost one row its points."""

from itertools import groupby
from typing import Any

from assay.explain.points import Card, RowPoints
from assay.report.numbers import count, number, share

MOST_BINS = 40
"""Of one column; --json has them all."""


def card_view(card: Card) -> dict[str, Any]:
    """Columns with their bins; points to a tenth."""
    columns = []
    for name, own in groupby(card.rows, key=lambda row: row.column):
        bins = list(own)
        lines = [
            {
                "bin": one.bin,
                "rows": count(one.rows),
                "rate": share(one.positives / one.rows) if one.rows else "",
                "evidence": number(one.evidence, 3, sign=True),
                "points": number(one.points, 1),
            }
            for one in bins[:MOST_BINS]
        ]
        columns.append({"name": name, "bins": lines, "more": max(0, len(bins) - MOST_BINS)})
    return {
        "columns": columns,
        "side": card.side,
        "base_points": number(card.scale.base_points, 0),
        "base_odds": number(card.scale.base_odds, None if card.scale.base_odds % 1 else 0),
        "double_odds": number(card.scale.double_odds, 0),
        "models": card.models if card.models > 1 else 0,
    }


def points_view(found: RowPoints) -> dict[str, Any]:
    return {
        "total": number(found.total, 1),
        "reasons": [
            {"column": one.column, "bin": one.bin, "points": number(one.points, 1), "lost": number(one.lost, 1)}
            for one in found.reasons
        ],
    }
