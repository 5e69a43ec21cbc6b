"""Saved models within saved models: how deep they may be, so that no file can make the reader go down without end."""

from collections.abc import Collection, Sequence
from typing import Any

from assay.core.errors import BundleError
from assay.core.state import State

BLEND, STACK = "blend", "stack"
"""Kinds of learners made of whole models.  A stack holds neither; a blend may hold stacks."""


def refuse_members(parts: Sequence[State], kinds: Collection[str], whole: str) -> None:
    """Raise BundleError for a member that is itself made of models of these kinds.  parts: states of ``Fitted``."""
    for part in parts:
        learner: Any = part.get("learner")
        kind = learner.get("kind") if isinstance(learner, dict) else None
        if isinstance(kind, str) and kind in kinds:
            raise BundleError(f"the saved {whole} has a {kind} among its members; Assay writes none.")
