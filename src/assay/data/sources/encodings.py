"""Bytes to UTF-8: by their mark, by being valid, or by the likeliest of four old code pages.

The code pages are those of Western and Russian files; a longer list makes short files ambiguous.
"""

import codecs

from assay.core.errors import DataError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CODE_PAGES = ["cp1251", "cp1252", "koi8_r", "cp866"]
_SAMPLE_BYTES = 65536


def decode(content: bytes, source: str) -> tuple[str, str]:
    """The text and the name of its encoding. Raises DataError for content that is no text."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _strict(content[len(mark) :], encoding, source), f"{encoding} with a byte-order mark"
    if b"\0" in content[:_SAMPLE_BYTES]:
        raise DataError(f"{source}: this is no text file (it holds zero bytes); save it as CSV in UTF-8.")
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        encoding = _code_page(content, source)
    return _strict(content, encoding, source), encoding


def _strict(content: bytes, encoding: str, source: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise DataError(f"{source}: byte {error.start} is not valid {encoding}; save the file as UTF-8.") from error


def _code_page(content: bytes, source: str) -> str:
    """The likeliest code page, judged on the lines that hold anything beyond ASCII."""
    from charset_normalizer import from_bytes

    telling = b""
    for line in content.splitlines():
        if not line.isascii():
            telling += line + b"\n"
        if len(telling) > _SAMPLE_BYTES:
            break
    best = from_bytes(telling, cp_isolation=_CODE_PAGES).best()
    if best is None:
        raise DataError(
            f"{source}: the encoding was not recognised (not UTF-8, cp1251, cp1252, koi8-r or cp866); save it as UTF-8."
        )
    return best.encoding
