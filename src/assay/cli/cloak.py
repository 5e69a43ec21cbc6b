"""``assay cloak``: pictures changed within a bound so that a given model no longer recognises them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.console import one_line, say, say_json, shown, tell
from assay.cli.folders import model_path
from assay.cli.outputs import writing
from assay.core.errors import ConfigError, DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.recipes.nets.cloaked import Cloaked


def cloak(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A saved model of a net for pictures.")],
    pictures: Annotated[list[str], typer.Argument(metavar="PICTURE…", help="Files; they keep their size.")],
    out: Annotated[str, typer.Option("--out", metavar="FOLDER", help="Where the cloaked pictures go, as NAME.png.")],
    eps: Annotated[float, typer.Option("--eps", metavar="E", help="By how many of its 256 steps a pixel may change.")] = 8.0,
    steps: Annotated[int, typer.Option("--steps", metavar="N", help="Steps of the search.")] = 60,
    seed: Annotated[int, typer.Option(help="Of the point from which the search begins.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
) -> None:
    """Change pictures so that a model does not know them.

    Within a bound for every pixel. It has worked when the model answers with another class and the features that it sees moved
    by half of their length; the same is said of the picture saved as JPEG. It holds for this model: another one may see through.
    """
    from assay.core.optional import require

    require("torch", extra="nets", purpose="assay cloak")
    from assay.bundle import load
    from assay.nets.attacks.cloak import Cloak
    from assay.recipes.nets.cloaked import cloak_picture

    how = Cloak(eps=eps, steps=steps)
    files = _targets(pictures, Path(out))
    loaded = load(model_path(model))
    found = []
    for source, file in files:
        try:
            made = cloak_picture(loaded.fitted, source, how, threshold=loaded.threshold, seed=seed)
        except DataError as error:
            raise DataError(f"{source}: {error}") from error
        with writing(file):
            from assay.core.files import write_atomic

            file.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(file, made.png)
        found.append((source, file, made))
        tell(f"{len(found)} of {len(files)} pictures done")
    if as_json:
        told = [{"picture": source, "file": str(file), **made.to_json()} for source, file, made in found]
        say_json({"schema": 1, "model": model, "eps": eps, "steps": steps, "seed": seed, "pictures": told})
        return
    _show(found)


def _targets(pictures: "Sequence[str]", folder: Path) -> list[tuple[str, Path]]:
    """(picture, its file).  Raises ConfigError before anything is made."""
    files: dict[Path, str] = {}
    for picture in pictures:
        if not Path(picture).is_file():
            raise ConfigError(f"{picture} is no file; name the pictures to cloak.")
        file = folder / f"{Path(picture).stem}.png"
        if file in files:
            raise ConfigError(f"{files[file]} and {picture} would both become {file}; cloak them into two folders.")
        if file.exists():
            raise ConfigError(f"{file} is there already; name another folder with --out.")
        files[file] = picture
    return [(picture, file) for file, picture in files.items()]


def _show(found: "Sequence[tuple[str, Path, Cloaked]]") -> None:
    for _, file, made in found:
        verdict = "worked" if made.worked else "did not work"
        say(one_line(f"{shown(file)}: {verdict}. {made.was} → {made.answer}, largest change {made.change}."))
        noise = f"noise of the same bound moves them by {made.by_noise:.2f}"
        say("  " + one_line(f"Features moved by {made.away:.2f} of their length; {noise}."))
        stands = "it stands" if made.stands_jpeg else "it does not stand"
        say("  " + one_line(f"As JPEG of quality 75: {stands} ({made.after_jpeg}, moved by {made.away_after_jpeg:.2f})."))
    worked = sum(made.worked for _, _, made in found)
    say(f"{worked} of {len(found)} cloaked; a larger --eps changes more.")
