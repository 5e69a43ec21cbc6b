"""The page of ``assay anomalies``: the oddest rows, what makes them odd, and how far the detectors agree. One file, no script."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.core.seeds import generator
from assay.data.look.bins import histogram
from assay.prepare.matrix.components import Pca
from assay.prepare.matrix.transform import drawn
from assay.report.language import ENGLISH
from assay.report.numbers import count, number, probability, share
from assay.report.page import environment
from assay.report.pictures.canvas import Drawing
from assay.report.pictures.look_bars import STEP, bars
from assay.report.pictures.projected import projected_picture
from assay.report.whisker import told
from assay.study.unsupervised.anomalies import FALSE_SHARE, Anomalies, Detected, places
from assay.study.unsupervised.reasons import DRAWS, OddRow

MOST_DOTS, MOST_REASONS, MOST_NOVEL = 2000, 5, 50


@dataclass(frozen=True, eq=False)
class AnomalyReport:
    """title: what the data is called.  points: float64 (n, d), the rows that were scored, prepared for a picture.

    oddest: with their reasons, the oddest first.  notes: what else to know, in sentences.
    """

    title: str
    found: Anomalies
    points: np.ndarray
    oddest: Sequence[OddRow]
    notes: tuple[str, ...] = ()


def render_anomalies(content: AnomalyReport) -> str:
    """The page as text."""
    found = content.found
    top = share(found.settings.top)
    view = {
        "said": [*_said(found), *content.notes],
        "top": top,
        "draws": DRAWS,
        "parts": found.settings.parts,
        "chance": number(found.by_chance, 3),
        "chance_at": round(100 * found.by_chance, 2),
        "detectors": [_detector(one, found.settings.top) for one in found.detected],
        "agreements": [{"a": one.a, "b": one.b, "interval": told(one.spearman)} for one in found.agreements],
        "oddest": _oddest(content),
        "new": _new(found),
        **_map(content, top),
    }
    return environment().get_template("anomalies.html").render(w=ENGLISH, title=content.title, v=view)


def _said(found: Anomalies) -> list[str]:
    chosen = "" if len(found.drawn) == found.of else f", {count(len(found.drawn))} of them drawn"
    said = [f"{count(found.of)} rows{chosen}; each is scored by detectors that did not learn from it."]
    steady = sorted(found.detected, key=lambda one: -(one.overlap.value or 0.0))
    if steady:
        best = told(steady[0].overlap)
        said.append(
            f"Steadiest in its oddest {share(found.settings.top)}: {steady[0].name}, {best.text} {best.ends} found again."
        )
    weak = [one.name for one in found.detected if one.overlap.low is not None and one.overlap.low <= found.by_chance]
    if weak:
        said.append(f"Not shown to find its oddest again more than chance would: {', '.join(weak)}.")
    return said


def _detector(one: Detected, top: float) -> dict[str, Any]:
    ordered = np.sort(one.oddness[np.isfinite(one.oddness)])
    drawn_bins = histogram(ordered)
    view = {"name": one.name, "steady": told(one.steady), "overlap": told(one.overlap), "bars": None, "cut_at": None}
    cut = float(ordered[-max(1, round(top * len(ordered)))])
    said = f"Median {float(np.median(ordered)):.4g}; the oddest begin at {cut:.4g}"
    if drawn_bins is None:
        return view | {"told": f"{said}."}
    low, high = drawn_bins.edges[0], drawn_bins.edges[-1]
    picture = bars(drawn_bins.counts)
    inside = low <= cut <= high
    left = "".join(
        f"; not drawn: {count(rows)} {side}"
        for rows, side in ((drawn_bins.below, f"below {low:.4g}"), (drawn_bins.above, f"above {high:.4g}"))
        if rows
    )
    return view | {
        "bars": picture,
        "cut_at": round(STEP * len(drawn_bins.counts) * (cut - low) / (high - low), 1) if inside else None,
        "ends": (f"{low:.4g}", f"{high:.4g}"),
        "told": f"{said}{left}.",
    }


def _oddest(content: AnomalyReport) -> list[dict[str, Any]]:
    found = content.found
    ranks = [places(one.oddness) for one in found.detected]
    return [
        {
            "number": int(found.drawn[row.place]) + 1,
            "place": number(float(found.shares[row.place]), 4),
            "places": [number(float(rank[row.place]), 3) for rank in ranks],
            "reasons": [
                {"column": one.column, "value": one.value, "usual": one.usual, "share": f"{100 * one.share:.0f} %"}
                for one in row.reasons[:MOST_REASONS]
            ],
        }
        for row in content.oddest
    ]


def _map(content: AnomalyReport, top: str) -> dict[str, Any]:
    found, points = content.found, content.points
    fitted = Pca(width=2).fit(points, (), np.zeros(len(points)), 0)
    held = share(float(fitted.spectrum(()).explained[:2].sum()))
    is_odd = np.zeros(len(points), dtype=bool)
    is_odd[found.oddest(max(1, round(found.settings.top * len(points))))] = True
    usual = np.flatnonzero(~is_odd)
    rows = np.sort(
        np.concatenate([usual[drawn(len(usual), MOST_DOTS, generator(found.settings.seed, "map"))], np.flatnonzero(is_odd)])
    )
    told_rows = "" if len(rows) == len(points) else count(len(rows))
    drawing = Drawing(
        "odd", "Odd rows among the others", f"Two principal components, {held} of the variance; the oddest {top} on top."
    )
    picture = projected_picture(drawing, fitted.transform(points[rows]), is_odd[rows])
    return {"picture": picture, "held": held, "drawn_rows": told_rows}


def _new(found: Anomalies) -> dict[str, Any] | None:
    if found.novel is None or found.novel_p is None:
        return None
    named = found.novel.nonzero()[0]
    if not len(named):
        return {"lead": f"None of {count(len(found.novel))} new rows can be called novel.", "rows": []}
    named = named[np.argsort(found.novel_p[named], kind="stable")]
    more = "" if len(named) <= MOST_NOVEL else f" The {MOST_NOVEL} surest:"
    lead = (
        f"{count(len(named))} of {count(len(found.novel))} new rows are called novel; on average at most {FALSE_SHARE:.0%} of "
        f"the rows that are called so are not (Benjamini-Hochberg).{more}"
    )
    rows = [{"number": int(row) + 1, "p": probability(float(found.novel_p[row]))} for row in named[:MOST_NOVEL]]
    return {"lead": lead, "rows": rows}
