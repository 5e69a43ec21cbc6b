"""The page at /docs: what each model reads and answers, in plain HTML without a script or an outside link.

FastAPI's own page loads its script from elsewhere, which a machine without a network cannot.
"""

import json
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader

from assay.bundle.model import DEFAULT_THRESHOLD, Model
from assay.serve.schema import example, in_words

_MOST_LEVELS = 20


def docs_page(models: Mapping[str, Model]) -> str:
    """HTML. Every name that came from data is escaped by the template."""
    environment = Environment(loader=PackageLoader("assay.serve"), autoescape=True)
    first = next(iter(models))
    parts = [_facts(name, model, is_first=name == first) for name, model in models.items()]
    return environment.get_template("docs.html").render(models=parts)


def _facts(name: str, model: Model, *, is_first: bool) -> dict[str, Any]:
    task, schema = model.fitted.task, model.fitted.schema
    columns = []
    for column in schema.features:
        levels = list(column.levels[:_MOST_LEVELS]) if column.kind == "category" else []
        more = len(column.levels) - len(levels) if levels else 0
        columns.append({"name": column.name, "kind": column.kind, "cell": in_words(column), "levels": levels, "more": more})
    request = {"rows": [{column.name: example(column) for column in schema.columns}]}
    return {
        "name": name,
        "title": model.name,
        "paths": [*(["/predict"] if is_first else []), f"/models/{name}/predict"],
        "task": task,
        "threshold": DEFAULT_THRESHOLD if model.threshold is None else model.threshold,
        "columns": columns,
        "sets": model.conformal is not None,
        "reference": bool(model.reference),
        "pictures": any(column.kind == "image" for column in schema.features),
        "request": json.dumps(request, indent=2, ensure_ascii=False),
    }
