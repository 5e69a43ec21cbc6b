"""``assay model``: what a saved model is, and whether it is whole."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.console import one_line, say, say_json
from assay.cli.folders import model_path

if TYPE_CHECKING:
    from assay.bundle.manifest import Manifest

app = typer.Typer(help="Look into a saved model, or check it.", rich_markup_mode=None)

ModelArgument = Annotated[str, typer.Argument(metavar="MODEL", help="A saved model: RUN/model, or a .assay file.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


@app.command("show")
def show(model: ModelArgument, as_json: JsonOption = False) -> None:
    """Say what MODEL is: its recipe, columns, classes, threshold and proof."""
    from assay.bundle.model import read_manifest

    manifest = read_manifest(model_path(model))
    if as_json:
        say_json({"schema": 1, **as_object(manifest)})
        return
    for line in lines(manifest):
        say(one_line(line))


@app.command("verify")
def verify(model: ModelArgument, as_json: JsonOption = False) -> None:
    """Check every byte and every array of MODEL, and build it; exit 2 when something is wrong."""
    from assay.bundle.card import verify as check

    facts = check(model_path(model))
    if as_json:
        say_json({"schema": 1, "model": model, "whole": True, "facts": facts})
        return
    for fact in facts:
        say(one_line(fact))
    say(one_line(f"{model} is whole."))


def as_object(manifest: "Manifest") -> dict[str, Any]:
    return {
        "assay": manifest.assay,
        "recipe": manifest.recipe,
        "task": manifest.task,
        "columns": manifest.schema,
        "threshold": manifest.threshold,
        "card": manifest.card,
        "libraries": manifest.libraries,
        "files": manifest.files,
    }


def lines(manifest: "Manifest") -> list[str]:
    """The manifest as a person reads it."""
    card, task = manifest.card, manifest.task
    found = [
        f"{card.get('name', manifest.recipe)}: a {task['name']} model of {task['target']!r}, written by Assay {manifest.assay}",
    ]
    if task["classes"]:
        found.append(f"Classes: {', '.join(map(str, task['classes']))}")
    if task["name"] == "binary":
        cut = 0.5 if manifest.threshold is None else manifest.threshold
        found.append(f"Says {task['classes'][-1]!r} from a probability of {cut:.4g} on")
    features = [column for column in manifest.schema if column["role"] == "feature"]
    for kind in dict.fromkeys(column["kind"] for column in features):
        names = [column["name"] for column in features if column["kind"] == kind]
        found.append(f"Reads {len(names)} {kind}: {', '.join(names)}")
    metric = card.get("metric")
    if isinstance(metric, str):
        found += _proof(card, metric)
    found.append("Made with " + ", ".join(f"{name} {version}" for name, version in sorted(manifest.libraries.items())))
    return found


def _proof(card: Mapping[str, Any], metric: str) -> list[str]:
    """The study's metric, out of fold and on the locked rows, as far as the card has them."""
    told = (("In cross-validation", card.get("cross_validation")), ("On the locked test rows", card.get("metrics")))
    found = []
    for where, metrics in told:
        interval = (metrics or {}).get(metric)
        if interval is None:
            continue
        if interval["value"] is None:
            found.append(f"{where}: {metric} is undefined: {interval['undefined']}")
        elif interval["low"] is None:
            found.append(f"{where}: {metric} {interval['value']:.4f}")
        else:
            found.append(f"{where}: {metric} {interval['value']:.4f} [{interval['low']:.4f}, {interval['high']:.4f}]")
    if int(card.get("openings", 1)) > 1:
        found.append(f"It was opening {card['openings']} of these test rows.")
    return found
