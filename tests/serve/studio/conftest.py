"""Shared fixtures of the studio's tests."""

import pytest
from jinja2 import Environment

from assay.serve.studio import app
from assay.serve.studio.pages import environment


@pytest.fixture(scope="session")
def templates() -> Environment:
    return environment()


@pytest.fixture(autouse=True)
def templates_are_compiled_once(templates: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not for every studio of every test."""
    monkeypatch.setattr(app, "environment", lambda: templates)
