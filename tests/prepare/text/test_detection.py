"""The language of a text, on sentences that no profile was counted from."""

import polars as pl
import pytest

from assay.prepare.text.detection import LANGUAGES, languages_of
from assay.prepare.text.language_profiles import CYRILLIC, LATIN

SENTENCES = {
    "en": """Where is my parcel, and why did nobody answer the phone?
The committee postponed its decision until Thursday.
Free entry in a weekly competition to win cup final tickets
Click below for cheap flights
I can't believe they've already eaten breakfast
Honey bees communicate by dancing
My laptop battery drains overnight
What year did Columbus discover America
Great movie with weak ending
Please restart your router
Mix flour, butter and sugar together
Nothing happens unless something moves""",
    "ru": """Где моя посылка и почему никто не отвечает на звонки?
Комитет отложил решение до четверга.
Бесплатное участие в еженедельном розыгрыше билетов
Дешёвые авиабилеты по ссылке ниже
Не могу поверить, что они уже позавтракали
Пчёлы общаются с помощью танца
Аккумулятор ноутбука разряжается за ночь
В каком году Колумб открыл Америку
Отличный фильм со слабой концовкой
Перезагрузите роутер, пожалуйста
Смешайте муку, масло и сахар
Ничего не происходит, пока что-нибудь не сдвинется""",
    "other": """Wo ist mein Paket und warum geht niemand ans Telefon?
Der Ausschuss hat seine Entscheidung auf Donnerstag verschoben.
Où est mon colis et pourquoi personne ne répond au téléphone ?
La réunion commencera demain matin à neuf heures.
¿Dónde está mi paquete y por qué nadie contesta el teléfono?
Los niños juegan en el parque todas las tardes.
Dov'è il mio pacco e perché nessuno risponde al telefono?
Onde está a minha encomenda e por que ninguém atende?
Waar is mijn pakket en waarom neemt niemand de telefoon op?
Gdzie jest moja paczka i dlaczego nikt nie odbiera telefonu?
Var är mitt paket och varför svarar ingen i telefonen?
Paketim nerede ve neden kimse telefona cevap vermiyor?
Missä pakettini on ja miksi kukaan ei vastaa puhelimeen?
Hol van a csomagom, és miért nem veszi fel senki a telefont?
Kde je můj balík a proč nikdo nebere telefon?
Де моя посилка і чому ніхто не відповідає на дзвінки?
Комітет відклав рішення до четверга.
Къде е моят колет и защо никой не вдига телефона?
Где је мој пакет и зашто се нико не јавља?
Дзе мая пасылка і чаму ніхто не адказвае?
Менің сәлемдемем қайда және неге ешкім жауап бермейді?
Πού είναι το δέμα μου;
איפה החבילה שלי ולמה אף אחד לא עונה?
أين طردي ولماذا لا يجيب أحد على الهاتف؟
我的包裹在哪里？
私の荷物はどこですか""",
}
ROWS = [(language, text) for language, texts in SENTENCES.items() for text in texts.splitlines()]
FOUND = languages_of(pl.Series([text for _, text in ROWS])).with_columns(truth=pl.Series([language for language, _ in ROWS]))


def test_sentences_are_told_apart() -> None:
    wrong = FOUND.with_columns(text=pl.Series([text for _, text in ROWS])).filter(pl.col("language") != pl.col("truth"))
    assert wrong["text"].to_list() == []


def test_probabilities_are_of_the_language_named_and_small_for_single_words() -> None:
    assert set(FOUND["language"]) == set(LANGUAGES)
    assert FOUND["probability"].is_between(1 / 3, 1).all()
    assert FOUND["probability"].mean() > 0.9
    single = languages_of(pl.Series(["paris", "ok", "да"]))
    assert (single["probability"] < 0.95).all()


def test_a_text_of_two_scripts_is_of_the_one_that_fills_more_of_it() -> None:
    found = languages_of(pl.Series(["Привет всем, как ваши дела сегодня? ok", "What does the word да mean in this sentence?"]))
    assert found["language"].to_list() == ["ru", "en"]
    assert languages_of(pl.Series(["Скажи what"]))["probability"].item() < 0.7


@pytest.mark.parametrize("text", [None, "", "  \n", "42", "😀😀", ":) !!!", "\0\0"])
def test_a_text_without_letters_has_no_language(text: str | None) -> None:
    found = languages_of(pl.Series([text, "да, это так"], dtype=pl.String))
    assert found.rows()[0] == (None, None)
    assert found["language"][1] == "ru"


def test_a_row_is_judged_alone_as_in_company_and_whatever_its_case_or_yo() -> None:
    text = "Ещё её ПОСЫЛКА не пришла"
    alone = languages_of(pl.Series([text]))
    assert languages_of(pl.Series(["Where is it?", text, None]))[1:2].equals(alone)
    assert languages_of(pl.Series([text.lower().replace("ё", "е")])).equals(alone)


def test_wrongly_decoded_text_is_neither() -> None:
    found = languages_of(
        pl.Series(["Где моя посылка".encode().decode("latin-1"), "Где моя посылка".encode("cp1251").decode("latin-1")])
    )
    assert found["language"].to_list() == ["other", "other"]


def test_a_megabyte_in_one_cell_has_a_language() -> None:
    found = languages_of(pl.Series(["посылка " * 70_000, "a" * 1_000_000, "the parcel " * 90_000]))
    assert found["language"].to_list() == ["ru", "other", "en"]


def test_profiles_are_tables_of_their_letters() -> None:
    for profile in (LATIN, CYRILLIC):
        assert profile.odds.shape == (len(profile.letters), len(profile.letters))
        assert abs(profile.odds).max() <= 6.25
    th, sz = (LATIN.odds[LATIN.letters.index(a), LATIN.letters.index(b)] for a, b in ("th", "sz"))
    assert th > 0 > sz
