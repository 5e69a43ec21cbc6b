"""What stands between the network and the studio's pages.

A page elsewhere that a browser has open must not be able to read or change anything here, so: the studio answers only under
its own names (Host), takes what changes anything only from its own pages (Origin, Sec-Fetch-Site), and, where it listens on
more than this machine, wants a token.  The token comes once in the address and stays in a cookie that no script can read.
"""

import hashlib
import hmac
import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assay.serve.limits import Limits, key_digest

SAFE = ("GET", "HEAD", "OPTIONS")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'self'"
)
# Not no-referrer: under that a browser says "Origin: null" for the forms of our own pages.
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""Set on every answer that does not set them itself."""

_YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Rules:
    """hosts: names under which the studio may be asked, None: any.  token: None where it is open.

    body_bytes: of one request.  more_bytes: for addresses that begin so, such as uploads; the longest beginning counts.
    """

    hosts: tuple[str, ...] | None
    token: str | None = None
    body_bytes: int = 2**20
    more_bytes: Mapping[str, int] = field(default_factory=dict)

    def is_host(self, said: str) -> bool:
        return Limits(hosts=self.hosts).is_host(said)

    def cap(self, path: str) -> int:
        fitting = [start for start in self.more_bytes if path.startswith(start)]
        return self.more_bytes[max(fitting, key=len)] if fitting else self.body_bytes

    @property
    def cookie(self) -> str:
        """Its name.  Cookies know no ports, so that two studios of one machine would overwrite each other's of one name."""
        return f"assay_studio_{self._digest('name')[:12]}"

    def is_cookie(self, said: str) -> bool:
        return hmac.compare_digest(said.encode(), self._digest("value").encode())

    def cookie_value(self) -> str:
        return self._digest("value")

    def is_token(self, said: str) -> bool:
        return self.token is not None and hmac.compare_digest(key_digest(said), key_digest(self.token))

    def _digest(self, purpose: str) -> str:
        return hashlib.sha256(f"assay studio {purpose} {self.token}".encode()).hexdigest()


class Guard:
    """ASGI middleware; see the header."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self.app, self.rules = app, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        closed = self._refusal(scope, headers) or self._admission(scope, headers)
        cap = self.rules.cap(scope["path"])
        if closed is None and _said_length(headers) > cap:
            closed = _too_large(cap)
        if closed is not None:
            await closed(scope, receive, _with_headers(send))
            return
        await self.app(scope, _capped(receive, cap), _with_headers(send))

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        if not self.rules.is_host(headers.get("host", "")):
            return _told("the studio is not asked under that name; start it with --allow-host NAME.", 421)
        if scope["method"] in SAFE:
            if not (is_own_page(headers) or is_link(headers)):
                return _told("a page from elsewhere asks; it may link to the studio, and no more.", 403)
        elif not is_own_page(headers):
            return _told("a page from elsewhere asks for a change; only the studio's own pages may.", 403)
        return None

    def _admission(self, scope: Scope, headers: Headers) -> Response | None:
        """None for who holds the token; a way on for who brings it in the address; otherwise a refusal."""
        rules = self.rules
        if rules.token is None or rules.is_cookie(_cookie(headers, rules.cookie)):
            return None
        scheme, _, said = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and rules.is_token(said.strip()):
            return None
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        brought = [value for key, value in query if key == "token"]
        if scope["method"] == "GET" and brought and rules.is_token(brought[-1]):
            return self._let_in(scope, [pair for pair in query if pair[0] != "token"])
        return _told("the studio wants its token: open the address that it printed when it was started.", 401)

    def _let_in(self, scope: Scope, query: Iterable[tuple[str, str]]) -> Response:
        """To the same address without the token, which would otherwise stay in the history and in what is copied."""
        rest = urlencode(list(query))
        path = "/" + scope.get("raw_path", scope["path"].encode()).decode("latin-1").lstrip("/")  # "//x" is another host
        answer = RedirectResponse(f"{path}?{rest}" if rest else path, 303)
        answer.set_cookie(
            self.rules.cookie, self.rules.cookie_value(), max_age=_YEAR, httponly=True, samesite="strict", secure=False
        )
        return answer


def is_own_page(headers: Headers) -> bool:
    """Whether the request comes from a page of the studio, or from a program, which says neither of the two headers."""
    site = headers.get("sec-fetch-site")  # another port of this machine is "same-site", and a stranger
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or origin.partition("://")[2].lower() == headers.get("host", "").lower() != ""


def is_link(headers: Headers) -> bool:
    """Whether the request opens a page in a tab, as a link from elsewhere may; not in a frame, and not as a picture or script."""
    return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"


def _told(sentence: str, status: int) -> Response:
    """A page that needs nothing else of the studio, which whoever is turned away cannot have."""
    start = '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
    style = "<style>body{font:1rem/1.6 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}</style>"
    return HTMLResponse(f'{start}<title>{status}</title>{style}<p class="error">{html.escape(sentence)}</p></html>\n', status)


def _too_large(cap: int) -> Response:
    return _told(_cap_words(cap), 413)


def _cap_words(cap: int) -> str:
    said = f"{cap / 2**20:.0f} MiB" if cap >= 2**20 else f"{cap} bytes"
    return f"the request is larger than {said}, which is the most taken here."


def _said_length(headers: Headers) -> int:
    said = headers.get("content-length", "0")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 20 else 0


def _cookie(headers: Headers, name: str) -> str:
    for part in headers.get("cookie", "").split(";"):
        key, _, value = part.strip().partition("=")
        if key == name:
            return value
    return ""


def _capped(receive: Receive, cap: int) -> Receive:
    """The body as it comes, until it is longer than it may be, whatever its head said."""
    taken = 0

    async def read() -> Message:
        nonlocal taken
        message = await receive()
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            if taken > cap:
                raise HTTPException(413, _cap_words(cap))
        return message

    return read


def _with_headers(send: Send) -> Send:
    async def write(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return write
