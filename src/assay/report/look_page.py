"""The page of a look at the data: one file that loads nothing and holds no script, in English or in Russian."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.core.files import write_atomic
from assay.report.language import Language
from assay.report.look import Look
from assay.report.look_view import look_view
from assay.report.page import environment


@dataclass(frozen=True, kw_only=True)
class LookReport:
    """title: what the data is called.  provenance: entries of the section "What was run", in their order."""

    title: str
    look: Look
    language: Language = "en"
    provenance: Mapping[str, Any] = field(default_factory=dict)


def write_look_page(content: LookReport, path: Path) -> None:
    """Write the page to ``path``, whole or not at all; equal content gives equal bytes. Raises OSError."""
    write_atomic(path, render_look(content).encode())


def render_look(content: LookReport) -> str:
    """The page as text."""
    view = {
        "title": content.title,
        "version": content.provenance.get("Versions", {}).get("assay", ""),
        "run": [{"title": key, "value": value, "is_code": key == "Command"} for key, value in content.provenance.items()],
        "v": look_view(content.look, content.language),
    }
    return environment().get_template("look.html").render(**view)
