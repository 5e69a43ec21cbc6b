"""What a form asks to be run: kept as it was typed, so that nothing is lost on a mistake; as an address; and as a command line.

The command line is the whole of it: a run that is started here is ``assay run`` with these words, and no more.
"""

import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from urllib.parse import urlencode

from assay.core.errors import ConfigError
from assay.serve.studio.place import is_plain_name

ROLES = ("ignored", "group", "time", "weight", "split")
"""What a column can be besides a feature; split says which rows are the test rows."""

ROW_ORDER = "@row"
_ONCE = ("group", "time", "weight", "split")
_WHOLE = {"folds": "folds", "repeats": "repeats", "seed": "the seed", "jobs": "processes"}
_NAME = re.compile(r"[^\W_][\w.-]*")
MOST_NAME = 80
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Texts as they were typed; "" is what a run does by itself.

    kinds, roles: (column, kind or role) for the columns of which something is said.  recipes, treatments: chosen from the lists;
    more_recipes, more_treatments: written by hand, with commas.  in_order: rows stand in the order of time.
    """

    data: str = ""
    target: str = ""
    task: str = ""
    positive: str = ""
    order: str = ""
    kinds: Pairs = ()
    roles: Pairs = ()
    in_order: bool = False
    recipes: tuple[str, ...] = ()
    more_recipes: str = ""
    treatments: tuple[str, ...] = ()
    more_treatments: str = ""
    metric: str = ""
    folds: str = ""
    repeats: str = ""
    seed: str = ""
    cost_missed: str = ""
    cost_alarm: str = ""
    copies: str = ""
    budget: str = ""
    jobs: str = ""
    strict: bool = False
    name: str = ""

    @staticmethod
    def of(pairs: Iterable[tuple[str, str]]) -> "Asked":
        """From the pairs of a query or a form; of what is said twice the last counts, and what is empty is not said."""
        said: dict[str, list[str]] = {}
        for key, value in pairs:
            value = value.replace("\r\n", "\n")
            if value.strip():
                said.setdefault(key, []).append(value)
        taken: dict[str, object] = {}
        for field in fields(Asked):
            values = said.get(field.name.removesuffix("s") if field.name in ("kinds", "roles") else field.name, [])
            if field.name in ("kinds", "roles"):
                taken[field.name] = _pairs(values)
            elif field.type is bool:
                taken[field.name] = bool(values)
            elif field.name in ("recipes", "treatments"):
                taken[field.name] = tuple(dict.fromkeys(values))
            elif values:
                taken[field.name] = values[-1] if field.name in ("data", "target", "positive") else values[-1].strip()
        return Asked(**taken)  # type: ignore[arg-type]

    def kind(self, column: str) -> str:
        return dict(self.kinds).get(column, "")

    def role(self, column: str) -> str:
        return dict(self.roles).get(column, "")

    def with_role(self, role: str) -> str | None:
        """The one column of a role that one may have; raises ConfigError for two."""
        found = [column for column, said in self.roles if said == role]
        if len(found) > 1:
            raise ConfigError(f"columns {found[0]!r} and {found[1]!r} both have the role {role}; one may.")
        return found[0] if found else None

    @property
    def dropped(self) -> tuple[str, ...]:
        return tuple(column for column, role in self.roles if role == "ignored")

    @property
    def time(self) -> str | None:
        column = self.with_role("time")
        if column is not None and self.in_order:
            raise ConfigError(f"column {column!r} is the time, and the order of the rows is too; choose one of the two.")
        return ROW_ORDER if self.in_order else column

    @property
    def cost(self) -> tuple[float, float] | None:
        """(of a missed positive, of a false alarm); raises ConfigError for what are no two numbers."""
        if not self.cost_missed and not self.cost_alarm:
            return None
        try:
            return float(self.cost_missed), float(self.cost_alarm)
        except ValueError as error:
            raise ConfigError("costs are two numbers: of a missed positive and of a false alarm; write both, or none.") from error

    @property
    def recipe_names(self) -> tuple[str, ...] | None:
        """None for the first choice."""
        names = (*self.recipes, *names_in(self.more_recipes))
        return names or None

    @property
    def treatment_names(self) -> tuple[str, ...]:
        return (*self.treatments, *names_in(self.more_treatments))

    def whole(self, name: str, usual: int) -> int:
        """A whole number of the form; raises ConfigError."""
        said = getattr(self, name)
        if not said:
            return usual
        if not re.fullmatch(r"-?\d{1,9}", said, re.ASCII):
            raise ConfigError(f"{_WHOLE[name]}: {said[:40]!r} is no whole number; write one such as {usual}.")
        return int(said)

    def check(self) -> None:
        """Raises ConfigError for what no run could be started with, whatever its data."""
        if not self.data:
            raise ConfigError("no data is chosen; upload a file, or choose one from a folder.")
        if any(kind not in SETTABLE_KINDS for _, kind in self.kinds):
            raise ConfigError(f"a column can be {', '.join(SETTABLE_KINDS[:-1])} or {SETTABLE_KINDS[-1]}.")
        if any(role not in ROLES for _, role in self.roles):
            raise ConfigError(f"the role of a column can be {', '.join(ROLES[:-1])} or {ROLES[-1]}, or it is a feature.")
        for name in _WHOLE:
            self.whole(name, 1)
        for role in _ONCE:
            self.with_role(role)
        self.time, self.cost  # noqa: B018 - raise for what cannot be

    def query(self) -> str:
        """As it stands in an address; ``of`` reads it back."""
        pairs: list[tuple[str, str]] = []
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in ("kinds", "roles"):
                pairs += [(field.name[:-1], f"{column}={said}") for column, said in value]
            elif isinstance(value, tuple):
                pairs += [(field.name, one) for one in value]
            elif value:
                pairs.append((field.name, "1" if value is True else value))
        return urlencode(pairs)

    def reading(self) -> list[str]:
        """The words that say how the data is read, common to ``assay run`` and ``assay check``."""
        words = [self.data]
        said = (
            ("--target", self.target),
            ("--task", self.task),
            ("--positive", self.positive),
            ("--time", self.time),
            ("--group", self.with_role("group")),
            ("--weight", self.with_role("weight")),
            ("--split", self.with_role("split")),
        )
        words += [word for option, value in said if value for word in option_words(option, value)]
        words += [word for column, kind in self.kinds for word in option_words("--kind", f"{column}={kind}")]
        return [*words, *(option_words("--drop", joined(self.dropped)) if self.dropped else [])]

    def to_check(self) -> list[str]:
        """``assay check``, without its first word.  It knows no order, so that an ordered target is one of classes there."""
        words = self.reading()
        if self.order or self.task == "ordinal":
            at = words.index("--task") if "--task" in words else len(words)
            words[at : at + 2] = ["--task", "multiclass"]
        for name in ("folds", "seed"):
            words += option_words(f"--{name}", getattr(self, name)) if getattr(self, name) else []
        return ["check", *words]

    def to_run(self, out: str) -> list[str]:
        """``assay run``, without its first word.  out: the run folder."""
        names = ("order", "metric", "folds", "repeats", "seed", "copies", "budget", "jobs")
        said = [(f"--{name}", getattr(self, name)) for name in names]
        if self.recipe_names:
            said.append(("--recipes", ",".join(self.recipe_names)))
        if self.treatment_names:
            said.append(("--treatments", ",".join(self.treatment_names)))
        if self.cost is not None:
            said.append(("--cost", f"{self.cost_missed},{self.cost_alarm}"))
        words = [word for option, value in said if value for word in option_words(option, value)]
        return ["run", *self.reading(), *words, *(["--strict"] if self.strict else []), *option_words("--out", out)]


SETTABLE_KINDS = ("number", "category", "date", "text", "image", "id")


def _pairs(values: Sequence[str]) -> Pairs:
    """("COLUMN=KIND", …) taken apart at the last equals sign; of a column said twice the last counts."""
    found: dict[str, str] = {}
    for value in values:
        column, equals, said = value.rpartition("=")
        if equals and column and said.strip():
            found[column] = said.strip()
    return tuple(found.items())


def option_words(option: str, value: str) -> list[str]:
    """An option with its value, which may look like an option itself.

    >>> option_words("--target", "denied"), option_words("--target", "--finish")
    (['--target', 'denied'], ['--target=--finish'])
    """
    return [f"{option}={value}"] if value.startswith("-") else [option, value]


def joined(names: Sequence[str]) -> str:
    """Names as the command line takes several of them.

    >>> joined(['age', 'loan, old', 'say "no"'])
    'age,"loan, old","say ""no""\"'
    """
    return ",".join('"' + name.replace('"', '""') + '"' if re.search(r'[,"]', name) else name for name in names)


def names_in(text: str) -> tuple[str, ...]:
    """The names that were written with commas; empty ones are none."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def command_line(words: Sequence[str]) -> str:
    """As it can be typed in a shell."""
    return shlex.join(["assay", *words])


def check_name(name: str) -> str:
    """The name of a new run; raises ConfigError for one that would be no plain name of a folder."""
    if not name:
        raise ConfigError("the run has no name; write one, such as loans-1.")
    if not is_plain_name(name) or len(name) > MOST_NAME or _NAME.fullmatch(name) is None:
        raise ConfigError(
            f"{name[:60]!r} cannot be a run's name: it begins with a letter or a digit, and holds letters, digits, '-', '_' and "
            f"'.', at most {MOST_NAME}."
        )
    return name
