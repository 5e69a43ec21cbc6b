"""The page of one training: what was trained, whether it went well, and what it looked like from inside.

Data objects in, one file out that loads nothing; neither torch nor a net is needed to draw it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.core.files import write_atomic
from assay.nets.inside.graph import Graph
from assay.nets.inside.record import Inside
from assay.nets.inside.sign import Sign
from assay.nets.inside.views import Activations, Landscape
from assay.report.language import ENGLISH
from assay.report.numbers import count
from assay.report.page import environment
from assay.report.training_figures import activation_figures, graph_figure, landscape_figure, layer_figures, loss_figures
from assay.report.training_words import GLOSSARY, answer, layer_table

CONTENTS = (
    ("losses", "Losses"),
    ("layers", "Layers"),
    ("graph", "How it computes"),
    ("landscape", "Around the weights"),
    ("activations", "What the layers give"),
    ("run", "What was run"),
    ("reading", "How to read this"),
)


@dataclass(frozen=True, kw_only=True)
class TrainingReport:
    """Everything the page shows.

    title: what the data is called.  recipe, about: its name and its title.  target: the column that is predicted.
    failure: why the training ended without a net, or "".  Then there is no landscape, no activations and no graph.
    graph: of a small net, else None.  provenance: entries of the section "What was run", in their order.
    """

    title: str
    recipe: str
    about: str
    target: str
    inside: Inside
    signs: tuple[Sign, ...]
    failure: str = ""
    landscape: Landscape | None = None
    activations: Activations | None = None
    graph: Graph | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)


def write_training_page(content: TrainingReport, path: Path) -> None:
    """Write the page to ``path``, whole or not at all; equal content gives equal bytes. Raises OSError."""
    write_atomic(path, render_training(content).encode())


def render_training(content: TrainingReport) -> str:
    """The page as text."""
    inside = content.inside
    sections = {
        "graph": content.graph is not None,
        "landscape": content.landscape is not None,
        "activations": content.activations is not None,
    }
    view: dict[str, Any] = {
        "w": ENGLISH,
        "content": content,
        "version": content.provenance.get("Versions", {}).get("assay", ""),
        "contents": [entry for entry in CONTENTS if sections.get(entry[0], True)],
        "answer": answer(inside, content.signs, content.failure),
        "signs": content.signs,
        "losses": loss_figures(inside, failed=bool(content.failure)),
        "layers": layer_table(inside),
        "layer_figures": layer_figures(inside),
        "recorded": f"{count(len(inside.steps))} of {count(_steps(inside))}",
        "graph": None if content.graph is None else graph_figure(content.graph),
        "landscape": None if content.landscape is None else landscape_figure(content.landscape),
        "activations": () if content.activations is None else activation_figures(content.activations),
        "row_names": () if content.activations is None else content.activations.rows,
        "run": [{"title": key, "value": value, "is_code": key == "Command"} for key, value in content.provenance.items()],
        "glossary": GLOSSARY,
    }
    return environment().get_template("training.html").render(**view)


def _steps(inside: Inside) -> int:
    """How many were begun."""
    return max(
        int(inside.steps[-1]) + 1 if len(inside.steps) else 0, int(inside.epoch_steps[-1]) if len(inside.epoch_steps) else 0
    )
