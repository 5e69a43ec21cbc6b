"""Files of weights from https addresses: bounded in size, held against a checksum, and kept in the user's cache."""

import hashlib
import http.client
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from assay.core.errors import DataError
from assay.core.files import cache_folder, sha256_file

MOST_BYTES = 4 * 2**30
WAIT_SECONDS = 30.0
HTTPS = frozenset({"https"})

_PIECE = 2**20
_ADDRESS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+://")
_CHECKSUM = re.compile(r"[0-9a-fA-F]{64}")
_IN_NAME = re.compile(r"-([0-9a-f]{8,64})\.[a-z]+")
_BEHIND = "sha256="


def is_address(where: str) -> bool:
    """Whether it is an address rather than a path; of whatever scheme.

    >>> is_address("https://example.org/a.pth"), is_address("C:/a.pth"), is_address("models/a.pth")
    (True, False, False)
    """
    return _ADDRESS.match(where) is not None


def is_checksum(text: str) -> bool:
    return _CHECKSUM.fullmatch(text) is not None


def downloaded(address: str, sha256: str = "") -> Path:
    """The local copy of the file at an https address, downloaded unless it is there already.

    sha256: as ``weight_files.published_weights`` takes it.  Raises DataError.
    """
    return fetch(address, sha256, cache_folder("weights"), HTTPS, MOST_BYTES)


def fetch(address: str, sha256: str, folder: Path, schemes: frozenset[str], most_bytes: int) -> Path:
    """As ``downloaded``, into ``folder``; schemes: of addresses that are followed."""
    _check_scheme(address, schemes)
    parts = urlsplit(address)
    name = file_name(address)
    wanted = _wanted(parts, sha256, name)
    path = folder / f"{wanted}-{name}"
    if path.is_file() and sha256_file(path).startswith(wanted):
        return path
    request = Request(parts._replace(fragment="").geturl(), headers={"User-Agent": "assay"})
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as part:
            try:
                found = _written(part, _pieces(request, build_opener(_Redirects(schemes)), most_bytes))
                if not found.startswith(wanted):
                    raise DataError(
                        f"{address} gave a file whose SHA-256 is {found}, and {wanted} was expected; "
                        "check the address and the checksum."
                    )
                Path(part.name).replace(path)
            finally:
                Path(part.name).unlink(missing_ok=True)
    except OSError as error:
        raise DataError(
            f"weights cannot be kept in {folder} ({error.strerror}); make room, or point ASSAY_HOME elsewhere."
        ) from error
    return path


def file_name(address: str) -> str:
    """The last part of an address's path, in letters that every file system takes.

    >>> file_name("https://example.org/models/resnet%2018-f37072fd.pth?old=1")
    'resnet_18-f37072fd.pth'
    """
    path = re.split("[?#]", address, maxsplit=1)[0]
    return re.sub(r"[^A-Za-z0-9._-]", "_", unquote(path.rpartition("/")[2]))[-100:]


def _wanted(parts: SplitResult, sha256: str, name: str) -> str:
    """The checksum that the file must have, or its first digits."""
    behind = parts.fragment.removeprefix(_BEHIND) if parts.fragment.startswith(_BEHIND) else ""
    for given in (sha256, behind):
        if given and not is_checksum(given):
            raise DataError(f"{given!r} is no SHA-256; give its 64 hexadecimal digits.")
    in_name = _IN_NAME.search(name)
    wanted = sha256 or behind or (in_name[1] if in_name else "")
    if not wanted:
        raise DataError(
            f"{name or parts.geturl()} is downloaded only with a checksum; put #sha256= and the 64 digits that its publisher "
            "gives behind the address, or download it yourself and give its path."
        )
    return wanted.lower()


class _Redirects(HTTPRedirectHandler):
    """Follows an answer that names another address, where that is of an allowed scheme."""

    def __init__(self, schemes: frozenset[str]) -> None:
        self.schemes = schemes

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: http.client.HTTPMessage, newurl: str
    ) -> Request | None:
        _check_scheme(newurl, self.schemes)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check_scheme(address: str, schemes: frozenset[str]) -> None:
    try:
        parts = urlsplit(address)
        allowed = parts.scheme.lower() in schemes and bool(parts.hostname)
    except ValueError:  # an address of IPv6 that is none
        allowed = False
    if not allowed:
        raise DataError(f"weights are downloaded from https addresses alone, not from {address[:200]!r}.")


def _pieces(request: Request, opener: OpenerDirector, most_bytes: int) -> Iterator[bytes]:
    """What the address gives; a failure of the network is a DataError."""
    address, read = request.full_url, 0
    try:
        with opener.open(request, timeout=WAIT_SECONDS) as answer:
            said = _length(answer)
            if said is not None and said > most_bytes:
                raise _too_large(address, most_bytes)
            while piece := answer.read(_PIECE):
                read += len(piece)
                if read > most_bytes:
                    raise _too_large(address, most_bytes)
                yield piece
    except HTTPError as error:
        raise _failed(address, f"the server answers {error.code} {error.reason}") from error
    except (URLError, http.client.HTTPException, OSError, ValueError) as error:
        raise _failed(address, str(getattr(error, "reason", error)) or type(error).__name__) from error
    if said is not None and read < said:
        raise _failed(address, f"it ended after {read:,} of {said:,} bytes")


def _length(answer: Any) -> int | None:
    said = answer.headers.get("Content-Length", "")
    return int(said) if said.isdecimal() else None


def _too_large(address: str, most_bytes: int) -> DataError:
    return DataError(f"{address} is larger than {most_bytes:,} bytes, the most that is downloaded.")


def _failed(address: str, reason: str) -> DataError:
    return DataError(
        f"{address} could not be downloaded ({reason}); check the address and the network, or download it yourself and give "
        "its path."
    )


def _written(file: IO[bytes], pieces: Iterator[bytes]) -> str:
    """The SHA-256 of what was written."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
        file.write(piece)
    file.flush()
    return digest.hexdigest()
