"""``assay model``: what a saved model is, and whether it is whole."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.console import one_line, say, say_json, screen, tell
from assay.cli.folders import model_path
from assay.cli.manual import epilog
from assay.core.errors import ConfigError

if TYPE_CHECKING:
    from assay.archive.manifest import Manifest
    from assay.explain.word_weights import WordWeights
    from assay.prepare.matrix.transform import Spectrum
    from assay.recipes.nets.picture_costs import NetworkCost

app = typer.Typer(help="Look into a saved model, or check it.", rich_markup_mode=None)

THEN = b'"then"'
"""Stands in the state of a model whose columns go through what acts on all of them, such as a projection."""

TERMS = b'"terms"'
"""Stands in the state of a model that reads texts as terms."""

PICTURE_NET = b'"architecture":"picture"'
"""Stands in the state of a model with a network for pictures."""

ModelArgument = Annotated[str, typer.Argument(metavar="MODEL", help="A saved model: RUN/model, or a .assay file.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


@app.command("show", epilog=epilog("model show"))
def show(model: ModelArgument, as_json: JsonOption = False) -> None:
    """Say what MODEL is, and how good it was found to be.

    Its recipe, columns, classes, threshold and proof; the eigenvalues of a projection in it; of a network for pictures its
    parameters, multiply-accumulates, receptive field, memory, and the time that it takes here; of a model that has a number for
    each word of a text, the words that weigh most (of naive Bayes λ and the log prior).
    """
    from assay.bundle.model import read_manifest

    path = model_path(model)
    manifest = read_manifest(path)
    spectra, networks, words = spectra_in(path), networks_in(path), words_in(path)
    if as_json:
        from assay.report.network_cost import to_json as cost_to_json
        from assay.report.spectrum import to_json

        told: dict[str, Any] = {"spectra": [{"recipe": name, **to_json(one)} for name, one in spectra]}
        if networks:
            told["networks"] = [cost_to_json(one) for one in networks]
        if words is not None:
            told["words"] = words.to_json()
        say_json({"schema": 1, **as_object(manifest), **told})
        return
    for line in lines(manifest):
        say(one_line(line))
    if words is not None:
        for line in words.lines():
            say(" " * (len(line) - len(line.lstrip())) + one_line(line))
    for network in networks:
        print_network(network)
    for name, one in spectra:
        print_spectrum(name, one)


@app.command("verify", epilog=epilog("model verify"))
def verify(
    model: ModelArgument,
    key: Annotated[
        Path | None, typer.Option(metavar="KEY.pub", help="Also that this key has signed it, as the file MODEL.sig says.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check every byte and every array of MODEL.

    And build it; exit 2 when something is wrong.

    Of an exported model (a name that ends in .onnx): its graph, and that it still gives the answers that were kept in it.
    """
    path = model_path(model)
    is_export = path.endswith(".onnx")
    if is_export:
        from assay.bundle.onnx.file import verify_onnx

        facts = verify_onnx(path)
    else:
        from assay.bundle.card import verify as check

        facts = check(path)
    if key is not None and is_export:
        raise ConfigError(f"{model} is an export, and only a saved model is signed; verify the model that it was made of.")
    if key is not None:
        from assay.archive.signature import verify_signature

        facts.append(f"signed by {verify_signature(Path(path), key)}, whose key is {key}")
    if as_json:
        say_json({"schema": 1, "model": model, "whole": True, "facts": facts})
        return
    for fact in facts:
        say(one_line(fact))
    say(one_line(f"{model} is whole."))


@app.command("keygen", epilog=epilog("model keygen"))
def keygen(
    key: Annotated[Path, typer.Argument(metavar="KEY", help="The file of the private key; KEY.pub is made beside it.")],
    as_json: JsonOption = False,
) -> None:
    """Make a pair of keys to sign models with.

    The private one stays with you, the public one goes to whoever verifies.
    """
    from assay.archive.signature import make_key

    public = make_key(key)
    if as_json:
        say_json({"schema": 1, "private": str(key), "public": str(public)})
        return
    say(one_line(f"{key} is yours alone; give {public} to those who verify."))


@app.command("sign", epilog=epilog("model sign"))
def sign(
    model: ModelArgument,
    key: Annotated[Path, typer.Option(metavar="KEY", help="The private key, as assay model keygen made it.")],
    as_json: JsonOption = False,
) -> None:
    """Sign MODEL, so that others know who made it.

    The file MODEL.sig beside it says so, to whoever has the public key.
    """
    from assay.archive.signature import sign as write_signature

    signature = write_signature(Path(model_path(model)), key)
    if as_json:
        say_json({"schema": 1, "model": model, "signature": str(signature)})
        return
    say(one_line(f"Signed: {signature}"))


