"""Recipes that correct spelling: the noisy channel, learned from pairs, and the dictionary alone as its baseline.

Both need to know what words there are.  "noisy-channel" and "dictionary" take those of the library wordfreq (the extra "text")
and of the training texts; "noisy-channel-of:SOURCE,…" takes what is named: lists of words with counts, texts without errors,
folders of both, and "wordfreq".
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

from assay.core.errors import ConfigError, DataError
from assay.core.state import State
from assay.data.rows import Rows
from assay.data.task import Task
from assay.language.spelling.learning import SHARE_OF_TEXTS, learn_speller
from assay.language.spelling.letters import ALPHABETS
from assay.language.spelling.speller import DictionarySpeller, Speller
from assay.language.spelling.words import MOST_WORDS, WordList, list_of_lines, words_of_wordfreq
from assay.prepare import checks
from assay.prepare.step import Matrix
from assay.recipes.frames import FrameStep
from assay.recipes.language.texts import given_texts, pairs, text_output
from assay.recipes.learner import Budget, Context, Output
from assay.recipes.recipe import Recipe

WORDFREQ = "wordfreq"
CARRIES = "words and frequencies of wordfreq (CC BY-SA 4.0)"
SUFFIXES = (".txt", ".csv", ".tsv")
LEAST_SHARE = 0.05
"""Of all letters: a language with fewer of them in the training texts is not one of theirs."""


def languages_of(texts: Sequence[str]) -> tuple[str, ...]:
    """The languages whose letters the texts are written in, of those with an alphabet.

    >>> languages_of(["Привет, world"]), languages_of(["2 + 2"])
    (('en', 'ru'), ())
    """
    whole = "".join(texts).lower()
    counts = {name: sum(whole.count(letter) for letter in letters) for name, letters in ALPHABETS.items()}
    total = sum(counts.values())
    return tuple(name for name, count in counts.items() if total and count >= LEAST_SHARE * total)


def known_words(sources: Sequence[str], texts: Sequence[str], most: int = MOST_WORDS) -> tuple[WordList | None, list[str]]:
    """(the lists of words among the sources as one, or None; the lines of the texts among them).

    texts: of the training rows; they say for which languages wordfreq is asked.  most: words of each language from there.
    Raises ConfigError for a source that is not there or cannot be read, MissingExtraError where wordfreq is not installed.
    """
    lists: list[WordList] = []
    lines: list[str] = []
    for source in sources:
        if source == WORDFREQ:
            languages = languages_of(texts)
            if not languages:
                raise ConfigError(
                    f"the texts hold no letters of {', '.join(ALPHABETS)}, whose words wordfreq knows; name a list."
                )
            lists.append(words_of_wordfreq(languages, most=most))
            continue
        for path in _files(Path(source)):
            found = list_of_lines(_lines(path), path.name)
            if found is None:
                lines += _lines(path)
            else:
                lists.append(found)
    whole = lists[0] if lists else None
    for more in lists[1:]:
        whole = whole.mixed_with(more, 0.5) if whole is not None else more
    return whole, lines


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        inside = sorted(one for one in path.iterdir() if one.suffix in SUFFIXES and one.is_file())
        if not inside:
            raise ConfigError(f"{path} holds no file of words or texts ({', '.join(SUFFIXES)}).")
        return inside
    return [path]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror or error}); name a list of words or a text.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is no text in UTF-8; name a list of words (word,count) or a text.") from error


@dataclass(frozen=True)
class FittedSpeller:
    KIND: ClassVar[str] = "speller"

    speller: Speller | DictionarySpeller

    def predict(self, matrix: Matrix) -> Output:
        return text_output(self.speller.correct(given_texts(matrix)))

    def state(self) -> State:
        return {"kind": self.KIND, "channel": isinstance(self.speller, Speller), "speller": self.speller.state()}

    @classmethod
    def from_state(cls, state: State) -> Self:
        read = Speller.from_state if checks.flag(state, "channel") else DictionarySpeller.from_state
        return cls(read(checks.entry(state, "speller")))


@dataclass(frozen=True, kw_only=True)
class SpellingLearner:
    """sources: where known words and their neighbours come from (see ``known_words``); the training targets always count.

    channel: whether the costs of errors and what words stand side by side are learnt from the pairs; else words alone are.
    most_words: of each language that wordfreq gives, the most frequent.
    """

    channel: bool = True
    sources: tuple[str, ...] = (WORDFREQ,)
    most_words: int = MOST_WORDS
    takes_weights: bool = False

    def wants_validation(self, task: Task) -> bool:  # noqa: ARG002
        return False

    def fit(
        self,
        rows: Rows,
        task: Task,  # noqa: ARG002
        *,
        validation: Rows | None,  # noqa: ARG002
        seed: int,
        budget: Budget,  # noqa: ARG002
        context: Context,  # noqa: ARG002
    ) -> FittedSpeller:
        given, wanted = pairs(rows)
        words, texts = known_words(self.sources, wanted, self.most_words)
        if self.channel:
            return FittedSpeller(learn_speller(given, wanted, words=words, texts=texts, seed=seed))
        seen = WordList.of_texts([*texts, *wanted])
        return FittedSpeller(DictionarySpeller(seen if words is None else words.mixed_with(seen, SHARE_OF_TEXTS)))


_TEXT = frozenset({"text"})

NOISY_CHANNEL = Recipe(
    name="noisy-channel",
    title="Noisy channel with costs of errors and context learned from pairs",
    tasks=frozenset({"spelling"}),
    step=FrameStep(),
    learner=SpellingLearner(),
    simplicity=20,
    reads=_TEXT,
    needs=_TEXT,
    extra="text",
    carries=CARRIES,
    treatable=False,
    encoded_treatments=False,
)

DICTIONARY = replace(
    NOISY_CHANNEL,
    name="dictionary",
    title="The most frequent known word within two edits",
    learner=SpellingLearner(channel=False),
    simplicity=6,
)


def noisy_channel_of(base: str) -> Recipe:
    """ "noisy-channel-of:SOURCE,…", where SOURCE is "wordfreq", a list of words, a text, or a folder of lists and texts."""
    return _of(NOISY_CHANNEL, base)


def dictionary_of(base: str) -> Recipe:
    """ "dictionary-of:SOURCE,…", as ``noisy_channel_of``."""
    return _of(DICTIONARY, base)


def _of(recipe: Recipe, base: str) -> Recipe:
    sources = _sources(base)
    learner: Any = replace(recipe.learner, sources=sources)  # type: ignore[type-var]
    theirs = WORDFREQ in sources
    name, extra, carries = f"{recipe.name}-of:{base}", "text" if theirs else None, CARRIES if theirs else ""
    return replace(recipe, name=name, learner=learner, extra=extra, carries=carries)


def _sources(base: str) -> tuple[str, ...]:
    """Raises ConfigError for a file that is not there, before anything is fitted."""
    sources = tuple(dict.fromkeys(one for one in base.split(",") if one))
    for source in sources:
        if source != WORDFREQ and not Path(source).exists():
            raise ConfigError(
                f"there is no {source}; name a list of words, a text without errors, a folder of them, or wordfreq."
            )
    return sources
