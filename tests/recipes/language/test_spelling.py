"""The recipes of spelling under the protocol: they learn from pairs, answer, are saved, and refuse what is broken."""

import numpy as np
import polars as pl
import pytest

import assay
from assay.core.errors import BundleError, ConfigError, DataError
from assay.data.rows import Rows
from assay.data.task import Task
from assay.measure.texts import unpack
from assay.recipes.language.spelling import SpellingLearner, known_words, languages_of
from assay.recipes.learner import Budget, Context, FittedLearner
from assay.recipes.named import recipe_named
from assay.recipes.registry import FITTED_LEARNERS

COUNTS = {
    "the": 90, "a": 80, "cat": 20, "hat": 9, "sat": 8, "receive": 5, "letter": 6, "hello": 7, "house": 9,
    "я": 85, "не": 75, "знаю": 20, "кот": 18, "сидит": 8, "на": 60, "окне": 5, "письмо": 6, "привет": 7, "молоко": 5,
}  # fmt: skip
ODD = ["", "  ", "12 345", "🙂🙂", "שלום", "a\0b", "https://recieve.com @leter"]
TASK = Task("rewriting", "meant", special="spelling")
SLIPS = {"receive": "recieve", "letter": "leter", "house": "huose", "письмо": "писмо", "привет": "превет", "молоко": "малоко"}


@pytest.fixture(scope="module")
def words_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("words") / "words.csv"
    path.write_text("word,count\n" + "".join(f"{word},{count}\n" for word, count in COUNTS.items()), encoding="utf-8")
    return path


def made(n: int, seed: int) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    meant = [" ".join(random.choice(list(COUNTS), 6)) for _ in range(n)]
    typed = [" ".join(SLIPS.get(word, word) if random.random() < 0.5 else word for word in text.split()) for text in meant]
    return pl.DataFrame({"typed": typed, "meant": meant})


def fitted(learner, frame: pl.DataFrame) -> FittedLearner:
    rows = Rows(frame.select("typed"), frame["meant"].to_numpy().astype(object), 0)
    return learner.fit(rows, TASK, validation=None, seed=0, budget=Budget(), context=Context())


def answers(model: FittedLearner, texts: list[str]) -> list[str]:
    output = model.predict(pl.DataFrame({"typed": texts}, schema={"typed": pl.String}))
    assert output.offsets is not None
    return unpack(output.score, output.offsets)


@pytest.fixture(scope="module", params=[True, False], ids=["noisy-channel", "dictionary"])
def model(request, words_file):
    return fitted(SpellingLearner(channel=request.param, sources=(str(words_file),)), made(60, 0))


def test_errors_are_corrected_and_right_words_stay(model):
    said = answers(model, ["the huose, я знаю", "Превет, кот!", "the cat"])
    assert said == ["the house, я знаю", "Привет, кот!", "the cat"]


def test_a_saved_model_answers_the_same(model):
    texts = made(20, 1)["typed"].to_list() + ODD
    state = model.state()
    again = FITTED_LEARNERS.get(state["kind"]).from_state(state)
    assert answers(again, texts) == answers(model, texts)


def test_odd_texts_get_sane_answers(model):
    assert answers(model, ODD) == ODD
    assert answers(model, []) == []


def test_broken_states_are_refused(model):
    state = model.state()
    words = state["speller"]["words"]
    for broken in ({"words": None}, {"words": {**words, "counts": np.zeros(1)}}):
        with pytest.raises(BundleError):
            type(model).from_state({**state, "speller": {**state["speller"], **broken}})
    for broken in ({"channel": "yes"}, {"speller": None}, {"speller": {}}):
        with pytest.raises(BundleError):
            type(model).from_state({**state, **broken})


def test_a_study_says_which_is_better_and_the_finished_model_is_saved(words_file, tmp_path):
    data = assay.read(made(80, 0), target="meant", task="spelling", kinds={"typed": "text"})
    names = ["copy-source", f"dictionary-of:{words_file}", f"noisy-channel-of:{words_file}"]
    study = assay.Study(data, recipes=names, metric="correction_f1", scheme="hold-out", repeats=1, seed=0)
    model = study.run(tmp_path / "run").finish()
    model.save(tmp_path / "spelling.assay")
    said = assay.load(tmp_path / "spelling.assay").predict(pl.DataFrame({"typed": ["the huose", "малоко"]}))
    assert said["prediction"].to_list() == ["the house", "молоко"]


def test_sources_are_lists_texts_and_folders_of_them(words_file, tmp_path):
    (tmp_path / "list.csv").write_text("кот,3\nдом,1\n", encoding="utf-8")
    (tmp_path / "text.txt").write_text("Текст без ошибок.\nA text", encoding="utf-8")
    (tmp_path / "picture.png").write_bytes(b"\xff")
    words, lines = known_words([str(tmp_path), str(words_file)], [])
    assert lines == ["Текст без ошибок.", "A text"]
    assert words is not None
    assert {"кот", "дом", "the"} <= set(words.words)
    assert known_words([str(tmp_path / "text.txt")], []) == (None, ["Текст без ошибок.", "A text"])


def test_wordfreq_is_asked_for_the_languages_of_the_texts():
    assert languages_of(["Привет, the cat"]) == ("en", "ru")
    assert languages_of(["Привет, это почти только русский текст a"]) == ("ru",)
    with pytest.raises(ConfigError, match="name a list"):
        known_words(["wordfreq"], ["2 + 2"])


def test_a_recipe_that_holds_nothing_of_wordfreq_carries_none_of_its_terms(words_file):
    assert recipe_named(f"dictionary-of:{words_file}").carries == ""
    assert "CC BY-SA" in recipe_named(f"dictionary-of:{words_file},wordfreq").carries


@pytest.mark.parametrize("name", ["noisy-channel-of:none.csv", "dictionary-of:none"])
def test_a_source_that_is_not_there_is_refused_at_once(name):
    with pytest.raises(ConfigError, match="there is no none"):
        recipe_named(name)


def test_a_source_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "broken.txt").write_bytes(b"\xff\xfe\x00abc")
    with pytest.raises(DataError, match="UTF-8"):
        known_words([str(tmp_path / "broken.txt")], [])
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="holds no file"):
        known_words([str(tmp_path / "empty")], [])


def test_the_recipes_without_a_source_take_the_words_of_wordfreq():
    frame = pl.DataFrame({"typed": ["the lettre", "я незнаю"] * 3, "meant": ["the letter", "я не знаю"] * 3})
    for learner in (SpellingLearner(channel=channel, most_words=20_000) for channel in (True, False)):
        assert answers(fitted(learner, frame), ["becuase", "скаазл"]) == ["because", "сказал"]
