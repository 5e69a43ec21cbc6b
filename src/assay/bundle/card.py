"""A saved model on one page of Markdown, and the facts that its verification found.

Names in it (columns, classes, files) are the user's, so everything is escaped: a page that is
rendered as HTML somewhere shows them as text.
"""

import html
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.bundle import files
from assay.bundle.manifest import FORMAT, Manifest, check

if TYPE_CHECKING:
    from assay.measure.conformal.coverage import Coverage
    from assay.measure.conformal.fitted import FittedConformal

_SPECIAL = re.compile(r"([\\`*_\[\]|#~!])")


def text(value: object) -> str:
    """A value as one line of Markdown text."""
    plain = " ".join(str(value).split())
    return _SPECIAL.sub(r"\\\1", html.escape(plain, quote=False))


def markdown(manifest: Manifest) -> str:
    """The model card."""
    card, task = manifest.card, manifest.task
    blocks = [f"# {text(card.get('name', manifest.recipe))}", "\n".join(f"- {line}" for line in _facts(manifest))]
    metrics, verdicts = card.get("metrics"), card.get("verdicts")
    if isinstance(metrics, Mapping) and metrics:
        blocks += ["## How good it is", _metric_table(metrics)]
    if isinstance(card.get("conformal"), Mapping):
        blocks += ["## How sure one answer is", *_conformal(card["conformal"])]
    if isinstance(verdicts, list) and verdicts:
        blocks += ["## What the choice rests on", "\n".join(f"- {_verdict(verdict)}" for verdict in verdicts)]
    columns = [[text(c.get("name")), text(c.get("kind")), len(c.get("levels", ())) or ""] for c in manifest.schema]
    blocks += ["## What it reads", _table(["column", "kind", "levels"], columns)]
    if task.get("classes"):
        blocks += ["## What it answers", "One of " + ", ".join(text(name) for name in task["classes"]) + "."]
    return "\n\n".join(blocks) + "\n"


def _facts(manifest: Manifest) -> list[str]:
    card, task = manifest.card, manifest.task
    lines = [f"recipe: {text(manifest.recipe)}", f"task: {text(task.get('name'))}, of {text(task.get('target'))}"]
    if task.get("name") == "binary":
        cut = 0.5 if manifest.threshold is None else manifest.threshold
        lines.append(f"positive class: {text(task['classes'][-1])}, from a probability of {cut:.4g} on")
    if card.get("prior") is not None:
        lines.append(f"prior: {_plain(card['prior'])}")
    if isinstance(card.get("correction"), Mapping):
        lines.append(f"probabilities after the treatment: {_correction(card['correction'])}")
    if card.get("created") is not None:
        lines.append(f"created: {text(card['created'])}")
    fingerprints = card.get("fingerprints")
    if isinstance(fingerprints, Mapping):
        lines += [f"fingerprint of {text(key)}: {text(value)}" for key, value in sorted(fingerprints.items())]
    versions = ", ".join(f"{text(key)} {text(value)}" for key, value in sorted(manifest.libraries.items()))
    return [*lines, f"written by Assay {text(manifest.assay)} with {versions}"]


def _correction(found: Mapping[str, Any]) -> str:
    """Which of "unchanged", "prior" and "calibrate" the out-of-fold log loss chose."""
    if not found.get("log_loss"):
        return f"{text(found.get('chosen'))}, without a comparison: too few rows for inner folds"
    return (
        f"{text(found.get('chosen'))}, by out-of-fold log loss on {_plain(found.get('rows'))} rows ({_plain(found['log_loss'])})"
    )


