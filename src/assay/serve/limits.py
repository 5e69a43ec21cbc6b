"""What a server lets through."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assay.core.errors import ConfigError

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True)
class Limits:
    """body_bytes, rows: of one request.  waiting: requests under way at once, above which a new one is told to come back.

    held_bytes: of the bodies of all requests under way together.  connections: open at once.
    seconds: for a request's head to arrive, for its body, and for an answer.
    hosts: names under which the server may be asked, None: any.
    keys: SHA-256 of each key that opens it; none: it is open.
    """

    body_bytes: int = 16 * 2**20
    rows: int = 10_000
    held_bytes: int = 64 * 2**20
    connections: int = 1024
    waiting: int = 256
    seconds: float = 30.0
    hosts: tuple[str, ...] | None = None
    keys: tuple[bytes, ...] = ()

    def is_host(self, said: str) -> bool:
        """Whether the Host header names this server.  A page elsewhere whose name was made to lead here does not know it."""
        if self.hosts is None:
            return True
        name, colon, port = said.rpartition(":")
        return (name if colon and port.isdecimal() else said).lower() in self.hosts

    def is_open_to(self, authorization: str) -> bool:
        """Whether "Bearer KEY" holds a key; always where there are none.  It takes as long for any wrong one."""
        if not self.keys:
            return True
        scheme, _, key = authorization.partition(" ")
        told = key_digest(key.strip())
        return bool(sum(hmac.compare_digest(told, known) for known in self.keys)) and scheme.lower() == "bearer"


def key_digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def hosts_of(host: str, allowed: Sequence[str] = ()) -> tuple[str, ...] | None:
    """Names under which a server that listens on ``host`` is asked; None, any, where it listens on every address."""
    if host in LOOPBACK or host == "::1":
        return (*LOOPBACK, *(name.lower() for name in allowed))
    return (host.lower(), *(name.lower() for name in allowed)) if allowed or host not in ("0.0.0.0", "::", "") else None


def read_keys(path: Path) -> tuple[bytes, ...]:
    """Digests of the keys of a file, one a line; what begins with # is a comment.  Raises ConfigError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--keys {path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    keys = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if not keys:
        raise ConfigError(f"--keys {path} holds no key; write one a line.")
    short = [number for number, key in enumerate(keys, start=1) if len(key) < 16]
    if short:
        raise ConfigError(
            f"--keys {path}: key {short[0]} is shorter than 16 characters; python -c 'import secrets; "
            "print(secrets.token_urlsafe())' makes a good one."
        )
    return tuple(map(key_digest, keys))
