"""``assay vectors``: word vectors from texts, and what can be asked of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.console import one_line, say, say_json, shown, tell
from assay.cli.manual import epilog
from assay.cli.outputs import write_out
from assay.core.errors import ConfigError

if TYPE_CHECKING:
    from assay.language.vectors.vectors import WordVectors

app = typer.Typer(help="Learn word vectors, ask them, align two languages.", rich_markup_mode=None)

VectorsArgument = Annotated[
    str, typer.Argument(metavar="VECTORS", help="A folder that train wrote; or a file of word2vec, GloVe, gensim or navec.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
CountOption = Annotated[int, typer.Option("--count", metavar="N", help="Answers to show.")]
SeedOption = Annotated[int, typer.Option(help="Of everything that is drawn.")]


@app.command("train", epilog=epilog("vectors train"))
def train(  # more than 8 arguments: typer reads the options of the command off them
    texts: Annotated[list[Path], typer.Argument(metavar="FILE…", help="UTF-8 text; a line is a sentence.")],
    out: Annotated[str, typer.Option("--out", "-o", metavar="VECTORS", help="Where they are written.")],
    method: Annotated[
        str, typer.Option(metavar="NAME", help="ppmi-svd, documents-svd, skip-gram, cbow, fasttext, glove or softmax.")
    ] = "skip-gram",
    width: Annotated[int, typer.Option(metavar="N", help="Numbers a word.")] = 100,
    window: Annotated[int | None, typer.Option(metavar="N", help="How far neighbours may be; else what is usual.")] = None,
    epochs: Annotated[int | None, typer.Option(metavar="N", help="Passes over the text; else what is usual.")] = None,
    min_count: Annotated[int, typer.Option(metavar="N", help="How often a word must stand in the text.")] = 5,
    form: Annotated[str, typer.Option(metavar="FORM", help="assay, word2vec-text, word2vec-binary or glove.")] = "assay",
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Learn word vectors from text files.

    From counts (ppmi-svd), or by word2vec, its subword form (fasttext: unknown words have vectors too), or GloVe. The same seed
    gives the same bytes.
    """
    from assay.language.vectors.corpus import corpus_of, sentences_of
    from assay.language.vectors.files.reading import write_vectors
    from assay.language.vectors.training import Training, train_vectors

    if min_count < 1:
        raise ConfigError(f"--min-count {min_count} must be at least 1.")
    training = Training(method=method, width=width, window=window, epochs=epochs)  # type: ignore[arg-type]  # it checks itself
    _check_form(form)
    corpus = corpus_of((words for path in texts for words in sentences_of(path)), min_count=min_count)
    tell(f"{corpus.read} words in {corpus.n_sentences} sentences; {len(corpus.words)} different ones stand {min_count} times")
    vectors = train_vectors(corpus, training, seed=seed)
    write_vectors(vectors, out, form)  # type: ignore[arg-type]  # checked above
    if as_json:
        told = {"words": len(vectors), "width": vectors.width, "read": corpus.read, "sentences": corpus.n_sentences}
        say_json({"schema": 1, **told, "made": dict(vectors.told), "out": out})
        return
    say(one_line(f"{len(vectors)} words of {vectors.width} numbers, {method}: {shown(out)}"))


