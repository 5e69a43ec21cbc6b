"""The page of a model of texts: what stands on it, and that nothing of a text can act in it."""

import re
from html import unescape

import polars as pl
from tests.recipes.test_text_recipes import fitted, mailbox

from assay.explain.held import one_model
from assay.explain.text_explanation import TextExplanation, TextSettings
from assay.explain.texts import explain_texts
from assay.report.text_explanation import render_text_explanation

HOSTILE = '<script>alert(1)</script> free "><img src=x onerror=alert(2)> приз {{7*7}} </p></style>'


def explained(name: str = "word-char-logistic", hostile: bool = True) -> TextExplanation:
    new = mailbox("binary", 30, seed=1)
    frame = new.features
    if hostile:
        frame = pl.concat([pl.DataFrame({"message": [HOSTILE, "שלום free עולם"]}), frame[2:]])
    return explain_texts(one_model(fitted(name, mailbox()), frame, new.target), TextSettings(texts=6, row=0))


FOUND = explained()
PAGE = render_text_explanation(FOUND, mailbox().question, "mail <b>.csv", seed=0)


TEXTS = re.findall(r'<p class="words-of"[^>]*>(.*?)</p>', PAGE, re.DOTALL)


def test_nothing_of_a_text_acts_on_the_page() -> None:
    body = PAGE.split("</style>", 1)[1]
    tags = set(re.findall(r"<\s*/?\s*([a-z0-9]+)", body))
    assert not tags & {"script", "img", "b", "iframe", "style", "object"}
    assert not re.search(r"<[^>]*\son\w+=", body)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in body
    assert "{{7*7}}" in body
    assert "default-src 'none'" in PAGE
    assert "script-src" not in PAGE


def test_the_words_stand_in_colour_and_end_to_end_are_the_text() -> None:
    seen = re.sub(r'<span class="vh">.*?</span>', "", TEXTS[0])
    assert unescape(re.sub(r"<[^>]+>", "", seen)) == HOSTILE
    tones = {name for text in TEXTS for tone in re.findall(r'<span class="([^"]*)"', text) for name in tone.split()}
    assert {"for", "against", "l5"} <= tones


def test_strong_words_have_their_value_for_whoever_does_not_see_the_colour() -> None:
    strong = re.findall(r'<span class="(?:for|against) l[345]">[^<]*</span><span class="vh"> \([+−][\d.]+\)</span>', PAGE)
    assert len(strong) == len(re.findall(r'class="(?:for|against) l[345]"', PAGE)) - 2  # the two of the key


def test_the_sum_of_each_text_is_told_and_wrong_texts_classes_and_weights_are_listed() -> None:
    assert PAGE.count('<div class="look">') == len(TEXTS) == 6
    assert PAGE.count("without any word, and") == 6
    assert re.findall(r'<section id="(\w+)"', PAGE) == ["looks", "wrong", "classes", "weights", "reading"]
    classes = PAGE.split('<section id="classes"', 1)[1].split("</section>", 1)[0]
    assert re.findall(r'<th scope="row"><bdi[^>]*>(\w+)</bdi>', classes) == ["ham", "spam"]


def test_the_same_explanation_gives_the_same_bytes_and_a_text_without_words_has_its_place() -> None:
    assert render_text_explanation(FOUND, mailbox().question, "mail <b>.csv", seed=0) == PAGE
    empty = one_model(fitted("tfidf-logistic", mailbox(n=60)), pl.DataFrame({"message": ["", "\x00\x01"]}), None)
    page = render_text_explanation(explain_texts(empty, TextSettings(texts=2)), mailbox().question, "x", seed=0)
    assert "(no words)" in page
    assert "\x00" not in page
