"""``assay recommend``: recommenders compared on a table of users and items; and a saved one asked for lists."""

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.console import one_line, runnable, say, say_json, screen, shown, tell
from assay.cli.outputs import writing
from assay.cli.reading import names_in
from assay.core.errors import ConfigError, DataError
from assay.data.safe_csv import write_csv

if TYPE_CHECKING:
    from assay.bundle.recommender import RecommenderModel
    from assay.measure.interval import Interval
    from assay.study.recommend.compare import Comparison
    from assay.study.recommend.finish import Finished
    from assay.study.verdicts import Verdict

RESULT, REPORT, MODEL = "recommend.json", "report.html", "model"


def recommend(  # more than 8 arguments: typer reads the options of the command off them
    data: Annotated[
        str, typer.Argument(metavar="DATA|MODEL", help="A table with a row for each user and item; or a saved model.")
    ],
    user: Annotated[str | None, typer.Option(metavar="COL", help="The column that names the user.")] = None,
    item: Annotated[str | None, typer.Option(metavar="COL", help="The column that names the item.")] = None,
    rating: Annotated[
        str | None, typer.Option(metavar="COL", help="How it was rated; without it every row says that the item was taken.")
    ] = None,
    time: Annotated[
        str | None, typer.Option(metavar="COL|@row", help="Learn from the past, find the future; @row: the order of the rows.")
    ] = None,
    recipes: Annotated[
        str | None,
        typer.Option(metavar="NAME,…", help="popularity, item-neighbours, pure-svd, implicit-als; with ratings also svd, als."),
    ] = None,
    metric: Annotated[str, typer.Option(help="What decides: ndcg, recall or rmse (of the ratings).")] = "ndcg",
    k: Annotated[int, typer.Option("--k", metavar="N", help="The length of the list that is measured.")] = 10,
    folds: Annotated[int, typer.Option(metavar="N", help="Cuts forward in time, or parts of each user's items.")] = 5,
    rank: Annotated[int, typer.Option(metavar="N", help="The most factors.")] = 32,
    liked: Annotated[
        float | None, typer.Option(metavar="RATING", help="The least rating worth finding (default: the median).")
    ] = None,
    margin: Annotated[
        float | None, typer.Option(metavar="X", help="Of the metric: differences within it are called the same.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the cuts and of the factors.")] = 0,
    finish: Annotated[bool, typer.Option("--finish", help="Open the locked rows, measure the winner on them.")] = False,
    top: Annotated[int, typer.Option(metavar="N", help="Items a user in the file of -o.")] = 10,
    recommendations: Annotated[
        str | None, typer.Option("-o", metavar="FILE.csv", help="After --finish, or from a MODEL: the lists of all users.")
    ] = None,
    users: Annotated[
        str | None, typer.Option("--for", metavar="FILE", help="With a MODEL: a table of the users to answer (default: all).")
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", metavar="DIR", help="Keep the result, the report and, after --finish, the model there.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
) -> None:
    """Compare recommenders by what users take next.

    All are held against popularity, with intervals by users.
    """
    where = _check_file(recommendations)
    if top < 1:
        raise ConfigError(f"--top {top}: a list has at least 1 item.")
    if _is_model(data):
        _answer(data, users, top, where)
        return
    if user is None or item is None:
        raise ConfigError("name the columns of users and items: --user COL --item COL.")
    if where is not None and not finish:
        raise ConfigError("-o writes what the finished recommender recommends; add --finish, or name a saved model.")
    if users is not None:
        raise ConfigError("--for asks a saved model; name one instead of a table.")
    folder = _folder(out)
    from assay.study.recommend.compare import compare, comparison_json
    from assay.study.recommend.finish import finish as finished
    from assay.study.recommend.settings import RecommendSettings
    from assay.study.recommend.table import read_ratings

    settings = RecommendSettings(
        recipes=() if recipes is None else tuple(names_in(recipes, "--recipes")),
        k=k, folds=folds, rank=rank, metric=metric, liked=liked, margin=margin, seed=seed,
    )  # fmt: skip
    table = read_ratings(data, user=user, item=item, rating=rating, time=time)
    found = compare(table, settings, tell)
    end = finished(found, "assay recommend --finish") if finish else None
    if end is not None and where is not None:
        _write(end.model, None, top, where)
    if folder is not None:
        _keep(folder, found, end)
    if as_json:
        test = None if end is None else end.to_json()
        say_json({**comparison_json(found), "test": test, "run": None if folder is None else str(folder)})
        return
    print_comparison(found)
    if end is not None:
        print_finished(end, found)
    if folder is not None:
        say(f"Report: {shown(folder / REPORT)}")
    if folder is not None and end is not None:
        say(f"Model:  {shown(folder / MODEL)}")
        say(f"Next:   {runnable('assay recommend')} {shown(folder / MODEL)} --top 10 -o lists.csv")


def _is_model(said: str) -> bool:
    path = Path(said)
    return path.suffix == ".assay" or (path / "manifest.json").is_file()


def _check_file(said: str | None) -> Path | None:
    """Raises ConfigError before the work whose result would be lost."""
    if said is None:
        return None
    path = Path(said)
    if path.suffix.lower() != ".csv":
        raise ConfigError(f"-o {said}: the lists are written as CSV; name it {path.with_suffix('.csv')}.")
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise ConfigError(f"-o {said}: it must be a file in a folder that exists.")
    return path


def _folder(out: str | None) -> Path | None:
    if out is None:
        return None
    path = Path(out)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"--out {out} cannot be made a folder: {error.strerror or error}.") from error
    return path


