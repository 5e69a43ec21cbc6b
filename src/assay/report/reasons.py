"""What the engine says of itself, in the language of a page: reasons, promises and notes that summaries keep as English text."""

from assay.core.speech import Language, recognised
from assay.report.phrases.reasons import PHRASES

_PAIRS = tuple(PHRASES.values())


def reason_in(text: str, language: Language) -> str:
    """The text in the language; one that matches no phrase stays as it is, also where it is part of another.

    >>> reason_in("all 12 rows are of one class", "ru")
    'все строки (12) одного класса'
    >>> reason_in("said by nobody", "ru")
    'said by nobody'
    """
    return text if language == "en" or not text else recognised(text, _PAIRS)