@app.command("nearest", epilog=epilog("vectors nearest"))
def nearest(
    vectors: VectorsArgument,
    words: Annotated[list[str], typer.Argument(metavar="WORD…")],
    count: CountOption = 10,
    texts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Take the words as one text, and find the nearest lines of this file.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Find the nearest words, or the nearest lines.

    By the cosine of their vectors; a line is the mean of its words, rare ones weighing more.
    """
    found = _read(vectors)
    _check_count(count)
    if texts is not None:
        _nearest_lines(found, " ".join(words), texts, count, as_json)
        return
    answers = {word: found.nearest(word, count) for word in words}
    if as_json:
        rows = [{"word": word, "nearest": _pairs(answer)} for word, answer in answers.items()]
        say_json({"schema": 1, "words": rows})
        return
    for word, answer in answers.items():
        say(one_line(f"{word}: " + ", ".join(f"{near} {cosine:.3f}" for near, cosine in answer)))


def _nearest_lines(vectors: "WordVectors", text: str, file: Path, count: int, as_json: bool) -> None:
    from assay.core.errors import DataError
    from assay.language.vectors.sentences import SentenceIndex

    try:
        lines = tuple(line for line in file.read_text(encoding="utf-8-sig").splitlines() if line.strip())
    except UnicodeDecodeError as error:
        raise DataError(f"{file} is not UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8.") from error
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror or error}.") from error
    if not lines:
        raise DataError(f"{file} holds no text.")
    answers = SentenceIndex(lines, vectors).nearest(text, count)
    if as_json:
        rows = [{"line": place + 1, "text": lines[place], "cosine": cosine} for place, cosine in answers]
        say_json({"schema": 1, "text": text, "nearest": rows})
        return
    if not answers:
        say("No word of the text is known.")
    for place, cosine in answers:
        say(one_line(f"{cosine:.3f}  {lines[place]}"))


@app.command("analogy", epilog=epilog("vectors analogy"))
def analogy(
    vectors: VectorsArgument,
    a: Annotated[str, typer.Argument(metavar="A")],
    b: Annotated[str, typer.Argument(metavar="B")],
    c: Annotated[str, typer.Argument(metavar="C")],
    method: Annotated[str, typer.Option(metavar="add|mul", help="3CosAdd or 3CosMul.")] = "add",
    count: CountOption = 5,
    as_json: JsonOption = False,
) -> None:
    """Solve an analogy: A is to B as C is to what.

    king − man + woman is: assay vectors analogy VECTORS man king woman.
    """
    from assay.language.vectors.analogies import METHODS
    from assay.language.vectors.analogies import analogy as answer

    if method not in METHODS:
        raise ConfigError(f"--method {method} is neither add nor mul.")
    _check_count(count)
    found = answer(_read(vectors), a, b, c, count=count, method=method)  # type: ignore[arg-type]  # checked above
    if as_json:
        say_json({"schema": 1, "a": a, "b": b, "c": c, "method": method, "answers": _pairs(found)})
        return
    for word, score in found:
        say(one_line(f"{score:.3f}  {word}"))


@app.command("evaluate", epilog=epilog("vectors evaluate"))
def evaluate(
    vectors: VectorsArgument,
    questions: Annotated[Path, typer.Argument(metavar="QUESTIONS", help="A file such as questions-words.txt.")],
    method: Annotated[str, typer.Option(metavar="add|mul", help="3CosAdd or 3CosMul.")] = "add",
    among: Annotated[int, typer.Option(metavar="N", help="Answers are sought among the first N words.")] = 300_000,
    as_json: JsonOption = False,
) -> None:
    """Measure the share of analogies that are known.

    With an interval that takes a section of the file as one cluster, and the share of questions whose words are known.
    """
    from assay.language.vectors.analogies import read_questions, score_analogies

    if among < 1:
        raise ConfigError(f"--among {among} must be at least 1.")
    asked = read_questions(questions)
    score = score_analogies(_read(vectors), asked, method=method, among=among)  # type: ignore[arg-type]  # it checks itself
    if as_json:
        say_json({"schema": 1, **score.to_json()})
        return
    say(f"Accuracy {score.accuracy}, of {score.asked} questions whose words are known ({score.coverage:.1%} of them all).")
    for name, hits, of in score.sections:
        say(one_line(f"  {name}: {hits} of {of}"))


@app.command("translate", epilog=epilog("vectors translate"))
def translate(  # more than 8 arguments: typer reads the options of the command off them
    source: VectorsArgument,
    target: Annotated[str, typer.Argument(metavar="TARGET", help="Vectors of the other language.")],
    pairs: Annotated[Path, typer.Argument(metavar="PAIRS", help="Word pairs: CSV, or lines of two words.")],
    words: Annotated[list[str] | None, typer.Argument(metavar="WORD…", help="Words to translate.")] = None,
    form: Annotated[str, typer.Option(metavar="FORM", help="orthogonal or least-squares.")] = "orthogonal",
    search: Annotated[str, typer.Option(metavar="NAME", help="csls or cosine.")] = "csls",
    held_out: Annotated[float, typer.Option(metavar="SHARE", help="Of the pairs' source words, to measure on.")] = 0.2,
    count: CountOption = 5,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Align two languages, and translate words by it.

    A matrix is learned from some of the pairs; the accuracy at 1 and at 5, with intervals, is that of the pairs held out.
    """
    from assay.language.vectors import alignment

    if not 0 < held_out < 1:
        raise ConfigError(f"--held-out {held_out} must be between 0 and 1.")
    _check_count(count)
    known = alignment.read_pairs(pairs)
    here, there = _read(source), _read(target)
    learned, kept = alignment.split_pairs(known, held_out, seed=seed)
    found = alignment.align(here, there, learned, form=form)  # type: ignore[arg-type]  # it checks itself
    score = alignment.score_translation(found, here, there, kept, search=search)  # type: ignore[arg-type]  # likewise
    answers = {
        word: alignment.translate(found, word, here, there, count=count, search=search)  # type: ignore[arg-type]
        for word in words or ()
    }
    if as_json:
        rows = [{"word": word, "translations": _pairs(answer)} for word, answer in answers.items()]
        say_json({"schema": 1, "pairs": found.pairs, "form": form, **score.to_json(), "words_asked": rows})
        return
    say(f"Learned from {found.pairs} pairs; of {score.words} words held out right at 1 {score.at_1}, among 5 {score.at_5}.")
    for word, answer in answers.items():
        say(one_line(f"{word}: " + ", ".join(f"{near} {value:.3f}" for near, value in answer)))


@app.command("map", epilog=epilog("vectors map"))
def draw_map(  # more than 8 arguments: typer reads the options of the command off them
    vectors: VectorsArgument,
    out: Annotated[str, typer.Option("--out", "-o", metavar="FILE.svg", help="The picture.")],
    words: Annotated[str | None, typer.Option(metavar="WORD,…", help="Which words; else the most frequent longer ones.")] = None,
    near: Annotated[str | None, typer.Option(metavar="WORD", help="This word and its nearest.")] = None,
    count: Annotated[int, typer.Option(metavar="N", help="How many, where they are not named.")] = 80,
    layout: Annotated[str, typer.Option(metavar="NAME", help="pca or t-sne.")] = "pca",
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Draw words on a plane, as an SVG picture."""
    from assay.language.vectors.map import frequent, word_map
    from assay.report.pictures.word_map import word_map_svg

    if Path(out).suffix.lower() != ".svg":
        raise ConfigError(f"-o {out}: the picture is an SVG; name it {Path(out).with_suffix('.svg')}.")
    if words is not None and near is not None:
        raise ConfigError("--words and --near exclude each other.")
    _check_count(count)
    found = _read(vectors)
    if words is not None:
        chosen: Sequence[str] = [word.strip() for word in words.split(",") if word.strip()]
    elif near is not None:
        chosen = [near, *(word for word, _ in found.nearest(near, count))]
    else:
        chosen = frequent(found, count)
    made = word_map(found, chosen, layout=layout, seed=seed)  # type: ignore[arg-type]  # it checks itself
    title = f"{len(made.words)} words"
    write_out(Path(out), word_map_svg(made.words, made.points, title=title, description=made.told))
    if as_json:
        rows = [{"word": word, "x": x, "y": y} for word, (x, y) in zip(made.words, made.points.tolist(), strict=True)]
        say_json({"schema": 1, "layout": layout, "told": made.told, "words": rows, "out": out})
        return
    say(one_line(f"{len(made.words)} words, {made.told}: {shown(out)}"))


@app.command("convert", epilog=epilog("vectors convert"))
def convert(
    vectors: VectorsArgument,
    out: Annotated[str, typer.Option("--out", "-o", metavar="VECTORS", help="Where they are written.")],
    form: Annotated[str, typer.Option(metavar="FORM", help="assay, word2vec-text, word2vec-binary or glove.")] = "assay",
    as_json: JsonOption = False,
) -> None:
    """Write vectors in another form.

    Subwords and counts are kept in our own form alone.
    """
    from assay.language.vectors.files.reading import write_vectors

    _check_form(form)
    found = _read(vectors)
    write_vectors(found, out, form)  # type: ignore[arg-type]  # checked above
    if as_json:
        say_json({"schema": 1, "words": len(found), "width": found.width, "form": form, "out": out})
        return
    say(one_line(f"{len(found)} words of {found.width} numbers, {form}: {shown(out)}"))


def _read(path: str) -> "WordVectors":
    from assay.language.vectors.files.reading import read_vectors

    return read_vectors(path)


def _pairs(found: Sequence[tuple[str, float]]) -> list[dict[str, Any]]:
    return [{"word": word, "score": score} for word, score in found]


def _check_form(form: str) -> None:
    if form not in ("assay", "word2vec-text", "word2vec-binary", "glove"):
        raise ConfigError(f"--form {form} is none of assay, word2vec-text, word2vec-binary, glove.")


def _check_count(count: int) -> None:
    if count < 1:
        raise ConfigError(f"--count {count} must be at least 1.")