def _answer(model: str, users: str | None, top: int, where: Path | None) -> None:
    """The lists of a saved recommender, to a file or as CSV on stdout."""
    from assay.bundle.recommender import load_recommender, names_in
    from assay.data.reader import load

    loaded = load_recommender(model)
    asked = None
    if users is not None:
        frame = load(users).frame
        if loaded.user_column not in frame.columns:
            raise DataError(f"{users} has no column {loaded.user_column!r}, which names the users of this model.")
        asked = names_in(frame[loaded.user_column], users)
    _write(loaded, asked, top, where)


def _write(model: "RecommenderModel", users: list[str] | None, top: int, where: Path | None) -> None:
    from assay.core.files import write_atomic

    lists = model.recommend(users, top)
    stream = BytesIO()
    write_csv(lists, stream)
    if where is None:
        typer.echo(stream.getvalue().decode(), nl=False)
        return
    with writing(where, "-o"):
        write_atomic(where, stream.getvalue())
    new = lists.filter(~lists["known"])[model.user_column].n_unique()
    tell(f"{lists.height} recommendations are in {where}" + (f"; {new} users are new and got what is popular." if new else "."))


def _keep(folder: Path, found: "Comparison", end: "Finished | None") -> None:
    from assay.core.files import canonical_json, write_atomic
    from assay.report.recommend import write_recommend_page
    from assay.study.recommend.compare import comparison_json

    told: dict[str, Any] = {**comparison_json(found), "test": None if end is None else end.to_json()}
    with writing(folder):
        write_atomic(folder / RESULT, (canonical_json(told) + "\n").encode())
        write_recommend_page(Path(found.table.source).name, told, folder / REPORT)
    if end is not None:
        end.model.save(folder / MODEL)


def print_comparison(found: "Comparison") -> None:
    """A line for each recommender, the best first, then what the verdicts say."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    users, items = found.table.shape
    rows, locked = len(found.table), len(found.plan.locked)
    say(f"{rows} rows, {users} users, {items} items; {locked} rows are locked, {len(found.held)} cuts.")
    metrics = [metric.name for metric in found.measured.metrics]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("recipe", *metrics, "seconds"):
        table.add_column(Text(heading))
    for name in found.ranking + tuple(one for one in found.measured.names if one not in found.ranking):
        cells = [_said(found.interval(name, metric)) for metric in metrics]
        table.add_row(*(Text(one_line(cell)) for cell in (name, *cells, f"{found.seconds[name]:.1f}")))
    screen().print(table)
    for verdict in found.verdicts:
        if verdict.family != "against the leader":
            _print_verdict(verdict)
    leaders = [verdict for verdict in found.verdicts if verdict.family == "against the leader"]
    open_ones = [verdict.a for verdict in leaders if verdict.call not in ("b better", "a better")]
    if open_ones:
        say(one_line(f"Not shown to be worse than {found.winner}, which leads: {', '.join(open_ones)}."))
    for note in found.notes:
        say(one_line(note))


def _print_verdict(verdict: "Verdict") -> None:
    words = {"a better": f"{verdict.a} is better than {verdict.b}", "b better": f"{verdict.a} is worse than {verdict.b}"}
    said = words.get(verdict.call, f"{verdict.a} and {verdict.b}: {verdict.call}")
    difference = verdict.difference
    if difference.value is None or difference.low is None or difference.high is None or verdict.p is None:
        say(one_line(f"{said} by {verdict.metric}."))
        return
    ends = f"{difference.value:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}]"
    say(one_line(f"{said} by {verdict.metric}: {ends}, p {verdict.p:.2g} (paired by user, Holm)."))


def _said(interval: "Interval | None") -> str:
    return "ranks only" if interval is None else str(interval)


def print_finished(end: "Finished", found: "Comparison") -> None:
    """What the locked rows said, and how often they have been asked."""
    say()
    say(one_line(f"{end.name} on the {len(found.plan.locked)} locked rows, {len(end.held.users)} users:"))
    for name, interval in end.intervals().items():
        say(f"  {name}  {interval}")
    for verdict in end.verdicts:
        _print_verdict(verdict)
    for note in end.notes:
        say(one_line(note))
    if end.openings == 1 and not end.seen_before:
        say("This was the first opening of these rows.")
        return
    why = (
        f"This is opening {end.openings} of these rows"
        if end.openings > 1
        else f"{end.seen_before} of these rows were shown before"
    )
    say(f"{why}: the choice may have been led by them, and the numbers above are no longer honest ones.")
