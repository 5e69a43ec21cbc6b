"""What stands between the network and the studio's pages."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from tests.serve.studio.made import AT, make_run

from assay.core.errors import ConfigError
from assay.serve.studio.app import make_studio
from assay.serve.studio.guard import Guard, Rules
from assay.serve.studio.place import Place
from assay.serve.studio.server import serve_studio

TOKEN = "a-token-of-many-letters"


def ask(app: Any, method: str, address: str, **more: Any) -> httpx.Response:
    async def once() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=AT) as client:
            return await client.request(method, address, **more)

    return asyncio.run(once())


@pytest.fixture
def echo() -> FastAPI:
    """Something behind the guard that says how long a body was."""
    app = FastAPI()

    @app.post("/{where}")
    async def length(request: Request) -> dict[str, int]:
        return {"length": len(await request.body())}

    @app.get("/{where}")
    def here() -> dict[str, str]:
        return {"here": "it is"}

    app.add_middleware(Guard, rules=Rules(("localhost",), body_bytes=100, more_bytes={"/up": 1000, "/upload": 5000}))
    return app


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evil.example:8080", ""])
def test_only_its_own_names_are_answered(echo: FastAPI, host: str) -> None:
    answer = ask(echo, "GET", "/x", headers={"host": host})
    assert answer.status_code == 421
    assert "here" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:3000"},  # another port is another program
        {"origin": "http://localhost:8080.evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "origin": AT},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_change_that_a_page_from_elsewhere_asks_for_is_refused(echo: FastAPI, headers: dict[str, str], method: str) -> None:
    answer = ask(echo, method, "/x", headers=headers)
    assert answer.status_code == 403
    assert "only the studio" in answer.text


@pytest.mark.parametrize("headers", [{}, {"origin": AT}, {"origin": AT, "sec-fetch-site": "same-origin"}])
def test_its_own_pages_and_programs_may_ask_for_changes(echo: FastAPI, headers: dict[str, str]) -> None:
    assert ask(echo, "POST", "/x", headers=headers, content=b"12345").json() == {"length": 5}


def test_a_page_from_elsewhere_may_link_and_neither_frame_nor_load() -> None:
    def status(mode: str, dest: str) -> int:
        app = FastAPI()
        app.get("/")(lambda: "it is")
        app.add_middleware(Guard, rules=Rules(None))
        headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": mode, "sec-fetch-dest": dest}
        return ask(app, "GET", "/", headers=headers).status_code

    assert status("navigate", "document") == 200
    assert status("navigate", "iframe") == 403
    assert status("no-cors", "image") == 403
    assert status("cors", "empty") == 403


def test_every_answer_forbids_what_the_pages_do_not_need(tmp_path: Path) -> None:
    make_run(tmp_path, "loans")
    app = make_studio(Place(tmp_path))
    for address in ("/", "/runs/loans", "/runs/absent", "/static/studio.css", "/nothing"):
        headers = ask(app, "GET", address).headers
        assert "default-src 'none'" in headers["content-security-policy"], address
        assert "'unsafe-inline'" not in headers["content-security-policy"].split("script-src")[1].split(";")[0], address
        assert headers["x-content-type-options"] == "nosniff", address
    assert ask(app, "GET", "/", headers={"host": "evil.example"}).headers["x-content-type-options"] == "nosniff"


def test_a_body_is_cut_off_where_it_is_longer_than_it_may_be(echo: FastAPI) -> None:
    assert ask(echo, "POST", "/x", content=b"a" * 100).json() == {"length": 100}
    assert ask(echo, "POST", "/x", content=b"a" * 101).status_code == 413
    assert ask(echo, "POST", "/up", content=b"a" * 1000).json() == {"length": 1000}
    assert ask(echo, "POST", "/up", content=b"a" * 1001).status_code == 413
    assert ask(echo, "POST", "/upload", content=b"a" * 5000).json() == {"length": 5000}, "the longest beginning counts"


def test_a_body_without_a_length_is_counted_as_it_comes(echo: FastAPI) -> None:
    async def pieces() -> Any:
        for _ in range(1000):
            yield b"a" * 50

    assert ask(echo, "POST", "/x", content=pieces()).status_code == 413


def test_without_the_token_nothing_is_shown(tmp_path: Path) -> None:
    make_run(tmp_path, "loans")
    app = make_studio(Place(tmp_path), token=TOKEN)
    for address in ("/", "/runs/loans", "/static/studio.css", "/?token=wrong", f"/?token={TOKEN}x", "/?token="):
        answer = ask(app, "GET", address)
        assert answer.status_code == 401, address
        assert "loans" not in answer.text
    assert ask(app, "POST", f"/new?token={TOKEN}").status_code == 401, "a token in an address lets nobody change anything"
    wrong = {"authorization": "Bearer wrong"}
    assert ask(app, "GET", "/", headers=wrong).status_code == 401


def test_the_token_in_the_address_becomes_a_cookie_and_leaves_the_address(tmp_path: Path) -> None:
    app = make_studio(Place(tmp_path), token=TOKEN)
    answer = ask(app, "GET", f"/?q=a+b&token={TOKEN}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?q=a+b")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert TOKEN not in cookie
    name, _, value = cookie.partition(";")[0].partition("=")
    assert ask(app, "GET", "/", headers={"cookie": f"other=1; {name}={value}"}).status_code == 200
    assert ask(app, "GET", "/", headers={"cookie": f"{name}={value[:-1]}"}).status_code == 401
    assert ask(app, "GET", "/", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_the_way_on_never_leads_to_another_host(tmp_path: Path) -> None:
    app = make_studio(Place(tmp_path), token=TOKEN)
    assert ask(app, "GET", f"{AT}//evil.example/x?token={TOKEN}").headers["location"] == "/evil.example/x"


def test_a_cookie_of_one_studio_opens_no_other(tmp_path: Path) -> None:
    one, other = Rules(None, TOKEN), Rules(None, TOKEN + "2")
    assert one.cookie != other.cookie
    assert not other.is_cookie(one.cookie_value())


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not there; name a folder"):
        serve_studio(tmp_path / "absent")
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="is a file; name a folder"):
        serve_studio(tmp_path, data=[tmp_path / "file"])


def test_a_run_is_not_a_folder_of_runs(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is a run itself; name the folder that holds it"):
        serve_studio(make_run(tmp_path, "loans"))


def test_a_token_that_can_be_guessed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="shorter than 16"):
        serve_studio(tmp_path, token="short")
