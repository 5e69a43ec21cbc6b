"""The page of an ablation: what each step, column, doubling of rows or of the net is worth.

Data objects in, one file out that loads nothing.
"""

from collections.abc import Sequence
from pathlib import Path

import assay
from assay.core.files import write_atomic
from assay.report.ablation_parts import ablation_glossary, ablation_views
from assay.report.language import Language, Words
from assay.report.page import environment
from assay.study.ablate.result import Ablation


def write_ablation(found: Sequence[Ablation], target: str, title: str, path: Path, language: Language = "en") -> None:
    """Write the page to ``path``, whole or not at all; equal content gives equal bytes.  Raises OSError."""
    write_atomic(path, render_ablation(found, target, title, language).encode())


def render_ablation(found: Sequence[Ablation], target: str, title: str, language: Language = "en") -> str:
    """The page as text.  title: what the data is called."""
    w = Words(language)
    view = {
        "title": title,
        "target": target,
        "version": assay.__version__,
        "w": w,
        "ablations": ablation_views(found, w),
        "candidates": list(dict.fromkeys(one.candidate for one in found)),
        "glossary": ablation_glossary(w),
    }
    return environment().get_template("ablation.html").render(**view)
