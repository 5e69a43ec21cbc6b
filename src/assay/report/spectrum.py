"""What a projection found, as tables and pages show it: each direction's eigenvalue, its share, the columns that weigh most."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.prepare.matrix.then import FittedThen
from assay.prepare.matrix.transform import Spectrum
from assay.recipes.fitted import Fitted
from assay.report.numbers import number, share
from assay.report.pictures.canvas import Drawing
from assay.report.pictures.scree import MOST_BARS, scree_picture

HEAVIEST, MOST_SHOWN = 4, 30
EIGENVALUES = {
    "covariance": "eigenvalues of the covariance",
    "correlation": "eigenvalues of the correlation",
    "second moments": "squared singular values of the columns, not centred",
}


@dataclass(frozen=True)
class Component:
    """place: 1 is the strongest.  share: of the variance of all columns; cumulative: with those before it.

    heaviest: (column, entry of the direction of length 1), the largest first; empty of a direction that is not kept.
    """

    place: int
    eigenvalue: float
    share: float
    cumulative: float
    heaviest: tuple[tuple[str, float], ...]

    def to_json(self) -> dict[str, Any]:
        heaviest = [{"column": column, "weight": weight} for column, weight in self.heaviest]
        values = {"eigenvalue": self.eigenvalue, "share": self.share, "cumulative": self.cumulative}
        return {"component": self.place, **values, "heaviest": heaviest}


def components(spectrum: Spectrum, heaviest: int = HEAVIEST) -> list[Component]:
    """Of every eigenvalue, the largest first."""
    cumulative = np.cumsum(spectrum.explained)
    found = []
    for place, eigenvalue in enumerate(spectrum.eigenvalues.tolist()):
        vector = spectrum.vectors[:, place] if place < spectrum.vectors.shape[1] else np.zeros(0)
        order = [one for one in np.argsort(-np.abs(vector), kind="stable")[:heaviest] if vector[one] != 0]
        weights = tuple((spectrum.names[one], float(vector[one])) for one in order)
        found.append(Component(place + 1, eigenvalue, float(spectrum.explained[place]), float(cumulative[place]), weights))
    return found


def kept_of(spectrum: Spectrum) -> int:
    """Directions that a projection goes onto."""
    return int(spectrum.vectors.shape[1])


def spectra_of(fitted: Fitted) -> Iterator[tuple[str, Spectrum]]:
    """The recipe and the spectrum of every projection in a model, and in the members that it is made of."""
    if isinstance(fitted.step, FittedThen):
        yield from ((fitted.recipe, one) for one in fitted.step.spectra())
    for member in getattr(fitted.learner, "members", ()):
        if isinstance(member, Fitted):
            yield from spectra_of(member)


def to_json(spectrum: Spectrum) -> dict[str, Any]:
    return {
        "of": spectrum.of,
        "columns": len(spectrum.names),
        "kept": kept_of(spectrum),
        "components": [one.to_json() for one in components(spectrum)],
    }


def headline(spectrum: Spectrum) -> str:
    """How many directions hold how much, in a line.

    >>> headline(Spectrum("correlation", ("a", "b"), np.array([1.5, 0.5]), np.ones((2, 1)), np.array([0.75, 0.25])))
    '1 of 2 directions hold 75.0 % of the variance (eigenvalues of the correlation)'
    """
    kept = kept_of(spectrum)
    held = float(spectrum.explained[:kept].sum())
    return f"{kept} of {len(spectrum.names)} directions hold {share(held)} of the variance ({EIGENVALUES[spectrum.of]})"


def rows(spectrum: Spectrum, most: int = MOST_SHOWN) -> list[tuple[str, str, str, str, str]]:
    """(component, eigenvalue, share, cumulative, columns) as text, of the kept directions, at most ``most``."""
    return [
        (str(one.place), f"{one.eigenvalue:.4g}", share(one.share), share(one.cumulative), weighing(one.heaviest))
        for one in components(spectrum)[: min(most, kept_of(spectrum))]
    ]


def weighing(heaviest: Sequence[tuple[str, float]]) -> str:
    """
    >>> weighing([("age", 0.912), ("income", -0.4)])
    'age +0.91, income −0.40'
    """
    return ", ".join(f"{column} {number(weight, 2, sign=True)}" for column, weight in heaviest)


def spectrum_view(spectrum: Spectrum, key: str, title: str, most: int = 10) -> dict[str, Any]:
    """What spectrum_parts.html shows.  key: unique on the page.  most: lines of the table."""
    kept, k = kept_of(spectrum), len(spectrum.explained)
    head = headline(spectrum)
    drawing = Drawing(
        key, f"Scree of {title}", f"{head}. The first direction holds {share(float(spectrum.explained[:1].sum()))}."
    )
    rest = "" if k <= MOST_BARS else f" The first {MOST_BARS} of {k}."
    lines = [(*line[:4], heaviest) for line, heaviest in zip(rows(spectrum, most), _signed(spectrum, most), strict=True)]
    return {
        "title": title,
        "headline": head,
        "picture": scree_picture(drawing, spectrum.explained, kept),
        "caption": f"Bars: the share along each direction. Dashed: together with those before it.{rest}",
        "rows": lines,
    }


def _signed(spectrum: Spectrum, most: int) -> list[list[tuple[str, str]]]:
    shown = components(spectrum)[: min(most, kept_of(spectrum))]
    return [[(column, number(weight, 2, sign=True)) for column, weight in one.heaviest] for one in shown]
