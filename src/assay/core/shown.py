"""How objects show themselves in a notebook: as a small table, made of what they say of themselves.

No script and no colour of its own, so that it reads on a light page and on a dark one; every text is escaped.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from html import escape
from typing import Any

MOST_ROWS, MOST_ITEMS, DEEPEST = 50, 12, 4
_CELL = 'style="text-align:left;vertical-align:top;padding:.15em 1em .15em 0"'
_INTERVAL = frozenset({"value", "low", "high"})


class Shown:
    """Mix-in: the notebook form of an object, ``_repr_html_``, is what its ``to_json`` says; without one, its fields."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        told = getattr(self, "to_json", None)
        return show(type(self).__name__, fields_of(self) if told is None else told())


def fields_of(value: Any) -> dict[str, Any]:
    """The public fields of a dataclass; what is large is told by its type and size."""
    return {one.name: _brief(getattr(value, one.name)) for one in fields(value) if one.repr and not one.name.startswith("_")}


def _brief(value: Any) -> Any:
    shape = getattr(value, "shape", None)
    if shape is not None:  # an array, or a frame
        return f"{getattr(value, 'dtype', type(value).__name__)} {tuple(shape)}"
    told = getattr(value, "to_json", None)
    if told is not None:
        return told()
    if isinstance(value, Mapping):
        return {str(name): _brief(part) for name, part in value.items()}
    if isinstance(value, tuple | list):
        return [_brief(part) for part in value]
    return fields_of(value) if is_dataclass(value) and not isinstance(value, type) else value


def show(title: str, content: Mapping[str, Any]) -> str:
    """HTML of a title and what belongs to it.  content: as JSON has it: names, numbers, texts, lists and mappings of these."""
    return f"<div><strong>{escape(title)}</strong>{_shown(content, DEEPEST)}</div>"


def table(head: Sequence[str], rows: Iterable[Sequence[Any]], title: str = "") -> str:
    """HTML of a table, its first rows where there are many."""
    every = list(rows)
    lines = [f"<tr>{''.join(f'<td {_CELL}>{_shown(cell, 1)}</td>' for cell in row)}</tr>" for row in every[:MOST_ROWS]]
    heading = "".join(f'<th scope="col" {_CELL}>{escape(str(name))}</th>' for name in head)
    more = f"<div>… and {len(every) - MOST_ROWS} more</div>" if len(every) > MOST_ROWS else ""
    above = f"<strong>{escape(title)}</strong>" if title else ""
    return f"<div>{above}<table><thead><tr>{heading}</tr></thead><tbody>{''.join(lines)}</tbody></table>{more}</div>"


def _shown(value: Any, deep: int) -> str:
    if isinstance(value, Mapping):
        return _mapping(value, deep)
    if isinstance(value, list | tuple):
        return _list(value, deep)
    return escape(_text(value))


def _mapping(value: Mapping[str, Any], deep: int) -> str:
    if value.keys() >= _INTERVAL:
        return escape(_interval(value))
    if deep <= 0:
        return f"{len(value)} entries"
    lines = [
        f'<tr><th scope="row" {_CELL}>{escape(str(name))}</th><td {_CELL}>{_shown(part, deep - 1)}</td></tr>'
        for name, part in list(value.items())[:MOST_ROWS]
    ]
    more = f"<tr><td {_CELL}>… and {len(value) - MOST_ROWS} more</td></tr>" if len(value) > MOST_ROWS else ""
    return f"<table><tbody>{''.join(lines)}{more}</tbody></table>"


def _list(value: Sequence[Any], deep: int) -> str:
    if value and deep > 0 and all(isinstance(part, Mapping) and not part.keys() >= _INTERVAL for part in value):
        head = list(dict.fromkeys(name for part in value for name in part))
        return table(head, ([part.get(name, "") for name in head] for part in value))
    some = ", ".join(_text(part) if not isinstance(part, Mapping) else _interval(part) for part in value[:MOST_ITEMS])
    return escape(some + (f" … ({len(value)})" if len(value) > MOST_ITEMS else ""))


def _interval(value: Mapping[str, Any]) -> str:
    """An interval, or what has ends as one does."""
    if "value" not in value or value["value"] is None:
        return f"undefined: {value.get('undefined') or 'no value'}"
    ends = "" if value["low"] is None or value["high"] is None else f" [{_text(value['low'])}, {_text(value['high'])}]"
    return _text(value["value"]) + ends


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "" if value is None else str(value)
