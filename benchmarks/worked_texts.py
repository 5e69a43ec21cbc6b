"""Authorship, spam, the sense of a word and search on real texts, each beside a second way to the same numbers.

Authorship, English: runs of 60 words by Shakespeare (speeches of eight plays), Plato in Jowett's English, Jowett himself on the
same dialogue, and American presidents taking office, whose label is the kind of speech more than a person.  No play, book,
section or address is on both sides of a fold.  Asked again with every word replaced by x but the closed classes (articles,
pronouns, prepositions, …), where a text cannot be known by its subject.  Russian: short sayings by the ten names that stand
under most of them.  The novel beside them would be told by its kind and not by its author, so it is not asked about.
Spam: naive Bayes on messages, copies of a message in one fold; its table of λ against scikit-learn's MultinomialNB.
Senses: pseudo-words (Gale, Church & Yarowsky 1992; Schütze 1992).  Two words are merged into one, and the ten words on either
side say which it was; pairs of near frequency are drawn by the seed among the words that many articles (of an encyclopedia) or
chapters (of a novel) hold, and no article or chapter is on both sides.  Two words chance has paired lie further apart than two
senses of one word do, so these shares flatter.
Search: a sentence is taken out of an article or chapter, and its words are the query for the rest of it: mean reciprocal rank.
Scores and ranks against the formula written out in NumPy, and tf-idf's cosine on the same queries.
"""

import argparse
import os
import re
import sys
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from harness import main

if TYPE_CHECKING:
    from assay.study.result import StudyResult

WORDS = 60
"""Of a passage."""
PASSAGES, NAMES = 400, 10
"""Of each English author, at most; Russian names."""
PAIRS, CONTEXTS, COMPANY = 12, 200, 10
"""Pseudo-words of a language; places of either word, at most; words on each side."""
QUERIES, SHORTEST = 3, 8
"""Sentences taken out of an article; words of the shortest."""
SAME, NEAR = 1e-9, 1e-3
"""How far two closed forms may lie apart, and two logistic regressions, which end when the slope is flat, in probability."""


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=0, help="of the draws, the folds and the fits")


# -------------------------------------------------------------------- words


def words_of(text: str) -> list[str]:
    """Runs of letters, their marks, digits and underscores in lower case.

    That is what Assay takes for a word.  ``\\w`` of Python, and so of scikit-learn, leaves out marks (it cuts Thai and Telugu
    words at their vowels) and takes in signs such as ² and ½.
    """
    return "".join(sign if in_word(sign) else " " for sign in text.lower()).split()


@cache
def in_word(sign: str) -> bool:
    kind = unicodedata.category(sign)
    return kind[0] in "LM" or kind in ("Nd", "Nl", "Pc")


# ------------------------------------------------------------------ studies


def studied(frame: pl.DataFrame, recipes: Sequence[str], metric: str, run: Path, seed: int, **read: Any) -> "StudyResult":
    """A study of the columns text and label; copies of a text are a group where no other is named.

    read: more for ``assay.read`` (group=, positive=).
    """
    import assay

    data = assay.read(frame, target="label", kinds={"text": "text"}, **read)
    copies = "warn" if "group" in read else "group"
    return assay.Study(data, recipes, metric=metric, seed=seed, copies=copies).run(run, jobs=1)


def told(result: "StudyResult") -> dict[str, Any]:
    """Values with intervals, and the verdicts against the leader."""
    summary = result.summary()
    return {
        "rows": len(result.data),
        "metric": summary["metric"],
        "values": {row["name"]: {key: row[key] for key in ("value", "low", "high", "failure")} for row in summary["rows"]},
        "verdicts": [
            {key: one[key] for key in ("a", "b", "difference", "low", "high", "p", "call")} for one in summary["verdicts"]
        ],
    }


