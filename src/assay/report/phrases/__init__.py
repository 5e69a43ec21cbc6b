"""What pages say, in English and in Russian: one table of phrases, each key with both, gathered from one file a section."""

from collections.abc import Iterable, Mapping

from assay.report.phrases import (
    attention,
    board,
    comparison,
    curves,
    cut,
    data,
    first,
    gallery,
    helped,
    lock,
    look,
    metrics,
    quality,
    reasons,
    run,
    terms,
    texts,
)

Phrases = Mapping[str, tuple[str, str]]


def _gathered(tables: Iterable[Phrases]) -> Phrases:
    found: dict[str, tuple[str, str]] = {}
    for table in tables:
        twice = found.keys() & table.keys()
        if twice:
            raise ValueError(f"two phrases are called {min(twice)!r}.")
        found.update(table)
    return found


PARTS = (
    first,
    board,
    cut,
    curves,
    helped,
    lock,
    data,
    run,
    terms,
    comparison,
    look,
    metrics,
    quality,
    reasons,
    gallery,
    texts,
    attention,
)
PHRASES = _gathered(part.PHRASES for part in PARTS)
