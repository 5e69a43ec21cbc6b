"""What a run is asked for that takes its data: its report, drawn again, and the leaderboard of what is done so far.

The report is shown in a frame that is shut off from the studio.
"""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from assay.serve.studio.commands import Commands
from assay.serve.studio.measured import fits_of, keep_measured
from assay.serve.studio.pages import page, wants_part
from assay.serve.studio.place import Place
from assay.serve.studio.run_view import address, report_state

DRAW_SECONDS = 1800.0


def routes(place: Place) -> APIRouter:
    router = APIRouter()

    @router.get("/runs/{name}/report")
    def show(request: Request, name: str) -> Response:
        folder = place.run(name)
        return page(request, "run_report.html", name=folder.name, here=address("runs", folder.name), report=report_state(folder))

    @router.post("/runs/{name}/report")
    def draw(request: Request, name: str) -> Response:
        folder = place.run(name)
        commands: Commands = request.app.state.commands
        commands.run(["report", "--", str(folder.absolute())], seconds=DRAW_SECONDS)
        target = f"{address('runs', folder.name)}/report"
        return _go(request, target)

    @router.post("/runs/{name}/measure")
    def measure(request: Request, name: str) -> Response:
        folder = place.run(name)
        commands: Commands = request.app.state.commands
        fits = fits_of(folder)
        summary = commands.json(["compare", "--json", "--", str(folder.absolute())], seconds=DRAW_SECONDS)
        keep_measured(place, folder, fits, summary)
        return _go(request, address("runs", folder.name))

    return router


def _go(request: Request, target: str) -> Response:
    return Response(headers={"HX-Redirect": target}) if wants_part(request) else RedirectResponse(target, 303)
