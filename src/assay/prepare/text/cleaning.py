"""Clean-up of texts: one setting a kind of thing that stands in them, applied over a column in polars.

The steps, in this order, each only where it is asked for: control characters, Unicode normal form, HTML tags, HTML entities,
links, mentions, hashtags, emoji, emoticons, ё, letter case, spaces.  What is named becomes a word between underscores, such as
``_link_`` or ``_smile_``, which every cut into words keeps whole.

Text decoded wrongly before it came here ("Ð¿Ñ€Ð¸Ð²ÐµÑ‚") is left as it is: what it was is a guess.
"""

import html
import unicodedata
from dataclasses import asdict, dataclass, fields
from typing import Literal, Self, get_args

import polars as pl

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean
from assay.core.state import State
from assay.prepare import checks
from assay.prepare.text.signs import EMAIL, EMOJI, EMOTICON, EMOTICONS, LINK

Way = Literal["keep", "drop", "name"]
Hashtags = Literal["keep", "word", "drop", "name"]
Entities = Literal["keep", "decode", "drop"]
Form = Literal["keep", "NFC", "NFKC"]
Yo = Literal["keep", "ye"]
Case = Literal["keep", "lower"]
Controls = Literal["keep", "drop"]
Spaces = Literal["keep", "single"]

_CONTROL = r"[\p{Cc}\x{AD}\x{200B}\x{200E}\x{200F}\x{202A}-\x{202E}\x{2060}\x{2066}-\x{2069}\x{FEFF}--[\t\n\r]]"
_UNSEEN = r"(?s)<!--.*?-->", r"(?is)<script\b[^<>]*>.*?</script\s*>", r"(?is)<style\b[^<>]*>.*?</style\s*>"
_TAG = r"</?[A-Za-z!?][^<>]*>"
_ENTITY = r"&(?:[A-Za-z][A-Za-z0-9]{1,31}|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});"
_MENTION = r"\B@\w+"
_HASHTAG = r"(^|[^\w&])#(\w*\p{L}\w*)"
_MARKS = ("VARIATION SELECTOR", "ZERO WIDTH JOINER", "EMOJI MODIFIER")


@dataclass(frozen=True, kw_only=True)
class Cleaning:
    """What happens to each kind of thing in a text; by default nothing does.

    links: addresses of pages and of e-mail; "keep", "drop" or "name" (``_link_``).
    hashtags: "keep", "word" (only the sign # goes), "drop" or "name" (``_hashtag_``).
    mentions: "@somebody"; "keep", "drop" or "name" (``_mention_``).
    tags: of HTML; "keep", "drop" (a space stands for each; comments, scripts and styles go whole) or "name" (``_tag_``).
    entities: of HTML, as ``&amp;``; "keep", "decode" or "drop".
    emoticons: "keep", "drop" or "name" (``_smile_``, ``_frown_``, …).
    emoji: "keep", "drop" or "name" (by their Unicode names: ``_grinning_face_``, ``_flag_ru_``).
    form: Unicode normal form; "keep", "NFC" (one code for one letter) or "NFKC" (also ﬁ → fi, ² → 2, ：→ :).
    yo: "keep", or "ye": ё is read as е.  case: "keep" or "lower".
    controls: "keep", or "drop" what is not seen (NUL and other control characters but line ends and tabs, soft hyphens,
        marks of direction and of byte order).
    spaces: "keep", or "single": white space of any kind and length is one space, and none at the ends.
    """

    links: Way = "keep"
    hashtags: Hashtags = "keep"
    mentions: Way = "keep"
    tags: Way = "keep"
    entities: Entities = "keep"
    emoticons: Way = "keep"
    emoji: Way = "keep"
    form: Form = "keep"
    yo: Yo = "keep"
    case: Case = "keep"
    controls: Controls = "keep"
    spaces: Spaces = "keep"

    def __post_init__(self) -> None:
        for field in fields(self):
            value, options = getattr(self, field.name), OPTIONS[field.name]
            if value not in options:
                raise ConfigError(f"{field.name}={value!r} is no way to clean texts{did_you_mean(str(value), options)}")

    def state(self) -> State:
        """JSON values only."""
        return asdict(self)

    @classmethod
    def from_state(cls, state: State) -> Self:
        return cls(**{name: checks.choice(state, name, options) for name, options in OPTIONS.items()})  # type: ignore[arg-type]