def held(result: "StudyResult", name: str) -> list[np.ndarray]:
    """The probabilities of every fold's test rows, (n, K)."""
    said = [part.predictions["probability"] for part in result.parts[name]]
    return [one if one.ndim == 2 else np.column_stack([1 - one, one]) for one in said]


def furthest(result: "StudyResult", name: str, pipeline: Callable[[], Any]) -> float:
    """The largest distance between the out-of-fold probabilities and those of a scikit-learn pipeline on the same folds."""
    texts, target = np.array(result.data.frame["text"].to_list(), dtype=object), result.data.target
    apart = [
        np.abs(pipeline().fit(texts[fold.train], target[fold.train]).predict_proba(texts[fold.test]) - said).max()
        for fold, said in zip(result.plan.folds, held(result, name), strict=True)
    ]
    return float(max(apart))


def logistic() -> Any:
    """What ``tfidf-logistic`` does."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    terms = TfidfVectorizer(
        ngram_range=(1, 2), min_df=2, max_features=50_000, sublinear_tf=True, tokenizer=words_of, token_pattern=None
    )
    return make_pipeline(terms, LogisticRegression(C=10, max_iter=2000, tol=1e-6))


def bayes() -> Any:
    """What ``tfidf-naive-bayes`` does."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.naive_bayes import MultinomialNB
    from sklearn.pipeline import make_pipeline

    terms = CountVectorizer(ngram_range=(1, 2), min_df=2, max_features=50_000, tokenizer=words_of, token_pattern=None)
    return make_pipeline(terms, MultinomialNB(alpha=0.3))


PEERS = {"tfidf-logistic": logistic, "tfidf-naive-bayes": bayes}


def parted(result: "StudyResult", groups: Sequence[str]) -> bool:
    """Whether no group is on both sides of a fold, nor of the lock."""
    names = np.array(groups, dtype=object)
    sides = [(fold.train, fold.test) for fold in result.plan.folds]
    locked = result.plan.locked
    sides.append((np.setdiff1d(np.arange(len(names)), locked), locked))
    return not any(set(names[left]) & set(names[right]) for left, right in sides)


# --------------------------------------------------------------- authorship


def english(text: str) -> dict[str, list[str]]:
    """The parts of each author's that must not be cut in two: plays, books, sections, addresses."""
    jowett, plato = text.index("Note: The Republic by"), text.index("\nTHE REPUBLIC.\n")
    addresses = text.index("Fellow-Citizens of the Senate and of the House")
    plays = re.split(r"^Text placed in the public domain by Moby.*$", text[:jowett], flags=re.MULTILINE)[1:]
    return {
        "Shakespeare": [speeches(play) for play in plays],
        "Plato in Jowett's English": re.split(r"^BOOK [IVX]+\.$", text[plato:addresses], flags=re.MULTILINE)[1:],
        "Jowett": re.split(r"^(?:BOOK [IVX]+\.|\d\. )", text[jowett:plato], flags=re.MULTILINE),
        "presidents": spoken(text[addresses:]),
    }


def speeches(play: str) -> str:
    """Without what is not said: names of speakers, stage directions, headings."""
    lines = [line.strip() for line in re.split(r"^ACT I\s*$", play, maxsplit=1, flags=re.MULTILINE)[-1].splitlines()]
    directions = re.compile(r"(?:ACT|SCENE|Enter|Exit|Exeunt|Re-enter|Flourish|Alarum|Sennet)\b")
    said = [line for line in lines if line and line.upper() != line and not directions.match(line)]
    return "\n".join(line for line in said if len(line.split()) > 2 or not line[-1].isalnum())


def spoken(text: str) -> list[str]:
    """The addresses: parted by two empty lines, of which some hold more inside.  A short piece stays with both its neighbours."""
    joined: list[str] = []
    last = True
    for piece in re.split(r"\n\s*\n\s*\n", text):
        short = len(piece.split()) < 1000
        if joined and (short or last):
            joined[-1] += f"\n{piece}"
        else:
            joined.append(piece)
        last = short
    return joined


