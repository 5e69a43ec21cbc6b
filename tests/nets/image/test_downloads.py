"""Weights from addresses: what is downloaded, what is kept, and what is refused.  The server is this test's own, on loopback."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from assay.core.errors import DataError
from assay.nets.image.downloads import HTTPS, downloaded, fetch

CONTENT = bytes(range(256)) * 5000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
HTTP = frozenset({"http"})


class Handler(BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", "/file.pth" if "here" in self.path else "ftp://127.0.0.1/file.pth")
            self.end_headers()
            return
        if self.path.startswith("/none"):
            self.send_error(404)
            return
        self.send_response(200)
        if "unsaid" not in self.path:
            self.send_header("Content-Length", str(len(CONTENT) + (7 if "short" in self.path else 0)))
        self.end_headers()
        self.wfile.write(CONTENT)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own
        """Nothing on the terminal."""


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """Its address, and the paths that it was asked for."""
    handler = type("Own", (Handler,), {"asked": []})
    running = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}", handler.asked  # type: ignore[attr-defined]
    running.shutdown()
    running.server_close()
    thread.join()


def got(address: str, folder: Path, sha256: str = "", most: int = 10**7) -> Path:
    return fetch(address, sha256, folder, HTTP, most)


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_file_is_downloaded_once_and_kept(server: tuple[str, list[str]], tmp_path: Path) -> None:
    address, asked = server
    first = got(f"{address}/file.pth", tmp_path / "new", SHA256)
    assert first.read_bytes() == CONTENT
    assert got(f"{address}/file.pth", tmp_path / "new", SHA256.upper()) == first
    assert asked == ["/file.pth"]
    assert left_in(tmp_path / "new") == [f"{SHA256}-file.pth"]


def test_a_kept_file_that_has_changed_is_downloaded_again(server: tuple[str, list[str]], tmp_path: Path) -> None:
    address, asked = server
    first = got(f"{address}/file.pth", tmp_path, SHA256)
    first.write_bytes(b"changed")
    assert got(f"{address}/file.pth", tmp_path, SHA256).read_bytes() == CONTENT
    assert len(asked) == 2


def test_the_checksum_may_stand_behind_the_address_or_begin_in_the_name(server: tuple[str, list[str]], tmp_path: Path) -> None:
    address, asked = server
    behind = got(f"{address}/file.pth?x=1#sha256={SHA256}", tmp_path)
    named = got(f"{address}/file-{SHA256[:8]}.pth", tmp_path)
    assert behind.read_bytes() == named.read_bytes() == CONTENT
    assert asked == ["/file.pth?x=1", f"/file-{SHA256[:8]}.pth"]


@pytest.mark.parametrize("path", ["/file-00000000.pth", "/file.pth#sha256=" + "0" * 64])
def test_a_file_of_another_checksum_is_refused_and_not_kept(server: tuple[str, list[str]], path: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"SHA-256 is {SHA256}, and 0+ was expected"):
        got(server[0] + path, tmp_path)
    assert left_in(tmp_path) == []


def test_a_checksum_that_is_given_goes_before_the_one_in_the_name(server: tuple[str, list[str]], tmp_path: Path) -> None:
    assert got(f"{server[0]}/file-20240101.pth", tmp_path, SHA256).read_bytes() == CONTENT


def test_without_a_checksum_nothing_is_asked_for(server: tuple[str, list[str]], tmp_path: Path) -> None:
    address, asked = server
    with pytest.raises(DataError, match=r"file.pth is downloaded only with a checksum; put #sha256="):
        got(f"{address}/file.pth", tmp_path)
    for wrong in ("abc", "g" * 64, SHA256[:8]):
        with pytest.raises(DataError, match="give its 64 hexadecimal digits"):
            got(f"{address}/file.pth", tmp_path, wrong)
    assert asked == []
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("path", ["/file.pth", "/unsaid.pth"])
def test_a_file_that_is_too_large_is_refused_and_not_kept(server: tuple[str, list[str]], path: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is larger than 1,000,000 bytes"):
        got(server[0] + path, tmp_path, SHA256, most=10**6)
    assert left_in(tmp_path) == []


def test_a_missing_page_a_short_answer_and_a_closed_port_are_told_apart(server: tuple[str, list[str]], tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"could not be downloaded \(the server answers 404 Not Found\)"):
        got(f"{server[0]}/none.pth", tmp_path, SHA256)
    with pytest.raises(DataError, match=r"ended after 1,280,000 of 1,280,007 bytes|bytes read"):
        got(f"{server[0]}/short.pth", tmp_path, SHA256)
    with pytest.raises(DataError, match=r"could not be downloaded \(.*refused"):
        got("http://127.0.0.1:1/file.pth", tmp_path, SHA256)
    assert left_in(tmp_path) == []


def test_an_address_that_sends_on_is_followed_only_to_an_allowed_scheme(server: tuple[str, list[str]], tmp_path: Path) -> None:
    assert got(f"{server[0]}/moved-here.pth", tmp_path, SHA256).read_bytes() == CONTENT
    with pytest.raises(DataError, match=r"https addresses alone, not from 'ftp://127\.0\.0\.1/file\.pth'"):
        got(f"{server[0]}/moved-away.pth", tmp_path, SHA256)


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:1/a.pth", "file:///etc/hostname", "ftp://example.org/a.pth", "https:///a.pth", "https://[::1/a.pth"],
)
def test_users_get_https_alone(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    with pytest.raises(DataError, match="from https addresses alone, not from"):
        downloaded(address, SHA256)
    assert sorted(HTTPS) == ["https"]


def test_a_folder_that_cannot_be_written_is_named(server: tuple[str, list[str]], tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataError, match=f"cannot be kept in {tmp_path}/file/weights .*ASSAY_HOME"):
        got(f"{server[0]}/file.pth", tmp_path / "file" / "weights", SHA256)


def test_weights_are_kept_below_the_home_that_the_user_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there is taken without a network: nobody answers at this address."""
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    kept = tmp_path / "weights" / f"{SHA256}-a.pth"
    kept.parent.mkdir()
    kept.write_bytes(CONTENT)
    assert downloaded("https://127.0.0.1:1/a.pth", SHA256) == kept