OPTIONS: dict[str, tuple[str, ...]] = {
    "links": get_args(Way),
    "hashtags": get_args(Hashtags),
    "mentions": get_args(Way),
    "tags": get_args(Way),
    "entities": get_args(Entities),
    "emoticons": get_args(Way),
    "emoji": get_args(Way),
    "form": get_args(Form),
    "yo": get_args(Yo),
    "case": get_args(Case),
    "controls": get_args(Controls),
    "spaces": get_args(Spaces),
}

SOCIAL = Cleaning(
    links="name",
    hashtags="word",
    mentions="name",
    tags="drop",
    entities="decode",
    emoticons="name",
    emoji="name",
    form="NFKC",
    yo="ye",
    controls="drop",
    spaces="single",
)
"""For posts and messages: what people point at is named, what they mean by signs becomes words."""


def clean(series: pl.Series, cleaning: Cleaning) -> pl.Series:
    """The texts, cleaned; a missing one stays missing.

    >>> clean(pl.Series(["Ёлка 🎄 :) https://a.ru &amp; @you <b>#ok</b>"]), SOCIAL).item()
    'Елка _christmas_tree_ _smile_ _link_ & _mention_ ok'
    """
    texts = series.cast(pl.String)
    if cleaning.controls == "drop":
        texts = texts.str.replace_all(_CONTROL, "")
    if cleaning.form != "keep":
        texts = texts.str.normalize(cleaning.form)
    texts = _markup(texts, cleaning)
    texts = _replaced(texts, f"(?i){LINK}|{EMAIL}", cleaning.links, "link")
    texts = _replaced(texts, _MENTION, cleaning.mentions, "mention")
    if cleaning.hashtags != "keep":
        texts = texts.str.replace_all(
            _HASHTAG, {"word": "${1}${2}", "drop": "${1}", "name": "${1} _hashtag_ "}[cleaning.hashtags]
        )
    texts = _pictures(texts, cleaning.emoji)
    if cleaning.emoticons == "drop":
        texts = texts.str.replace_all(EMOTICON, "")
    elif cleaning.emoticons == "name":
        for name, pattern in EMOTICONS:
            texts = texts.str.replace_all(pattern, f" _{name}_ ")
    if cleaning.yo == "ye":
        texts = texts.str.replace_many(["ё", "Ё"], ["е", "Е"])
    if cleaning.case == "lower":
        texts = texts.str.to_lowercase()
    return texts.str.replace_all(r"\s+", " ").str.strip_chars() if cleaning.spaces == "single" else texts


def emoji_name(emoji: str) -> str:
    """The Unicode names of its signs, as one word; of a flag, its country.  A sign newer than this Python is ``_emoji_``.

    >>> emoji_name("👍🏽"), emoji_name("🇷🇺"), emoji_name("3️⃣")
    ('_thumbs_up_sign_', '_flag_ru_', '_keycap_3_')
    """
    if emoji[0] in "0123456789#*":
        return f"_keycap_{emoji[0]}_"
    names = [unicodedata.name(sign, "EMOJI") for sign in emoji]
    if names[0].startswith("REGIONAL INDICATOR"):
        return f"_flag_{''.join(name[-1] for name in names).lower()}_"
    told = "_".join(name for name in names if not name.startswith(_MARKS))
    return f"_{''.join(sign if sign.isalnum() else '_' for sign in told.lower())}_"


def _replaced(texts: pl.Series, pattern: str, way: Way, name: str) -> pl.Series:
    return texts if way == "keep" else texts.str.replace_all(pattern, "" if way == "drop" else f" _{name}_ ")


def _markup(texts: pl.Series, cleaning: Cleaning) -> pl.Series:
    if cleaning.tags != "keep":
        for pattern in _UNSEEN:
            texts = texts.str.replace_all(pattern, " ")
        texts = texts.str.replace_all(_TAG, " " if cleaning.tags == "drop" else " _tag_ ")
    if cleaning.entities == "drop":
        return texts.str.replace_all(_ENTITY, " ")
    if cleaning.entities == "decode":
        found = _distinct(texts, _ENTITY)
        return texts.str.replace_many(found, [html.unescape(one) for one in found]) if found else texts
    return texts


def _pictures(texts: pl.Series, way: Way) -> pl.Series:
    if way != "name":
        return texts if way == "keep" else texts.str.replace_all(EMOJI, "")
    found = _distinct(texts, EMOJI)
    names = [f" {emoji_name(one)} " for one in found]
    return texts.str.replace_many(found, names, leftmost=True) if found else texts


def _distinct(texts: pl.Series, pattern: str) -> list[str]:
    """The longest first, for a sign may begin another."""
    found = texts.filter(texts.str.contains(pattern)).str.extract_all(pattern).explode().unique().drop_nulls().to_list()
    return sorted(found, key=lambda one: (-len(one), one))
