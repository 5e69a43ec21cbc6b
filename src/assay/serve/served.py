"""The models that a server answers for, by name."""

import asyncio
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.bundle.model import Model, load_model
from assay.core.errors import ConfigError
from assay.core.names import did_you_mean
from assay.serve.batching import Batcher
from assay.serve.http import Refusal
from assay.serve.shadow import Shadow, columns_of

CLOSE_SECONDS = 2.0
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Served:
    """One model under its name.  path: where it came from, None for one that was made here."""

    name: str
    model: Model
    batcher: Batcher
    path: Path | None = None
    shadow: Shadow | None = None

    @classmethod
    def of(cls, name: str, model: Model, path: Path | None = None, shadow: Model | None = None) -> "Served":
        return cls(name, model, Batcher(model, name), path, None if shadow is None else Shadow(shadow, model))

    async def retire(self) -> None:
        """Called when nobody new asks it; returns when what was asked is answered."""
        await self.batcher.done()
        await asyncio.get_running_loop().run_in_executor(None, self.close)

    def close(self) -> None:
        """Called when nothing is under way any more; a thread that does not come back is left behind."""
        self.batcher.close(CLOSE_SECONDS)
        if self.shadow is not None:
            self.shadow.close(CLOSE_SECONDS)


class Shelf:
    """Models by name; the first answers where no name is said.

    paths: from where a model can be loaded again.  shadows: by the name of the model that each stands beside.
    Raises ConfigError without a model, for a name that fits no address, and for a shadow that fits no model.
    """

    def __init__(
        self, models: Mapping[str, Model], paths: Mapping[str, Path] | None = None, shadows: Mapping[str, Model] | None = None
    ) -> None:
        if not models:
            raise ConfigError("there is no model to serve; name at least one.")
        for name in models:
            if not _NAME.fullmatch(name):
                raise ConfigError(f"a model cannot be served as {name!r}; use letters, digits, dot, dash and underscore.")
        for name in shadows or {}:
            if name not in models:
                raise ConfigError(f"a shadow stands beside {name!r}, which is not served{did_you_mean(name, models)}")
        self._served = {
            name: Served.of(name, model, (paths or {}).get(name), (shadows or {}).get(name)) for name, model in models.items()
        }

    @property
    def models(self) -> dict[str, Model]:
        return {name: one.model for name, one in self._served.items()}

    def __iter__(self) -> Iterator[Served]:
        return iter(tuple(self._served.values()))

    def named(self, name: str) -> Served:
        """The first where the name is "".  Raises Refusal 404."""
        if not name:
            return next(iter(self._served.values()))
        found = self._served.get(name)
        if found is None:
            raise Refusal(404, f"no model {name[:80]!r}{did_you_mean(name[:80], list(self._served))}")
        return found

    def load_again(self, name: str) -> Served:
        """The model of this name from its file as it is now, ready and not yet in its place (``put``).

        Raises BundleError for a file that is no model, Refusal for one of other columns or another question.
        """
        old = self.named(name)
        if old.path is None:
            raise Refusal(409, f"model {old.name!r} came from no file, so it cannot be loaded again.")
        model = load_model(old.path)
        if _face(model) != _face(old.model):
            raise Refusal(
                409, f"{old.path.name} now reads other columns or answers another question; serve it under another name."
            )
        return Served.of(old.name, model, old.path, None if old.shadow is None else old.shadow.model)

    def put(self, one: Served) -> Served:
        """In the place of the one of its name, which is given back: requests that it took it still answers."""
        old = self._served[one.name]
        self._served[one.name] = one
        return old

    def close(self) -> None:
        for one in self._served.values():
            one.close()


def _face(model: Model) -> Any:
    """What those who ask a model see of it."""
    return columns_of(model), model.fitted.task.to_json()
