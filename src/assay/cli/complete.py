"""``assay complete``: how a saved language model would go on with a text."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.console import say, say_json, tell, visible
from assay.cli.folders import model_path
from assay.core.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np

    from assay.bundle.model import Model
    from assay.language.completing import Continuation, Suggestion
    from assay.language.next_token import NextToken
    from assay.prepare.corpus import FittedCorpus

LEAST_SHOWN = 0.0005
"""Of a probability with four digits."""


def complete(  # more than 8 arguments: typer reads the options of the command off them
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A saved model of the task language-model.")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help='The beginning of a text; "" for none.')],
    prefix: Annotated[str, typer.Option("--prefix", metavar="LETTERS", help="What the next word must begin with.")] = "",
    top: Annotated[int, typer.Option("--top", metavar="K", help="Words that are suggested.")] = 5,
    sample: Annotated[int, typer.Option("--sample", metavar="N", help="Draw N continuations instead.")] = 0,
    words: Annotated[int, typer.Option("--words", metavar="N", help="At most so many words of a continuation.")] = 50,
    temperature: Annotated[
        float, typer.Option("--temperature", metavar="T", help="Of drawing: below 1 safer, 0 the likeliest always.")
    ] = 1.0,
    top_k: Annotated[int | None, typer.Option("--top-k", metavar="K", help="Draw from the K likeliest words alone.")] = None,
    top_p: Annotated[
        float | None, typer.Option("--top-p", metavar="P", help="Draw from the likeliest words that together have this share.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the drawing.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
) -> None:
    """Go on with a text: the likeliest words, or samples.

    Probabilities are the model's own, of each word as the next one. With --sample, continuations are drawn word by word, after
    --temperature, --top-k and --top-p, in this order.
    """
    if sample < 0 or seed < 0:
        raise ConfigError("--sample and --seed must be 0 or more.")
    if sample and prefix:
        raise ConfigError("--prefix is for suggestions; leave it out with --sample.")
    from assay.language.sampling import Sampling

    sampling = Sampling(temperature=temperature, top_k=top_k, top_p=top_p)
    learner, step = _language_model(model)
    ids = _ids(step, text)
    if sample:
        drawn = _drawn(learner, step, ids, sampling, sample, words, seed)
        _say_drawn(model, text, drawn, as_json=as_json)
        return
    from assay.language.completing import suggest

    begin = prefix.lower() if step.lower else prefix
    _say_suggested(model, text, prefix, suggest(learner, step.vocabulary, ids, prefix=begin, top=top), as_json=as_json)


def _language_model(path: str) -> "tuple[NextToken, FittedCorpus]":
    from assay.bundle import load
    from assay.language.next_token import NextToken
    from assay.prepare.corpus import FittedCorpus

    loaded: Model = load(model_path(path))
    learner, step = loaded.fitted.learner, loaded.fitted.step
    if not isinstance(learner, NextToken) or not isinstance(step, FittedCorpus):
        task = loaded.fitted.task
        raise ConfigError(
            f"{path} answers {task.target!r} ({task.special or task.name}) and does not continue texts; assay complete takes a "
            "model of the task language-model."
        )
    return learner, step


def _ids(step: "FittedCorpus", text: str) -> "np.ndarray":
    """Without the end of the text, which is to be written yet."""
    import polars as pl

    from assay.prepare.corpus import UNKNOWN

    ids = step.ids(pl.Series([text])).row(0)[:-1]
    unknown = int((ids == UNKNOWN).sum())
    if unknown:
        tell(f"{unknown} of {len(ids)} words of the text are not in the model's vocabulary.")
    return ids


def _drawn(
    learner: "NextToken",
    step: "FittedCorpus",
    ids: "np.ndarray",
    sampling: Any,
    sample: int,
    words: int,
    seed: int,
) -> "list[Continuation]":
    """Each of them from a generator of its own, so that the first are the same however many are asked for."""
    import numpy as np

    from assay.language.completing import continuation

    seeds = np.random.SeedSequence(seed).spawn(sample)
    return [continuation(learner, step.vocabulary, ids, sampling, np.random.default_rng(one), most=words) for one in seeds]


def _say_suggested(model: str, text: str, prefix: str, found: "list[Suggestion]", *, as_json: bool) -> None:
    if as_json:
        told = [{"word": one.word, "probability": one.probability} for one in found]
        say_json({"schema": 1, "model": model, "text": text, "prefix": prefix, "suggestions": told})
        return
    if not found:
        say(f"No word of the vocabulary begins with {prefix!r}.")
    width = max((len(visible(one.word)) for one in found), default=0)
    for one in found:
        share = f"{one.probability:.4f}" if one.probability >= LEAST_SHOWN else f"{one.probability:.1e}"
        say(f"{visible(one.word):<{width}}  {share}")


def _say_drawn(model: str, text: str, drawn: "list[Continuation]", *, as_json: bool) -> None:
    if as_json:
        told = [{"words": list(one.words), "ended": one.ended, "log_probability": one.log_probability} for one in drawn]
        say_json({"schema": 1, "model": model, "text": text, "continuations": told})
        return
    for one in drawn:
        said = " ".join([*([text] if text else []), *one.words])
        say(f"{' '.join(said.split())}{'' if one.ended else ' …'}")
