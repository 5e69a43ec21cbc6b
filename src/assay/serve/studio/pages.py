"""Pages and parts of pages from templates: every value is escaped, an unknown one is a defect.

A template of a page begins with {% extends "base.html" %} and fills the blocks title, heading, content and scripts; a template
of a part, which htmx puts into a page that is already there, has no base.  Names that come from data stand in <bdi>.
"""

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup

from assay.report.numbers import count, seconds
from assay.report.pictures.canvas import clean


def environment() -> Environment:
    """Made once for an application; ``request.app.state.pages`` holds it."""
    made = Environment(
        loader=ChoiceLoader(
            [
                PackageLoader("assay.serve.studio", "templates"),
                PrefixLoader({"report": PackageLoader("assay.report", "templates")}),  # its macros draw the same bars here
            ]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    made.filters.update(count=count, seconds=seconds)
    return made


def _finalize(value: Any) -> Any:
    """Plain text without what HTML cannot hold; macros, which are Markup, go through."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """The template with these values; those of a page and of a part are drawn alike."""
    drawn = request.app.state.pages.get_template(template).render(values)
    return HTMLResponse(drawn, status)


def wants_part(request: Request) -> bool:
    """Whether htmx asks, to put the answer into a page that is there; not when it restores a page from its history."""
    said = request.headers
    return said.get("hx-request") == "true" and "hx-history-restore-request" not in said and "hx-boosted" not in said
