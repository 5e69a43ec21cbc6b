"""What pairs of texts said of whole words: which word stood for which, and how often."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from assay.core.errors import BundleError
from assay.core.state import State
from assay.language.spelling.pieces import cut
from assay.measure.word_edits import WordEdit, word_edits
from assay.prepare import checks

MOST_REMEMBERED = 1_000_000
LONGEST = 1000
"""Letters of what is remembered."""

WIDEST = 2
"""Neighbouring words that are remembered as one."""


@dataclass(frozen=True)
class AlignedPair:
    """typed, meant: the folded words of a text and of its correction.  edits: what turns the one into the other."""

    typed: tuple[str, ...]
    meant: tuple[str, ...]
    edits: tuple[WordEdit, ...]

    @classmethod
    def of(cls, typed: str, meant: str) -> Self:
        source, target = [piece.form for piece in cut(typed)], [piece.form for piece in cut(meant)]
        return cls(tuple(source), tuple(target), word_edits(source, target))

    def slips(self) -> list[tuple[str, str]]:
        """(meant, typed) of the single words that became other ones."""
        edits = (edit for edit in self.edits if edit.end - edit.start == 1 and len(edit.words) == 1)
        return [(edit.words[0], self.typed[edit.start]) for edit in edits]


Remembered = dict[str, dict[str, int]]
"""What was typed (two words with a space between) → what it was meant to be → how often; of right ones too."""


def remember(pairs: Iterable[AlignedPair]) -> Remembered:
    """Of all that was wrong at least once: also how often it was right."""
    pairs = list(pairs)
    found: Remembered = {}
    for pair in pairs:
        for edit in pair.edits:
            typed, answer = " ".join(pair.typed[edit.start : edit.end]), " ".join(edit.words)
            if 1 <= edit.end - edit.start <= WIDEST and answer and max(len(typed), len(answer)) < LONGEST:
                meant = found.setdefault(typed, {})
                meant[answer] = meant.get(answer, 0) + 1
    for pair in pairs:
        wrong = {place for edit in pair.edits for place in range(edit.start, edit.end)}
        for width in range(1, WIDEST + 1):
            for start in range(len(pair.typed) - width + 1):
                typed = " ".join(pair.typed[start : start + width])
                if typed in found and wrong.isdisjoint(range(start, start + width)):
                    found[typed][typed] = found[typed].get(typed, 0) + 1
    return found


def memory_state(memory: Remembered) -> State:
    rows = [(typed, meant, count) for typed in sorted(memory) for meant, count in sorted(memory[typed].items())]
    return {"typed": [row[0] for row in rows], "meant": [row[1] for row in rows], "often": [row[2] for row in rows]}


def memory_from(state: State) -> Remembered:
    """Raises BundleError for what ``memory_state`` cannot have written."""
    typed, meant = _texts(state, "typed"), _texts(state, "meant")
    often = checks.entry(state, "often")
    counts = isinstance(often, list) and all(
        isinstance(count, int) and not isinstance(count, bool) and 0 < count < 2**53 for count in often
    )
    if not counts or not len(typed) == len(meant) == len(often) <= MOST_REMEMBERED:
        raise BundleError("the saved model's remembered corrections are not such; save the model again.")
    found: Remembered = {}
    for one, other, count in zip(typed, meant, often, strict=True):
        found.setdefault(one, {})[other] = count
    return found


def _texts(state: State, name: str) -> list[str]:
    value = checks.entry(state, name)
    if not isinstance(value, list) or not all(isinstance(text, str) and 0 < len(text) < LONGEST for text in value):
        raise BundleError(f"the saved model's {name!r} must be a list of words.")
    return value
