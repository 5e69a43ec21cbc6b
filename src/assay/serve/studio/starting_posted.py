"""The body of a posted form, bounded."""

from urllib.parse import parse_qsl

from fastapi import Request

from assay.core.errors import ConfigError

MOST_FORM = 2**20
MOST_FIELDS = 20_000


async def posted(request: Request) -> list[tuple[str, str]]:
    """The pairs of a form.  Raises ConfigError for one that is none, or too long."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise ConfigError("a form is sent as application/x-www-form-urlencoded.")
    parts, length = [], 0
    async for part in request.stream():
        length += len(part)
        if length > MOST_FORM:
            raise ConfigError(f"the form is longer than {MOST_FORM} bytes.")
        parts.append(part)
    try:
        return parse_qsl(b"".join(parts).decode("utf-8", errors="replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise ConfigError(f"the form has more than {MOST_FIELDS} fields.") from error
