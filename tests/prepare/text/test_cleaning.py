"""Clean-up: each setting alone, the example of the reference step by step, and what texts may hold at worst."""

import html
from dataclasses import replace

import polars as pl
import pytest

from assay.core.errors import BundleError, ConfigError
from assay.prepare.text.cleaning import OPTIONS, SOCIAL, Cleaning, clean, emoji_name
from assay.prepare.text.forms import forms_of
from assay.prepare.text.stop_words import is_stop_word
from assay.prepare.text.words import words


def cleaned(text: str, **settings: str) -> str:
    return clean(pl.Series([text]), Cleaning(**settings)).item()


def test_the_example_of_the_reference_goes_step_by_step() -> None:
    text = "Крутяк, я изучаю машинное обучение в #УрФУ #Наука ! https://urfu.ru/ru :)"
    bare = cleaned(text, links="drop", hashtags="word")
    assert bare == "Крутяк, я изучаю машинное обучение в УрФУ Наука !  :)"
    tokens = words(cleaned(bare, case="lower"))
    assert tokens == ["крутяк", ",", "я", "изучаю", "машинное", "обучение", "в", "урфу", "наука", "!", ":)"]
    telling = [token for token in tokens if token not in {",", "!"} and not is_stop_word(token)]
    assert telling == ["крутяк", "изучаю", "машинное", "обучение", "урфу", "наука", ":)"]
    lemmas = ["крутяк", "изучать", "машинный", "обучение", "урфа", "наука", ":)"]  # no dictionary has УрФУ: a guess
    assert forms_of(telling, "lemmas") == lemmas
    assert forms_of(telling, "stems") == ["крутяк", "изуча", "машин", "обучен", "урф", "наук", ":)"]


def test_a_link_that_was_printed_as_a_tag_goes_with_the_tags() -> None:
    assert words(cleaned("наука ! <link> :)", tags="drop")) == ["наука", "!", ":)"]


@pytest.mark.parametrize(
    ("text", "settings", "expected"),
    [
        ("see https://a.ru/b?c=1, or www.b.com.", {"links": "drop"}, "see , or ."),
        ("пиши на почта@сайт.рф!", {"links": "name"}, "пиши на  _link_ !"),
        ("(HTTP://A.RU/x)", {"links": "name"}, "( _link_ )"),
        ("#ok #не_да C# a#b #1 &#39;", {"hashtags": "word"}, "ok не_да C# a#b #1 &#39;"),
        ("#ok #да", {"hashtags": "drop"}, " "),
        ("#да", {"hashtags": "name"}, " _hashtag_ "),
        ("@you, @маша: me@home", {"mentions": "drop"}, ", : me@home"),
        ("@you", {"mentions": "name"}, " _mention_ "),
        ("<p>Да<br/>no</p> 1 < 2 > 0", {"tags": "drop"}, " Да no  1 < 2 > 0"),
        ("a<!-- <b> --><script>x < y</script>c<STYLE>q</style>", {"tags": "drop"}, "a  c "),
        ("<b>ok", {"tags": "name"}, " _tag_ ok"),
        ("&lt;b&gt; &amp;amp; &#1078; &#x436; &nosuch; R&D;", {"entities": "decode"}, "<b> &amp; ж ж &nosuch; R&D;"),
        ("a&nbsp;b &amp; c", {"entities": "drop"}, "a b   c"),
        ("да :) no :-( ;) :D <3 )))", {"emoticons": "drop"}, "да  no     "),
        ("да :) no :-( ;) :D <3 )))", {"emoticons": "name"}, "да  _smile_  no  _frown_   _wink_   _laugh_   _heart_   _smile_ "),
        ("да 👍🏽👩‍💻🇷🇺! ©", {"emoji": "drop"}, "да ! ©"),
        ("😀❤️", {"emoji": "name"}, " _grinning_face_  _heavy_black_heart_ "),
        ("👩 👩‍💻", {"emoji": "name"}, " _woman_   _woman_personal_computer_ "),
        ("e\u0301 и\u0306", {"form": "NFC"}, "é й"),
        ("ﬁ ² № ：）", {"form": "NFKC"}, "fi 2 No :)"),
        ("Ёлка её", {"yo": "ye"}, "Елка ее"),
        ("ЁЛКА Tree İ", {"case": "lower"}, "ёлка tree i̇"),
        ("a\0b\x07\u200b\ufeff\tc\nд\u00ad", {"controls": "drop"}, "ab\tc\nд"),
        (" a \u00a0\n б  ", {"spaces": "single"}, "a б"),
    ],
)
def test_each_setting_does_what_it_says(text: str, settings: dict[str, str], expected: str) -> None:
    assert cleaned(text, **settings) == expected


def test_nothing_is_changed_where_nothing_is_asked() -> None:
    texts = pl.Series(["<b>Ёж\0 :) 😀 https://a.ru &amp; #да @you  </b>", "", None])
    assert clean(texts, Cleaning()).equals(texts)


def test_entities_are_decoded_as_the_standard_library_does() -> None:
    text = "&eacute;&copy;&#8364;&hellip;&Zhcy;&#x1F600;"
    assert cleaned(text, entities="decode") == html.unescape(text)


def test_tags_that_entities_spell_are_text() -> None:
    assert cleaned("<i>&lt;b&gt;</i>", tags="drop", entities="decode") == " <b> "


def test_wrongly_decoded_and_right_to_left_texts_are_left_as_they_are() -> None:
    for text in ("Ð¿Ñ€Ð¸Ð²ÐµÑ‚", "שלום עולם", "مرحبا"):
        assert clean(pl.Series([text]), replace(SOCIAL, form="NFC")).item() == text


def test_a_text_of_emoji_alone_becomes_their_names_and_of_spaces_alone_nothing() -> None:
    assert clean(pl.Series(["🎉🎉", " \n", ""]), SOCIAL).to_list() == ["_party_popper_ _party_popper_", "", ""]


RISKY = ["<!--", "<b ", "&am", "http://", "a@", "@#", ":-", "))", "👩\u200d", "#", ".", "а", "\0"]


@pytest.mark.parametrize("piece", [*RISKY[:3], *(pytest.param(piece, marks=pytest.mark.slow) for piece in RISKY[3:])])
def test_a_megabyte_in_one_cell_is_cleaned(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    assert len(clean(pl.Series([text]), SOCIAL).item()) <= 9 * len(text)


def test_an_emoji_newer_than_the_names_is_an_emoji() -> None:
    assert emoji_name("\U0001faff") == "_emoji_"


def test_unknown_ways_are_refused() -> None:
    with pytest.raises(ConfigError, match="did you mean 'drop'"):
        Cleaning(links="dorp")  # type: ignore[arg-type]
    for name in OPTIONS:
        with pytest.raises(BundleError):
            Cleaning.from_state(SOCIAL.state() | {name: "other"})


def test_the_state_gives_back_the_settings() -> None:
    assert Cleaning.from_state(SOCIAL.state()) == SOCIAL
