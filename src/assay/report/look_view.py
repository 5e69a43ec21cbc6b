"""Everything that the templates of a look show, for its own page and for a section of a study's report."""

from typing import Any

from assay.report.language import Language, Words
from assay.report.look import Look
from assay.report.look_columns import cards, overview
from assay.report.look_pairs_view import pairs_view
from assay.report.look_told import facts, holes_view, standing_out

OPEN_CARDS = 30
"""Up to so many columns stand open on the page; more are folded."""


def look_view(look: Look, language: Language = "en", *, opened: bool = True) -> dict[str, Any]:
    """What look_parts.html shows; look_section.html puts it into another page.  opened: few columns stand open."""
    w = Words(language)
    return {
        "w": w,
        "look": look,
        "facts": facts(look, w),
        "out": standing_out(look, w),
        "overview": overview(look, w),
        "cards": cards(look, w),
        "open": opened and len(look.shown) <= OPEN_CARDS,
        "pairs": pairs_view(look, w),
        "holes": holes_view(look, w),
        "glossary": w.glossary(),
    }