@app.command("card", epilog=epilog("model card"))
def card(model: ModelArgument, as_json: JsonOption = False) -> None:
    """Print the card of MODEL, in Markdown or as JSON.

    What it is, what it reads, how good it is and how sure.
    """
    from assay.bundle.card import markdown
    from assay.bundle.model import read_manifest

    manifest = read_manifest(model_path(model))
    if as_json:
        say_json({"schema": 1, **as_object(manifest)})
    else:
        say(markdown(manifest))


@app.command("export", epilog=epilog("model export"))
def export(
    model: ModelArgument,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE.onnx", help="The file to write.")],
    int8: Annotated[
        str | None,
        typer.Option(
            "--int8", metavar="PICTURES", help="Of a network for pictures: in int8, made on half of these and judged on the rest."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write MODEL as ONNX, for runtimes without Assay.

    Preparation, learner and calibration in one graph. Each column is an input: float64 (n, 1) for a number, NaN where it is
    missing; text (n, 1) for a category, empty where it is missing. Nothing is written unless the graph, run on a few hundred
    rows, answers as the model does.

    With --int8 the layers of a network for pictures compute in whole numbers of eight bits. Half of PICTURES (no more than 500)
    measure the ranges; on the others its labels, its accuracy where they have classes, and its time are held against those of
    the float network. One line warns where the float file is better.
    """
    from assay.bundle.model import load_model
    from assay.bundle.onnx.file import export_onnx, verify_onnx

    path = model_path(model)
    loaded = load_model(path)
    told: dict[str, Any] = {}
    said: list[str] = []
    warning = None
    if int8 is None:
        written = export_onnx(loaded, out)
    else:
        from assay.cli.int8 import export_int8

        found, notes = export_int8(loaded, out, int8)
        for note in notes:
            tell(one_line(note))
        written, said, warning = found.path, found.lines(), found.warning
        told = {"int8": {**found.to_json(), "notes": notes}}
    facts = verify_onnx(written)
    if as_json:
        say_json({"schema": 1, "model": model, "written": str(written), "facts": facts, **told})
        return
    for fact in [*facts, *said]:
        say(one_line(fact))
    say(one_line(f"Written: {written}"))
    if warning is not None:
        say(one_line(warning))


def words_in(path: str) -> "WordWeights | None":
    """What each word weighs in a saved model of texts; the model is built only where it holds terms."""
    from assay.archive import files

    if TERMS not in files.read(Path(path))[files.STATE]:
        return None
    from assay.bundle.model import load_model
    from assay.explain.word_weights import word_weights

    return word_weights(load_model(path).fitted)


def spectra_in(path: str) -> "list[tuple[str, Spectrum]]":
    """Of the projections in a saved model; the model is built only where it holds one."""
    from assay.archive import files

    if THEN not in files.read(Path(path))[files.STATE]:
        return []
    from assay.bundle.model import load_model
    from assay.report.spectrum import spectra_of

    return list(spectra_of(load_model(path).fitted))


def networks_in(path: str) -> "list[NetworkCost]":
    """What the networks for pictures in a saved model cost; the model is built only where it holds one."""
    from assay.archive import files

    if PICTURE_NET not in files.read(Path(path))[files.STATE]:
        return []
    from assay.bundle.model import load_model
    from assay.recipes.nets.picture_costs import costs_of_model

    return list(costs_of_model(load_model(path).fitted, measured=True))


def print_network(cost: "NetworkCost") -> None:
    from assay.report.network_cost import lines as words

    for line in words(cost):
        say(one_line(line))


def print_spectrum(name: str, spectrum: "Spectrum") -> None:
    """A line for each direction that is kept."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from assay.report.spectrum import MOST_SHOWN, headline, kept_of, rows

    say()
    say(one_line(f"{name}: {headline(spectrum)}."))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("direction", "eigenvalue", "share", "together", "columns that weigh most"):
        table.add_column(Text(heading), justify="left" if heading.startswith("columns") else "right")
    for cells in rows(spectrum):
        table.add_row(*(Text(one_line(cell)) for cell in cells))
    screen().print(table)
    if kept_of(spectrum) > MOST_SHOWN:
        say(f"… and {kept_of(spectrum) - MOST_SHOWN} more, weaker (--json has them all).")


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
    """The study's metric, out of fold and on the locked rows, as far as the card has them; whatever else may stand there."""
    told = (("In cross-validation", card.get("cross_validation")), ("On the locked test rows", card.get("metrics")))
    found = []
    for where, metrics in told:
        interval = metrics.get(metric) if isinstance(metrics, Mapping) else None
        if not isinstance(interval, Mapping):
            continue
        value, low, high = (interval.get(name) for name in ("value", "low", "high"))
        if not isinstance(value, float):
            found.append(f"{where}: {metric} is undefined: {interval.get('undefined')}")
        elif not isinstance(low, float) or not isinstance(high, float):
            found.append(f"{where}: {metric} {value:.4f}")
        else:
            found.append(f"{where}: {metric} {value:.4f} [{low:.4f}, {high:.4f}]")
    openings = card.get("openings")
    if isinstance(openings, int) and openings > 1:
        found.append(f"It was opening {openings} of these test rows.")
    return found
