"""``assay keywords``: the words that tell each class from the others, with intervals."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.console import one_line, say, say_json, screen
from assay.cli.reading import DataArgument, DropOption, KindOption, TargetOption, reading
from assay.core.errors import ConfigError

if TYPE_CHECKING:
    from assay.data.dataset import Dataset
    from assay.language.keywords import Keyword


def keywords(  # more than 8 arguments: typer reads the options of the command off them
    data: DataArgument,
    target: TargetOption = None,
    column: Annotated[
        str | None, typer.Option("--column", metavar="COL", help="The texts (default: the only text column).")
    ] = None,
    drop: DropOption = None,
    kind: KindOption = None,
    words: Annotated[int, typer.Option("--words", metavar="N", help="Words shown for each class.")] = 15,
    longest: Annotated[int, typer.Option("--longest", metavar="N", help="Also runs of up to N words.")] = 1,
    min_texts: Annotated[int, typer.Option("--min-texts", metavar="N", help="Leave out words in fewer texts.")] = 3,
    prior: Annotated[
        float | None,
        typer.Option("--prior", metavar="TOKENS", help="What the prior weighs (default: a tenth of the smaller side)."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
) -> None:
    """Name the words that tell each class from the rest.

    The difference of log odds under an informative prior, with an interval; intervals hold for all words together, p-values are
    corrected for all of them. Words are counted in all rows, locked ones too: look at them to understand texts, not to choose
    features.
    """
    from assay.language.keywords import KeywordSettings
    from assay.language.keywords import keywords as find
    from assay.prepare.terms import TermSettings

    if words < 1:
        raise ConfigError(f"--words {words}: at least one word is shown.")
    terms = TermSettings(longest=longest, min_texts=1, max_terms=200_000)
    settings = KeywordSettings(terms=terms, min_texts=min_texts, prior_tokens=prior)
    table = reading(
        source=data,
        target=target,
        task=None,
        positive=None,
        drop=drop,
        kind=kind,
        time=None,
        group=None,
        weight=None,
        test=None,
        split=None,
    ).load()
    name = _column(table, column)
    question = table.question
    if not question.is_classification:
        raise ConfigError(f"keywords tell classes apart, and {question.target!r} is a {question.name} target.")
    found = find(table.frame[name], [question.classes[code] for code in table.target.tolist()], settings)
    if as_json:
        say_json({"schema": 1, "data": data, "column": name, "target": question.target, **found.to_json(words)})
        return
    say(one_line(f"{name}: {found.texts} texts, {len(found.terms)} words in at least {min_texts} of them, by {question.target}."))
    for one in found.classes:
        _print(one, found.of(one, words))
    say(
        one_line(
            f"Log odds of a word in the class less those elsewhere; the {found.level:.0%} intervals hold for all "
            f"{found.compared} differences together (Bonferroni), p is corrected for them (Holm)."
        )
    )


def _column(table: "Dataset", asked: str | None) -> str:
    """The column of texts.  Raises ConfigError where there is none, or several and none is asked for."""
    from assay.core.names import did_you_mean

    names = [column.name for column in table.schema.features if column.kind == "text"]
    if asked is not None:
        if asked not in names:
            raise ConfigError(f"{table.source} has no text column {asked!r}{did_you_mean(asked, names)}")
        return asked
    if len(names) != 1:
        what = (
            "no text column; say which is one with --kind COL=text"
            if not names
            else f"{len(names)} text columns ({', '.join(names)}); choose one with --column"
        )
        raise ConfigError(f"{table.source} has {what}.")
    return names[0]


def _print(name: str, words: "tuple[Keyword, ...]") -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    say()
    if not words:
        say(one_line(f"{name}: no word is shown to be commoner here than elsewhere."))
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in (name, "log odds", "interval", "p", "here", "elsewhere"):
        table.add_column(Text(one_line(heading)), justify="left" if heading == name else "right")
    for one in words:
        p = "< 0.001" if one.p < 0.001 else f"{one.p:.3f}"
        cells: tuple[Any, ...] = (
            one.term,
            f"{one.value:+.2f}",
            f"[{one.low:.2f}, {one.high:.2f}]",
            p,
            str(one.count),
            str(one.elsewhere),
        )
        table.add_row(*(Text(one_line(cell)) for cell in cells))
    screen().print(table)
