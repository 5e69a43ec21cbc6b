"""The page "Look before you balance": the rows before and after each treatment, how good the new rows are, what warns.

Data objects in, one file out that loads nothing and holds no script.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.core.files import write_atomic
from assay.report.language import ENGLISH
from assay.report.looks import GLOSSARY, looks_view
from assay.report.page import environment
from assay.study.looking import Looks


@dataclass(frozen=True, kw_only=True)
class BalanceReport:
    """title: what the data is called.  target: the column of the classes.  provenance: entries of "What was run"."""

    title: str
    target: str
    looks: Looks
    provenance: Mapping[str, Any] = field(default_factory=dict)


def write_balance_page(content: BalanceReport, path: Path) -> None:
    """Write the page to ``path``, whole or not at all; equal content gives equal bytes. Raises OSError."""
    write_atomic(path, render_balance(content).encode())


def render_balance(content: BalanceReport) -> str:
    """The page as text."""
    view = {
        "w": ENGLISH,
        "content": content,
        "version": content.provenance.get("Versions", {}).get("assay", ""),
        "looks": looks_view(content.looks),
        "run": [{"title": key, "value": value, "is_code": key == "Command"} for key, value in content.provenance.items()],
        "glossary": GLOSSARY,
    }
    return environment().get_template("balance.html").render(**view)