def passages(works: dict[str, list[str]], rng: np.random.Generator) -> pl.DataFrame:
    """text, label, group: as many runs of words of each author, or all there are."""
    rows = []
    for author, parts in works.items():
        runs = [
            (" ".join(words[start : start + WORDS]), author, f"{author} {number}")
            for number, words in enumerate(part.split() for part in parts)
            for start in range(0, len(words) - WORDS + 1, WORDS)
        ]
        rows += [runs[at] for at in np.sort(rng.choice(len(runs), min(PASSAGES, len(runs)), replace=False))]
    return pl.DataFrame(rows, schema=["text", "label", "group"], orient="row")


def distorted(text: str) -> str:
    """Every word but those of closed classes as x, so that what is left is how, and not what, is said.

    Source: Stamatatos (2017), Authorship attribution using text distortion.
    """
    from assay.prepare.text.stop_words import STOP_WORDS

    return " ".join(word if word in STOP_WORDS else "x" for word in words_of(text))


def sayings(text: str) -> pl.DataFrame:
    """text, label: the sayings of those under whose names most of them stand; proverbs and nobody are no names."""
    found = []
    for saying in re.split(r"^%\s*$", text, flags=re.MULTILINE):
        lines = [line.strip() for line in saying.strip().splitlines()]
        names = [line[2:].strip() for line in lines if line.startswith("--")]
        body = " ".join(line for line in lines if not line.startswith("--"))
        if len(names) == 1 and body and not re.search("пословица|Неизвестный", names[0]):
            found.append((body, names[0]))
    most = {name for name, _ in Counter(name for _, name in found).most_common(NAMES)}
    return pl.DataFrame([one for one in found if one[1] in most], schema=["text", "label"], orient="row")


def by_author(result: "StudyResult") -> dict[str, dict[str, float]]:
    """Of the winner: whose texts are taken for whose, as shares of the former."""
    assert result.winner is not None  # something was measured
    said = [(part.truth["target"], part.predictions["label"]) for part in result.parts[result.winner]]
    truth, label = (np.concatenate(side) for side in zip(*said, strict=True))
    names = result.data.question.classes
    return {
        own: {other: float(np.mean(label[truth == code] == number)) for number, other in enumerate(names)}
        for code, own in enumerate(names)
    }


def authorship(data: Path, folder: Path, seed: int) -> tuple[dict[str, Any], dict[str, bool]]:
    frame = passages(english((data / "english_public_domain.txt").read_text("utf-8")), np.random.default_rng(seed))
    russian = sayings((data / "russian_aphorisms.txt").read_text("utf-8"))
    bare = frame.with_columns(pl.col("text").map_elements(distorted, return_dtype=pl.String))
    every = ["baseline", "tfidf-logistic", "tfidf-naive-bayes", "char-logistic"]
    asked = {
        "English": studied(frame, every, "accuracy", folder / "english", seed, group="group"),
        "English, words of closed classes alone": studied(bare, every[:3], "accuracy", folder / "bare", seed, group="group"),
        "Russian": studied(russian, every, "accuracy", folder / "russian", seed),
    }
    found = {name: told(result) for name, result in asked.items()}
    found["English"]["passages"] = dict(Counter(frame["label"].to_list()))
    found["Russian"]["sayings"] = dict(Counter(russian["label"].to_list()))
    checks = {
        "authorship: no play, book, section or address is on both sides": parted(asked["English"], frame["group"].to_list())
    }
    for name, result in asked.items():
        apart = {recipe: furthest(result, recipe, peer) for recipe, peer in PEERS.items()}
        found[name] |= {"taken for": by_author(result), "furthest from scikit-learn": apart}
        checks[f"authorship, {name}: both word recipes say out of fold what scikit-learn's pipelines say"] = (
            apart["tfidf-naive-bayes"] < SAME and apart["tfidf-logistic"] < NEAR
        )
        worst = found[name]["values"]["baseline"]["high"]
        checks[f"authorship, {name}: the best recipe's interval lies above the baseline's"] = (
            found[name]["values"][result.winner]["low"] > worst
        )
    return found, checks


