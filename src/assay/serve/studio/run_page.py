"""The page of one run: what it is, how it goes, what it found, and its files."""

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from assay.core.errors import StudyError
from assay.serve.studio.files import send_file
from assay.serve.studio.pages import page
from assay.serve.studio.place import Place
from assay.serve.studio.progress import read_study
from assay.serve.studio.run_view import STATE_NOTES, STATE_WORDS, TONES, address, question, read_live, settings_of


def routes(place: Place) -> APIRouter:
    router = APIRouter()

    @router.get("/runs/{name}")
    def one(request: Request, name: str) -> Response:
        folder = place.run(name)
        return page(request, "run.html", **_known(folder), **_live(place, folder))

    @router.get("/runs/{name}/live")
    def live(request: Request, name: str) -> Response:
        return page(request, "run_live.html", **_live(place, place.run(name)))

    @router.get("/runs/{name}/files/{path:path}")
    def file(name: str, path: str) -> Response:
        return send_file(place.run(name), path)

    return router


def _known(folder: Path) -> dict[str, Any]:
    """What stays as it is while the run goes on."""
    try:
        study = read_study(folder)
    except StudyError:  # the live part says it
        study = {}
    settings = study.get("settings", {})
    return {
        "settings": settings_of(study),
        "source": study.get("identity", {}).get("source", ""),
        "command": settings.get("read.command") or "",
        "versions": settings.get("versions") or [],
        "fingerprint": study.get("identity", {}).get("fingerprint", ""),
    }


def _live(place: Place, folder: Path) -> dict[str, Any]:
    shown = read_live(place, folder)
    return {
        "name": folder.name,
        "here": address("runs", folder.name),
        "address": address,
        "live": shown,
        "question": question(shown.facts),
        "state": STATE_WORDS[shown.state],
        "state_note": STATE_NOTES[shown.state],
        "tone": TONES[shown.state],
    }
