"""Signs of a text as patterns of polars: links, e-mail addresses, emoji, emoticons, numbers, abbreviations, words.

polars matches with automata that never go back, so that a megabyte in one cell takes a megabyte's time; hence no pattern here
looks ahead or behind.  Alternatives are tried in order, so the longest sign of a kind stands first.
"""

LINK = r"""(?:https?://|ftp://|www\.)[^\s<>"]*[^\s<>"'.,:;!?)\]}»]"""
EMAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"

_PICTURE = r"[\p{Extended_Pictographic}--[©®‼⁉™ℹ↔-↪⌨〰〽㊗㊙]]"  # without the signs that are letters of business
_ONE = rf"{_PICTURE}(?:\x{{FE0F}}|\p{{Emoji_Modifier}})?"
EMOJI = rf"{_ONE}(?:\x{{200D}}{_ONE}){{0,9}}|\p{{Regional_Indicator}}{{2}}|[0-9#*]\x{{FE0F}}?\x{{20E3}}"

EMOTICONS: tuple[tuple[str, str], ...] = (
    ("tears", r"[:=]['’]-?\(+"),
    ("smile", r":-?[)\]]+|=-?\)+|\(+-?:|\^_*\^|\){2,}"),
    ("frown", r":-?[(\[]+|=-?\(+|\)+-:|\({2,}"),
    ("wink", r";-?\)+"),
    ("laugh", r"[:;=]-?[Dd]\b"),
    ("tongue", r"[:;=]-?[PpРр]\b"),
    ("surprise", r"[:=]-?[OoОо]\b|\b[OoОо]_[OoОо]\b"),
    ("kiss", r"[:;=]-?\*+"),
    ("doubt", r"[:=]-?[/\\]"),
    ("blank", r"[:=]-?\||-_+-"),
    ("heart", r"<3+\b"),
)
"""Name and pattern; ``))`` and ``((`` are how Russian writes a smile and a frown."""

EMOTICON = "|".join(pattern for _, pattern in EMOTICONS)

NUMBER = r"\d+(?:[.,:]\d+)+"
INITIALS = r"\b(?:\p{L}\.){2,}"
WORD = r"\w+"
JOINED_WORD = r"\w+(?:['’‑-]\w+)*"
SIGN = r"[!?]+|\.{2,}|-{2,}|[^\s\w]"