# --------------------------------------------------------------------- spam


def spam(data: Path, folder: Path, seed: int) -> tuple[dict[str, Any], dict[str, bool]]:
    from assay.explain.word_weights import word_weights

    frame = pl.read_csv(data / "sms_spam.csv")
    result = studied(frame, ["baseline", "tfidf-naive-bayes"], "f1", folder / "spam", seed, positive="spam")
    model = result.finish()
    table = word_weights(model.fitted)
    assert table is not None  # naive Bayes has one
    ours = dict(zip(table.terms, table.weights[:, 0].tolist(), strict=True))
    texts, target, locked = np.array(frame["text"].to_list(), dtype=object), result.data.target, result.plan.locked
    peer = bayes().fit(np.delete(texts, locked), np.delete(target, locked))
    theirs = dict(zip(peer[0].get_feature_names_out(), np.diff(peer[1].feature_log_prob_, axis=0)[0].tolist(), strict=True))
    chance = model.fitted.predict(frame[locked].select("text"))["probability"]
    apart = {
        "λ": max(abs(ours[term] - theirs[term]) for term in ours.keys() & theirs.keys()),
        "log prior": abs(float(table.bases[0]) - float(np.diff(peer[1].class_log_prior_)[0])),
        "probabilities of the locked messages": float(np.abs(chance - peer.predict_proba(texts[locked])[:, 1]).max()),
        "probabilities out of fold": furthest(result, "tfidf-naive-bayes", bayes),
    }
    order = sorted(ours, key=lambda term: ours[term])
    opened = result.opened
    assert opened is not None  # it has just been
    found = told(result) | {
        "F1 of the locked messages": {key: opened["metrics"]["f1"][key] for key in ("value", "low", "high")},
        "terms": len(ours),
        "log prior of spam": float(table.bases[0]),
        "λ, most for spam": {term: ours[term] for term in order[:-9:-1]},
        "λ, most against": {term: ours[term] for term in order[:8]},
        "furthest from scikit-learn": apart,
    }
    return found, {
        "spam: the terms are scikit-learn's": ours.keys() == theirs.keys(),
        "spam: λ, log prior and probabilities are MultinomialNB's": max(apart.values()) < SAME,
    }


# ------------------------------------------------------------------- senses


def articles(data: Path) -> list[str]:
    """Of the encyclopedia, each with its title in the first line."""
    text = (data / "enwiki_articles.txt").read_text("utf-8")
    return [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]


def chapters(data: Path) -> list[str]:
    """Of the novel, without what stands before the first one."""
    text = (data / "war_and_peace_ru.txt").read_text("utf-8")
    return [part.strip() for part in re.split(r"^\s*[IVXLC]+\.?\s*$", text, flags=re.MULTILINE)[1:]]


