"""Everything that explains a model of texts, on texts that it has not seen: what the command prints and the page shows.

For some texts, the most wrong first, then some by the seed: which words decided.  Where the model is a sum over terms (linear
models, naive Bayes) each word's part is exact; of any other model it is by how much the answer falls when the word is left
out.  For the model: what it gets wrong, which classes it confuses, and which words weigh most.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl

from assay.core.errors import ConfigError
from assay.core.seeds import generator
from assay.data.task import Task
from assay.explain.attention import attention_of, has_attention
from assay.explain.confused import Gallery, Judged, gallery, judged
from assay.explain.held import Held, HeldOut
from assay.explain.linear_texts import CellValues, LinearForm, cell_values, check_sum, linear_form
from assay.explain.text_explanation import (
    EXACT,
    LEFT_OUT,
    ClassWords,
    ColumnPieces,
    OfClass,
    Piece,
    TermValue,
    TextExplanation,
    TextLook,
    TextSettings,
)
from assay.explain.text_pieces import chunks, grouped, shared_out
from assay.explain.text_terms import columns_in, has_names, longest_run, names_of_terms
from assay.explain.unjudged import unjudged
from assay.measure.evaluate import evaluate
from assay.measure.interval import Interval
from assay.measure.parts import Part
from assay.measure.registry import metric_named
from assay.recipes.fitted import Fitted

MOST_WRONG, MOST_PAIRS, MOST_EACH = 24, 12, 4
MOST_PIECES = 1500
"""Of one cell that are shown: what comes after them is counted and cut off."""
MOST_SHOWN = 300
"""Characters of a text in the gallery."""
LEAST_CHANCE = 1e-12


def is_of_texts(fitted: Fitted) -> bool:
    """Whether all that the model reads is text, and its answers are classes or values."""
    return {column.kind for column in fitted.schema.features} == {"text"} and not fitted.task.special


def explain_texts(held: HeldOut, settings: TextSettings, tell: Callable[[str], None] = lambda _: None) -> TextExplanation:
    """Of models that read texts and nothing else (see ``is_of_texts``); what cannot be said is named with its reason.

    tell: is told what is being done.  Raises ConfigError for a row that there is not.
    """
    where = {int(unit): (part, place) for part in held.parts for place, unit in enumerate(part.units.tolist())}
    if settings.row is not None and settings.row not in where:
        raise ConfigError(f"row {settings.row} is none of these texts; rows are counted from 0.")
    tell("predictions")
    measured = held.measured() if held.knows_target else []
    rows = [one for part in measured for one in judged(part, held.task)]
    if not measured:
        rows = [one for part in held.parts for one in unjudged(part, held.cut)]
    found, left_out = None, []
    if measured:
        found = gallery(rows, held.task, most_wrong=MOST_WRONG, most_pairs=MOST_PAIRS, most_each=MOST_EACH)
    else:
        left_out.append(("the most wrong and the confused texts", f"the rows do not say {held.task.target!r}"))
    by_unit = {one.unit: one for one in rows}
    chosen = _chosen(rows, found, settings)
    tell(f"{len(chosen)} texts")
    forms = {id(part): linear_form(part.fitted) for part in held.parts}
    looks = []
    for unit, why in chosen:
        part, place = where[unit]
        looks.append(_look(by_unit[unit], why, part, place, forms[id(part)], settings))
    first = held.parts[0]
    weights = _weights(forms[id(first)], held.task, settings.words)
    if not weights:
        left_out.append(("the words that weigh most", f"recipe {held.recipe!r} has no weight for each word"))
    return TextExplanation(
        recipe=held.recipe,
        about=held.about,
        rows=held.n_rows,
        models=len(held.parts),
        right=_right(held, measured, settings.seed),
        gallery=found,
        classes=_of_classes(rows, held.task) if measured else (),
        looks=tuple(looks),
        weights=weights,
        weigher="" if not weights else "the model" if len(held.parts) == 1 else "the model of the first fold",
        gallery_texts={} if found is None else {unit: _cut(_text_of(*where[unit])) for unit in found.units},
        warnings=held.warnings,
        left_out=tuple(left_out),
    )


def _chosen(rows: list[Judged], found: Gallery | None, settings: TextSettings) -> list[tuple[int, str]]:
    """(row, why) of the texts that are looked at: the one asked for, half of the rest the most wrong, the others drawn."""
    units = [one.unit for one in rows]
    chosen = {} if settings.row is None else {settings.row: "asked"}
    for one in found.wrong if found is not None else ():
        if len(chosen) < (settings.texts + 1) // 2:
            chosen.setdefault(one.unit, "most wrong")
    for place in generator(settings.seed, "texts to look at").permutation(len(units)).tolist():
        if len(chosen) < settings.texts:
            chosen.setdefault(units[place], "drawn")
    return list(chosen.items())


def _right(held: HeldOut, measured: list[Part], seed: int) -> Interval | None:
    """The accuracy of the rows that were judged; None where nobody knows what was so."""
    if not measured or not held.task.is_classification:
        return None
    metric = metric_named("accuracy")
    found = evaluate({held.recipe: measured}, [metric], held.design, level=held.level, estimand=held.estimand, seed=seed)
    return found.interval(held.recipe, metric.name)


def _of_classes(rows: list[Judged], task: Task) -> tuple[OfClass, ...]:
    found = []
    for name in task.classes:
        own = [one for one in rows if one.truth == name]
        wrong = Counter(str(one.said) for one in own if not one.is_right)
        taken = min(wrong.items(), key=lambda entry: (-entry[1], entry[0])) if wrong else None
        found.append(OfClass(name, len(own), len(own) - sum(wrong.values()), taken))
    return tuple(found)


def _look(row: Judged, why: str, part: Held, place: int, form: LinearForm | None, settings: TextSettings) -> TextLook:
    features = part.features[[place]]
    if form is None:
        look = _by_leaving_out(row, why, part, features, settings)
        return replace(look, attention=attention_of(part.fitted, features)) if has_attention(part.fitted, features) else look
    said, against = _pair(row, part, features)
    cells, base, score = cell_values(form, features, said, against)
    task = part.fitted.task
    output = part.fitted.learner.predict(part.fitted.step.transform(features)).score
    check_sum(score, _asked(output, said, against))
    shown = [_pieces(cell) for cell in cells]
    carried = sum(one.value or 0.0 for cell in shown for one in cell.pieces)
    return TextLook(
        row,
        why,
        part.fold,
        EXACT,
        task.classes[against] if task.classes else "",
        score,
        base,
        tuple(shown),
        _strongest(cells, settings.terms),
        score - base - carried,
    )


def _pair(row: Judged, part: Held, features: pl.DataFrame) -> tuple[int, int]:
    """(the class that was said, the one it is set against): the true one where they differ, else the next likeliest."""
    task = part.fitted.task
    if not task.is_classification:
        return 1, 0
    said = task.classes.index(str(row.said))
    if task.name == "binary":
        return said, 1 - said
    if row.truth is not None and not row.is_right:
        return said, task.classes.index(str(row.truth))
    chance = part.fitted.predict(features)["probability"][0].copy()
    chance[said] = -1.0
    return said, int(chance.argmax())


def _asked(score: np.ndarray, said: int, against: int) -> float:
    """What the model itself says, on the scale of the sum.  score: (1,) or (1, K)."""
    if score.ndim == 1:
        return float(score[0]) if said else -float(score[0])
    return float(score[0, said] - score[0, against])


def _pieces(cell: CellValues) -> ColumnPieces:
    text, spans = cell.text, chunks(cell.text, MOST_PIECES)
    values = dict(zip(cell.places.tolist(), cell.values.tolist(), strict=True))
    counts = dict(zip(cell.places.tolist(), cell.counts.tolist(), strict=True))
    read = lambda texts: columns_in(cell.encoder, texts)  # noqa: E731  # one line, passed on
    carried = shared_out(text, spans, read, longest_run(cell.encoder), values, counts)
    return _end_to_end(cell.column, text, spans, carried)


def _end_to_end(column: str, text: str, spans: list[tuple[int, int]], values: np.ndarray) -> ColumnPieces:
    pieces, before = [], 0
    for (start, end), value in zip(spans, values.tolist(), strict=True):
        if start > before:
            pieces.append(Piece(text[before:start], None))
        pieces.append(Piece(text[start:end], value))
        before = end
    rest = text[before:]
    return ColumnPieces(column, tuple(pieces), len(rest) if rest.strip() else 0)


def _strongest(cells: list[CellValues], most: int) -> tuple[TermValue, ...]:
    found = []
    for cell in cells:
        order = np.argsort(-np.abs(cell.values), kind="stable")[:most]
        names = names_of_terms(cell.encoder, cell.places[order], cell.text)
        found += [
            TermValue(cell.column, name, int(cell.counts[at]), float(cell.values[at]))
            for name, at in zip(names, order.tolist(), strict=True)
        ]
    return tuple(sorted(found, key=lambda one: (-abs(one.value), one.column, one.term))[:most])


def _by_leaving_out(row: Judged, why: str, part: Held, features: pl.DataFrame, settings: TextSettings) -> TextLook:
    """How far the log odds of the answer (or the value) fall without each piece; other columns stay as they are."""
    fitted = part.fitted
    whole = _stand(fitted, features, row)[0]
    cells = []
    for column in fitted.schema.features:
        text = features[column.name][0] or ""
        spans = grouped(chunks(text, MOST_PIECES), settings.asked)
        without = [text[:start] + text[end:] for start, end in spans]
        values = np.zeros(0)
        if without:
            asked = pl.concat([features] * len(without)).with_columns(pl.Series(column.name, without, dtype=pl.String))
            values = whole - _stand(fitted, asked, row)
        cells.append(_end_to_end(column.name, text, spans, values))
    return TextLook(row, why, part.fold, LEFT_OUT, "", float(whole), None, tuple(cells))


def _stand(fitted: Fitted, features: pl.DataFrame, row: Judged) -> np.ndarray:
    """float64 (n,): log odds of what was said of the row, or the value."""
    found = fitted.predict(features)
    if not fitted.task.is_classification:
        return np.asarray(found["value"], dtype=np.float64)
    chance, said = found["probability"], fitted.task.classes.index(str(row.said))
    own = (chance if said else 1 - chance) if chance.ndim == 1 else chance[:, said]
    own = np.clip(own, LEAST_CHANCE, 1 - LEAST_CHANCE)
    return np.asarray(np.log(own) - np.log1p(-own))


def _weights(form: LinearForm | None, task: Task, most: int) -> tuple[ClassWords, ...]:
    if form is None or not task.is_classification or not all(map(has_names, form.encoders)):
        return ()
    found = []
    for code, name in enumerate(task.classes):
        weights, base = form.against_rest(code)
        words: list[tuple[str, float]] = []
        for encoder, weight in zip(form.encoders, weights, strict=True):
            order = np.argsort(-weight, kind="stable")[:most]
            order = order[weight[order] > 0]
            words += zip(names_of_terms(encoder, order), weight[order].tolist(), strict=True)
        words.sort(key=lambda entry: (-entry[1], entry[0]))
        found.append(ClassWords(name, base, tuple(words[:most])))
    return tuple(found)


def _text_of(part: Held, place: int) -> str:
    names = [column.name for column in part.fitted.schema.features]
    return " · ".join(part.features[name][place] or "" for name in names)


def _cut(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN].rstrip()} …"
