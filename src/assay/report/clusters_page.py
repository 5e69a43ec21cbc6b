"""The page of ``assay clusters``: the groups, what distinguishes them, and everything that was tried. One file, no script."""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from assay.measure.interval import Interval
from assay.prepare.matrix.components import Pca
from assay.report.language import ENGLISH
from assay.report.numbers import count, number, probability, share
from assay.report.page import environment
from assay.report.pictures.canvas import SERIES, Drawing
from assay.report.pictures.projected import grouped_picture
from assay.report.whisker import told
from assay.study.unsupervised.clusters import STABLE, Clusters, Tried
from assay.study.unsupervised.methods import METHODS
from assay.study.unsupervised.profiles import Profile

MOST_PROFILES = 8


@dataclass(frozen=True, eq=False)
class ClusterReport:
    """title: what the data is called.  points: float64 (n, d), the rows that were clustered.  of: rows there are.

    profiles: of each cluster (``study.unsupervised.profiles``).  alone: the column that the clusters merely repeat.
    target, agreement: the column that was left out, and its adjusted Rand index with the clusters.
    notes: what else to know, in sentences.
    """

    title: str
    found: Clusters
    points: np.ndarray
    of: int
    profiles: list[list[Profile]]
    alone: str | None = None
    target: str | None = None
    agreement: Interval | None = None
    notes: tuple[str, ...] = ()


def render_clusters(content: ClusterReport) -> str:
    """The page as text."""
    found, labels = content.found, content.found.labels
    view: dict[str, Any] = {
        "answer": _answer(found),
        "said": [*_said(content), *content.notes],
        "pairs": found.settings.pairs,
        "parts": 2 * found.settings.pairs,
        "bound": number(STABLE, 2),
        "bound_at": 100 * STABLE,
        "families": _families(found),
        "groups": [],
        "noise": bool(labels is not None and (labels < 0).any()),
        "compared": sum(len(one) for one in content.profiles),
        "alone": content.alone,
    }
    if labels is not None:
        view |= {"groups": _groups(content, labels), **_map(content, labels)}
    return environment().get_template("clusters.html").render(w=ENGLISH, title=content.title, v=view)


def _answer(found: Clusters) -> str:
    best = found.best
    if best is None:
        return "No stable groups"
    return f"{best.clusters} stable groups by {best.method}"


def _said(content: ClusterReport) -> list[str]:
    found, best = content.found, content.found.best
    drawn = "" if found.rows == content.of else f", {count(found.rows)} of them drawn"
    said = [f"{count(content.of)} rows{drawn}; {len(found.tried)} clusterings tried."]
    if best is None:
        return [*said, "Nothing that was tried both came back and stood farther apart than one group would."]
    if best.apart is not None:
        said.append(
            f"Two runs on random parts agree with an adjusted Rand index of {told(best.stability).text} "
            f"{told(best.stability).ends}; the silhouette is {number(best.apart.silhouette, 2)}, one group would give "
            f"{number(best.apart.expected, 2)} (p {probability(best.p)}, Holm)."
        )
    if best.noise:
        said.append(f"{share(best.noise)} of the rows are in no group.")
    if content.agreement is not None:
        index = told(content.agreement)
        said.append(f"With {content.target}, which was left out: adjusted Rand index {index.text} {index.ends}.")
    return said


def _groups(content: ClusterReport, labels: np.ndarray) -> list[dict[str, Any]]:
    groups = []
    for place, again in enumerate(content.found.found_again):
        size = int((labels == place).sum())
        groups.append(
            {
                "number": place + 1,
                "colour": f"g{place + 1}" if place < len(SERIES) else "",
                "rows": count(size),
                "share": share(size / len(labels)),
                "again": told(again),
                "steady": again.low is not None and again.low > STABLE,
                "profiles": [_line(one) for one in content.profiles[place][:MOST_PROFILES]],
            }
        )
    return groups


def _line(one: Profile) -> dict[str, Any]:
    scale = 1.0 if one.level is None else 100.0
    unit = "" if one.level is None else " %"
    decimals = 1 if one.level is not None else _decimals(one)
    inside, rest, difference = (scale * value for value in (one.inside, one.rest, one.difference))
    ends = ""
    if one.low is not None and one.high is not None:
        low, high = (number(scale * end, decimals, sign=True) for end in (one.low, one.high))
        ends = f"[{low}, {high}]"
    return {
        "column": one.column,
        "level": one.level,
        "inside": number(inside, decimals) + unit,
        "rest": number(rest, decimals) + unit,
        "difference": number(difference, decimals, sign=True),
        "ends": ends,
        "effect": number(one.effect, 2, sign=True),
        "apart": one.is_apart,
    }


def _decimals(one: Profile) -> int:
    """Three digits of the difference."""
    size = abs(one.difference) or abs(one.inside) or 1.0
    return int(np.clip(2 - np.floor(np.log10(size)), 0, 9))


def _map(content: ClusterReport, labels: np.ndarray) -> dict[str, Any]:
    points = content.points
    fitted = Pca(width=2).fit(points, (), np.zeros(len(points)), 0)
    held = share(float(fitted.spectrum(()).explained[:2].sum()))
    drawing = Drawing(
        "groups", "Rows by group", f"{len(labels)} rows on two principal components, which hold {held} of the variance."
    )
    return {"picture": grouped_picture(drawing, fitted.transform(points), labels), "held": held}


def _families(found: Clusters) -> list[dict[str, Any]]:
    """Of each method its settings, in their order."""
    families = []
    for name, lines in groupby(found.tried, key=lambda one: one.method):
        method = METHODS[name]
        shown = [_tried(one, one is found.best) for one in lines]
        families.append({"name": name, "title": method.title, "setting": method.setting, "lines": shown})
    return families


def _tried(one: Tried, chosen: bool) -> dict[str, Any]:
    apart = one.apart
    return {
        "setting": f"{one.setting:g}",
        "clusters": one.clusters,
        "stability": told(one.stability),
        "silhouette": "" if apart is None else number(apart.silhouette, 2),
        "expected": "" if apart is None else number(apart.expected, 2),
        "p": "" if apart is None else probability(one.p),
        "call": one.call,
        "chosen": chosen,
    }