def pairs(cut: list[list[str]], rng: np.random.Generator) -> list[tuple[str, str]]:
    """Words of letters that stand in at least 20 parts, 100 times or more and no closed class; neighbours by frequency."""
    from assay.prepare.text.stop_words import STOP_WORDS

    times = Counter(word for part in cut for word in part)
    parts = Counter(word for part in cut for word in set(part))
    usual = [word for word in times if times[word] >= 100 and parts[word] >= 20 and len(word) >= 4 and word.isalpha()]
    order = sorted((word for word in usual if word not in STOP_WORDS), key=lambda word: (times[word], word))
    starts = np.sort(rng.choice(len(order) // 2, PAIRS, replace=False)) * 2
    return [(order[start], order[start + 1]) for start in starts]


def contexts(cut: list[list[str]], pair: tuple[str, str], rng: np.random.Generator) -> pl.DataFrame:
    """text, label, group: the company of either word, as often of the one as of the other, and neither word in it."""
    places = {
        word: [(part, at) for part, words in enumerate(cut) for at, one in enumerate(words) if one == word] for word in pair
    }
    many = min(CONTEXTS, *(len(found) for found in places.values()))
    rows = []
    for word, found in places.items():
        for part, at in (found[number] for number in np.sort(rng.choice(len(found), many, replace=False))):
            near = cut[part][max(0, at - COMPANY) : at] + cut[part][at + 1 : at + 1 + COMPANY]
            rows.append((" ".join(one for one in near if one not in pair), word, f"part {part}"))
    return pl.DataFrame(rows, schema=["text", "label", "group"], orient="row")


def over(values: Sequence[float]) -> dict[str, float]:
    """Mean of independent values with Student's interval."""
    from scipy.stats import t

    mean, many = float(np.mean(values)), len(values)
    reach = float(t.ppf(0.975, many - 1) * np.std(values, ddof=1) / np.sqrt(many))
    return {"value": mean, "low": mean - reach, "high": mean + reach, "of": many}


def senses(data: Path, folder: Path, seed: int) -> tuple[dict[str, Any], dict[str, bool]]:
    found: dict[str, Any] = {}
    apart, whole = [], []
    for language, parts in (("English", articles(data)), ("Russian", chapters(data))):
        cut, rng = [words_of(part) for part in parts], np.random.default_rng(seed)
        asked: dict[str, Any] = {}
        for number, pair in enumerate(pairs(cut, rng)):
            frame = contexts(cut, pair, rng)
            run = folder / f"{language}-{number}"
            result = studied(frame, ["tfidf-naive-bayes"], "accuracy", run, seed, group="group", positive=pair[0])
            asked["/".join(pair)] = {"contexts": len(frame)} | told(result)["values"]["tfidf-naive-bayes"]
            apart.append(furthest(result, "tfidf-naive-bayes", bayes))
            whole.append(parted(result, frame["group"].to_list()))
        mean = over([one["value"] for one in asked.values()])
        found[language] = {"pairs": asked, "mean over pairs": mean, "least share by chance": 0.5}
    found["furthest from scikit-learn"] = max(apart)
    return found, {
        "senses: no article or chapter is on both sides": all(whole),
        "senses: out of fold the probabilities are MultinomialNB's": max(apart) < SAME,
        "senses: in both languages better than a coin": all(
            found[name]["mean over pairs"]["low"] > 0.5 for name in ("English", "Russian")
        ),
    }


# ------------------------------------------------------------------- search


def taken_out(parts: list[str], rng: np.random.Generator) -> tuple[list[str], list[tuple[int, str]]]:
    """(what is left of each part, (its number, a sentence that stood in it) …)."""
    from assay.prepare.text.sentences import sentences

    left, queries = [], []
    for number, part in enumerate(parts):
        said = sentences(part)
        long = [at for at, one in enumerate(said) if len(words_of(one)) >= SHORTEST]
        drawn = set(rng.choice(long, min(QUERIES, len(long) - 1), replace=False).tolist()) if len(long) > 1 else set()
        queries += [(number, said[at]) for at in sorted(drawn)]
        left.append(" ".join(one for at, one in enumerate(said) if at not in drawn))
    return left, queries


def smoothed(parts: list[str], queries: list[str]) -> Iterator[np.ndarray]:
    """log P(query | part) of every part, −∞ where it has no word of the query: Dirichlet's smoothing written out."""
    counts = [Counter(words_of(part)) for part in parts]
    lengths = np.array([sum(one.values()) for one in counts], dtype=float)
    whole = Counter(word for one in counts for word in one.elements())
    weight, tokens = lengths.mean(), lengths.sum()
    for query in queries:
        words = [word for word in words_of(query) if word in whole]
        held = np.array([[one[word] for one in counts] for word in words], dtype=float)  # (words, parts)
        shares = np.array([whole[word] / tokens for word in words])[:, None]
        score = np.log((held + weight * shares) / (lengths + weight)).sum(axis=0)
        yield np.where(held.any(axis=0), score, -np.inf)


def cosines(parts: list[str], queries: list[str]) -> np.ndarray:
    """(queries, parts), of scikit-learn's tf-idf."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    terms = TfidfVectorizer(sublinear_tf=True, tokenizer=words_of, token_pattern=None)
    of_parts = terms.fit_transform(parts)
    return np.asarray((terms.transform(queries) @ of_parts.T).toarray())


def by_part(asked: list[tuple[int, str]], values: Sequence[float]) -> list[float]:
    """The mean over the queries of a part, which are not independent of each other."""
    grouped: defaultdict[int, list[float]] = defaultdict(list)
    for (part, _), value in zip(asked, values, strict=True):
        grouped[part].append(value)
    return [float(np.mean(one)) for one in grouped.values()]


def search(data: Path, _folder: Path, seed: int) -> tuple[dict[str, Any], dict[str, bool]]:
    from assay.language.search import SearchIndex

    found: dict[str, Any] = {}
    checks: dict[str, bool] = {}
    for language, parts in (("English", articles(data)), ("Russian", chapters(data))):
        left, asked = taken_out(parts, np.random.default_rng(seed))
        queries = [query for _, query in asked]
        index, started = SearchIndex.of(left), time.perf_counter()
        ours, ranks, apart, ordered = [], [], 0.0, True
        hits = [index.search(query, top=len(left)).hits for query in queries]
        seconds = time.perf_counter() - started
        for (wanted, _), one, score in zip(asked, hits, smoothed(left, queries), strict=True):
            places = [hit.text for hit in one]
            ours.append(1 / (1 + places.index(wanted)) if wanted in places else 0.0)
            apart = max([apart, *(abs(hit.score - float(score[hit.text])) for hit in one)])
            ordered &= len(places) == int(np.isfinite(score).sum())
            ranks.append(1 / (1 + int((score > score[wanted] + SAME).sum())) if np.isfinite(score[wanted]) else 0.0)
        cosine = [
            1 / (1 + int((row > row[wanted]).sum())) for (wanted, _), row in zip(asked, cosines(left, queries), strict=True)
        ]
        found[language] = {
            "texts": len(left),
            "queries": len(queries),
            "mean reciprocal rank": over(by_part(asked, ours)),
            "found first": over(by_part(asked, [float(one == 1) for one in ours])),
            "tf-idf's cosine": over(by_part(asked, cosine)),
            "query likelihood less cosine": over(by_part(asked, [a - b for a, b in zip(ours, cosine, strict=True)])),
            "furthest score": apart,
            "queries a second": len(queries) / seconds,
        }
        checks[f"search, {language}: the scores of all hits are the formula's in NumPy, and the hits are the same"] = (
            apart < SAME and ordered
        )
        checks[f"search, {language}: so are the ranks of what was sought"] = ours == ranks
    return found, checks


PARTS = {"authorship": authorship, "spam": spam, "senses": senses, "search": search}


def benchmark(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    os.environ["ASSAY_HOME"] = str(folder / "assay-home")
    found: dict[str, Any] = {}
    checks: dict[str, bool] = {}
    for name, part in PARTS.items():
        started = time.perf_counter()
        found[name], passed = part(arguments.data / "text", folder, arguments.seed)
        found[name]["seconds"] = time.perf_counter() - started
        checks |= passed
        print(f"{name}: {found[name]['seconds']:.0f} s", file=sys.stderr, flush=True)
    return {"seed": arguments.seed, **found, "checks": checks}


if __name__ == "__main__":
    main("worked_texts", benchmark, needs_data=True, options=options)