def _plain(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return ", ".join(_plain(item) for item in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{text(key)} {_plain(item)}" for key, item in value.items())
    return text("" if value is None else value)


def _conformal(found: Mapping[str, Any]) -> list[str]:
    """What ``conformal_card`` wrote: the promise, and how it was kept on rows that nothing was learned from."""
    if found.get("undefined") is not None:
        return [f"No sets or intervals: {text(found['undefined'])}"]
    lines = [
        text(found.get("guarantee", "nothing is said of what they promise")),
        *(text(note) for note in _list(found.get("notes"))),
    ]
    shares: dict[str, Any] = {}
    for measured in _list(found.get("coverage")):
        if isinstance(measured, Mapping):
            asked, per_class = _plain(measured.get("level")), measured.get("per_class")
            shares[f"at level {asked}"] = measured.get("overall")
            by_class = per_class if isinstance(per_class, Mapping) else {}
            shares |= {f"at level {asked}, {name}": interval for name, interval in by_class.items()}
            size = measured.get("mean_size")
            lines.append(f"mean size at level {asked}: {text(measured.get('size_undefined')) if size is None else _plain(size)}")
    blocks = ["\n".join(f"- {line}" for line in lines)]
    return [*blocks, _metric_table(shares, "held the truth")] if shares else blocks


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def conformal_card(conformal: "FittedConformal", measured: "Sequence[Coverage]", classes: tuple[str, ...] = ()) -> dict[str, Any]:
    """The ``conformal`` of a card: JSON values without NaN.

    measured: on rows that nothing was learned from, one for each level that is shown.  classes: labels in code order.
    Its "n" counts calibration rows (or groups), by class where the promise is kept within each.
    """
    counts = [part.n for part in conformal.calibration]
    return {
        "score": conformal.score.kind,
        "per_class": conformal.per_class,
        "source": conformal.source,
        "n": dict(zip(classes, counts, strict=True)) if conformal.per_class and classes else sum(counts),
        "guarantee": conformal.guarantee,
        "notes": [note for one in measured for note in conformal.notes(one.level, classes)],
        "coverage": [one.to_json(classes) for one in measured],
    }


def _metric_table(metrics: Mapping[str, Any], head: str = "metric") -> str:
    rows = []
    for name, found in metrics.items():
        interval = found if isinstance(found, Mapping) else {"value": found}
        value = interval.get("value")
        shown = f"undefined: {text(interval.get('undefined'))}" if value is None else _plain(value)
        rows.append(
            [text(name), shown, *(_plain(interval.get(key)) for key in ("low", "high", "level", "method", "estimand", "n"))]
        )
    return _table([head, "value", "low", "high", "level", "method", "of", "n"], rows)


def _verdict(verdict: object) -> str:
    if not isinstance(verdict, Mapping):
        return text(verdict)
    pair = f"{text(verdict.get('a'))} against {text(verdict.get('b'))} by {text(verdict.get('metric'))}"
    difference = verdict.get("difference")
    if isinstance(difference, Mapping):  # an interval's own JSON, or the flat form of --json
        verdict = {**verdict, **{key: difference.get(key) for key in ("low", "high")}, "difference": difference.get("value")}
    if verdict.get("difference") is None:
        return f"{pair}: {text(verdict.get('call'))}"
    span = f"{_plain(verdict['difference'])} [{_plain(verdict.get('low'))}, {_plain(verdict.get('high'))}]"
    return f"{pair}: {text(verdict.get('call'))}, difference {span}"


def _table(head: list[str], rows: list[list[Any]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows)])


def verify(path: str | Path) -> list[str]:
    """Check a saved model to the last array and build it; what was found, a sentence each.

    Raises BundleError at the first thing that is wrong.
    """
    from assay.bundle.model import build

    parts = files.read(Path(path))
    manifest = check(parts, str(path))
    facts = [f"format {FORMAT}, written by Assay {manifest.assay}"]
    facts += [f"{name}: {entry['bytes']} bytes, SHA-256 {entry['sha256']}" for name, entry in sorted(manifest.files.items())]
    model = build(manifest, parts, str(path))
    columns = len(model.fitted.schema.columns)
    facts.append("holds JSON and safetensors only: no pickle, nothing that could be run")
    facts.append(f"builds a {model.fitted.task.name} model: recipe {model.fitted.recipe}, {columns} columns")
    if model.conformal is not None:
        within = ", within each class" if model.conformal.per_class else ""
        facts.append(f"gives sets or intervals at any level: {model.conformal.score.kind}{within}")
    return facts
