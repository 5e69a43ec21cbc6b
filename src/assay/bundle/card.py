"""A saved model on one page of Markdown, and the facts that its verification found.

Nothing on a card is trusted: it may hold anything that JSON can, and what has another form than a study writes is left out.
Names in it (columns, classes, files) are the user's, so everything is escaped: a page that is
rendered as HTML somewhere shows them as text.
"""

import html
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.archive import files
from assay.archive.manifest import FORMAT, Manifest, check

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
    blocks += ["## What it is for", *_purpose(card.get("intended_use")), *_learned_from(card.get("data"))]
    metrics, verdicts = card.get("metrics"), card.get("verdicts")
    if isinstance(metrics, Mapping) and metrics:
        blocks += ["## How good it is", _metric_table(metrics)]
    if isinstance(card.get("conformal"), Mapping):
        blocks += ["## How sure one answer is", *_conformal(card["conformal"])]
    if isinstance(verdicts, list) and verdicts:
        blocks += ["## What the choice rests on", "\n".join(f"- {_verdict(verdict)}" for verdict in verdicts)]
    blocks += [*_limits(card), *_groups(card.get("fairness"))]
    columns = [[text(c.get("name")), text(c.get("kind")), len(c.get("levels", ())) or ""] for c in manifest.schema]
    blocks += ["## What it reads", _table(["column", "kind", "levels"], columns)]
    if task.get("classes"):
        blocks += ["## What it answers", "One of " + ", ".join(text(name) for name in task["classes"]) + "."]
    return "\n\n".join(blocks) + "\n"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _purpose(found: object) -> list[str]:
    use = _mapping(found)
    stated = use.get("stated")
    told = "Not stated by who made it." if not isinstance(stated, str) else text(stated)
    question = use.get("question")
    return [told, f"It answers: {text(question)}."] if isinstance(question, str) else [told]


def _learned_from(found: object) -> list[str]:
    data = _mapping(found)
    if not data:
        return []
    lines = [f"source: {text(data.get('source'))}, {_plain(data.get('rows'))} rows, {_plain(data.get('locked'))} of them locked"]
    if data.get("learned_from") is not None:
        lines.append(f"learned from {_plain(data['learned_from'])} rows")
    if _mapping(data.get("columns")):
        lines.append("columns: " + ", ".join(f"{_plain(n)} {text(kind)}" for kind, n in data["columns"].items()))
    if data.get("groups") is not None:
        lines.append(f"in {_plain(data['groups'])} groups")
    for name, span in _mapping(data.get("time")).items():
        lines.append(f"{text(name)}: {' to '.join(text(end) for end in _list(span))}")
    blocks = ["## What it learned from", _bullets(lines)]
    classes = [
        [text(name), _plain(_mapping(one).get("rows")), _plain(_mapping(one).get("share"))]
        for name, one in _mapping(data.get("classes")).items()
    ]
    return [*blocks, _table(["class", "training rows", "share"], classes)] if classes else blocks


def _limits(card: Mapping[str, Any]) -> list[str]:
    lines = [text(line) for line in _list(card.get("limits"))]
    warnings = [text(_mapping(one).get("message")) for one in _list(card.get("warnings")) if _mapping(one).get("message")]
    lines += [f"The check of the data warned: {line}" for line in warnings]
    return ["## Limits", _bullets(lines)] if lines else []


def _groups(found: object) -> list[str]:
    """Rates by group of people, as ``explain.fairness`` measures them."""
    told = [_mapping(one) for one in _list(found)]
    if not told:
        return ["## Errors by group", "Not measured: no column was named that says which group of people a row is of."]
    blocks = ["## Errors by group"]
    for one in told:
        blocks.append(f"### By {text(one.get('column'))}")
        blocks += [f"Not measured: {text(one['undefined'])}"] if one.get("undefined") is not None else _rates(one)
    return blocks


def _rates(told: Mapping[str, Any]) -> list[str]:
    groups = [_mapping(group) for group in _list(told.get("groups"))]
    names = [*_mapping(groups[0].get("rates"))] if groups else []
    rows = [
        [
            *(text(group.get("group")), _plain(group.get("rows")), _span(group.get("base_rate"))),
            *(_span(_mapping(group.get("rates")).get(name)) for name in names),
        ]
        for group in groups
    ]
    shown = [_mapping(gap) for gap in _list(told.get("differences_shown"))]
    tested = f"{len(shown)} of {_plain(told.get('differences_tested'))} differences between groups are shown by these rows"
    blocks = [
        _table(["group", "test rows", "base rate", *map(text, names)], rows),
        f"{tested} (corrected for their number by {text(told.get('correction'))}).",
    ]
    lines = [
        f"{text(gap.get('what'))}: {text(gap.get('first'))} less {text(gap.get('second'))}, {_span(gap.get('difference'))}"
        for gap in shown
    ]
    return [*blocks, _bullets(lines)] if lines else blocks


def _span(found: object) -> str:
    interval = _mapping(found)
    if interval.get("value") is None:
        return "undefined"
    return f"{_plain(interval['value'])} [{_plain(interval.get('low'))}, {_plain(interval.get('high'))}]"


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
    for name, what in (("openings", "openings of these test rows"), ("seed", "seed")):
        if card.get(name) is not None:
            lines.append(f"{what}: {_plain(card[name])}")
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
