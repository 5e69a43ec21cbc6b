"""The page of a table's projections: what each keeps, and its picture. One file that loads nothing and holds no script."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assay.core.files import write_atomic
from assay.measure.interval import Interval
from assay.prepare.matrix.transform import Spectrum
from assay.report.language import ENGLISH
from assay.report.page import environment
from assay.report.pictures.canvas import Drawing
from assay.report.pictures.projected import projected_picture
from assay.report.spectrum import spectrum_view
from assay.study.unsupervised.projections import METHODS, Projections


@dataclass(frozen=True, eq=False)
class ProjectionReport:
    """title: what the data is called.  of: rows there are.  hot: bool (m,), rows of the class ``positive``, or None.

    spectra: of principal components of all drawn rows, each with what it is called.
    """

    title: str
    found: Projections
    of: int
    hot: np.ndarray | None = None
    positive: str | None = None
    spectra: tuple[tuple[str, Spectrum], ...] = ()


def write_projection_page(content: ProjectionReport, path: Path) -> None:
    """Write the page to ``path``, whole or not at all; equal content gives equal bytes. Raises OSError."""
    write_atomic(path, render_projections(content).encode())


def render_projections(content: ProjectionReport) -> str:
    """The page as text."""
    found = content.found
    lines = [
        {
            "method": one.method,
            "title": METHODS[one.method][0],
            "trust": _said(one.trustworthiness),
            "stay": _said(one.continuity),
            "against": "" if one.difference is None else _said(one.difference, signed=True),
            "call": one.call or "",
            "picture": projected_picture(
                Drawing(
                    f"projection-{place}",
                    f"Rows by {one.method}",
                    f"{len(found.rows)} rows of one block, a dot each. Trustworthiness {_said(one.trustworthiness)}.",
                ),
                found.pictures[one.method],
                content.hot,
            ),
        }
        for place, one in enumerate(found.kept)
    ]
    spectra = [spectrum_view(one, f"spectrum-{place}", title) for place, (title, one) in enumerate(content.spectra)]
    shown = {"w": ENGLISH, "title": content.title, "of": content.of, "positive": content.positive, "spectra": spectra}
    page = environment().get_template("projections.html")
    return page.render(lines=lines, found=found, settings=found.settings, **shown)


def _said(interval: Interval, *, signed: bool = False) -> str:
    form = "+.3f" if signed else ".3f"
    if interval.value is None:
        return "–"
    if interval.low is None or interval.high is None:
        return f"{interval.value:{form}}"
    return f"{interval.value:{form}} [{interval.low:{form}}, {interval.high:{form}}]"
