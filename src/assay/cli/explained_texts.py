"""``assay explain`` for a model of texts: which words decided, what it gets wrong, which words weigh most."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.cli.console import one_line, say, say_json, shown, tell
from assay.cli.outputs import writing

if TYPE_CHECKING:
    from assay.cli.explained_pictures import Asked
    from assay.explain.held import HeldOut
    from assay.explain.text_explanation import TextExplanation, TextLook

STRONGEST = 5


def explain_and_tell(held: "HeldOut", asked: "Asked") -> None:
    """Print what is found, and write the page where one is asked for."""
    from assay.explain.text_explanation import TextSettings
    from assay.explain.texts import explain_texts

    settings = TextSettings(row=asked.row, seed=asked.seed)
    found = explain_texts(held, settings, lambda step: tell(f"{step} …"))
    if asked.page is not None:
        from assay.report.text_explanation import write_text_explanation

        with writing(asked.page):
            write_text_explanation(found, held.task, Path(asked.what).name, asked.page, seed=settings.seed)
    if asked.as_json:
        page = None if asked.page is None else str(asked.page)
        told: dict[str, Any] = {"schema": 1, "what": asked.what, "data": asked.data, **found.to_json(), "page": page}
        say_json(told)
        return
    for line in words(found):
        say(" " * (len(line) - len(line.lstrip())) + one_line(line))
    if asked.page is not None:
        say(f"Page: {shown(asked.page)}")


def words(found: "TextExplanation") -> Iterator[str]:
    """What a person reads on the screen."""
    yield f"{found.recipe}: {found.about}."
    for warning in found.warnings:
        yield f"Warning: {warning}"
    if found.right is not None:
        yield f"Right about {found.right} of them."
    if found.gallery is not None:
        for pair in found.gallery.pairs[:5]:
            yield f"  {pair.truth} called {pair.said}: {pair.count} of {pair.of}"
    for one in found.weights:
        strongest = ", ".join(f"{term} {weight:+.2f}" for term, weight in one.words[:STRONGEST])
        yield f"For {one.name}: {one.base:+.2f} at first; {strongest}"
    yield ""
    for look in found.looks:
        yield from _look_words(look)
    for what, reason in found.left_out:
        yield f"Left out: {what}: {reason}"


def _look_words(look: "TextLook") -> Iterator[str]:
    row = look.row
    chance = "" if row.chance is None else f" ({row.chance:.3f})"
    truth = "" if row.truth is None else f", truth {row.truth}"
    yield f"Row {row.unit} ({look.why}): {row.said}{chance}{truth}."
    pieces = [(one.text, one.value) for cell in look.cells for one in cell.pieces if one.value]
    strongest = sorted(pieces, key=lambda entry: -abs(entry[1] or 0.0))[:STRONGEST]
    if strongest:
        told = ", ".join(f"{text} {value:+.2f}" for text, value in strongest)
        yield f"  score {look.score:+.2f}; {told}"
