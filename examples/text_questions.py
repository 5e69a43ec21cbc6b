"""Whose hand, which sense, spam or not, where is it said: four questions about texts.

The first three are one recipe with other labels.  The texts come with Python and scikit-learn; the messages are made up, and
too few to measure anything: they show the table of naive Bayes.
"""

import re
from importlib.resources import files
from pathlib import Path
from pydoc_data.topics import topics

import polars as pl

import assay
from assay.language.counts import class_counts
from assay.language.search import SearchIndex

folder = Path("runs/example-text-questions")


def ask(name: str, rows: list[tuple[str, str, str]]) -> None:
    """rows: (text, label, what must not be cut in two)."""
    frame = pl.DataFrame(rows, schema=["text", "label", "group"], orient="row")
    data = assay.read(frame, target="label", group="group", kinds={"text": "text"})
    result = assay.Study(data, ["baseline", "tfidf-naive-bayes"], metric="accuracy", folds=3).run(folder / name, jobs=1)
    print(f"{name}: {result.leaderboard().select('name', 'value', 'low', 'high')}")


# Python's reference says many things twice, so each paragraph is taken once.
reference = {paragraph: topic for topic in sorted(topics) for paragraph in topics[topic].split("\n\n")}
descriptions = {
    paragraph: file.name
    for file in sorted(files("sklearn.datasets.descr").iterdir(), key=lambda file: file.name)
    if file.name.endswith(".rst")
    for paragraph in file.read_text("utf-8").split("\n\n")
}

# Authorship. The label is a project, to be honest: many hands write either, and each of things of its own.
hands = {"Python": list(reference.items())[::8], "scikit-learn": list(descriptions.items())}
ask(
    "authorship",
    [(text, hand, part) for hand, written in hands.items() for text, part in written if len(text.split()) >= 15],
)

# The sense of a word. Two words are made one, and their neighbours must say which of the two stood there.
pair = ("exception", "sequence")
places = []
for number, paragraph in enumerate(reference):
    words = re.findall(r"\w+", paragraph.lower())
    for at, word in enumerate(words):
        if word in pair:
            near = [one for one in words[max(0, at - 8) : at + 9] if one not in pair]
            places.append((" ".join(near), word, f"paragraph {number}"))
ask("sense", places)

# Spam. λ is how much a word speaks for a class: the log of its share there over its share elsewhere.
messages = {
    "spam": ["win a free phone now", "free entry to win cash", "claim your free prize now", "приз ваш, звоните сейчас"],
    "ham": ["are you home now", "see you at lunch", "call me when you are free", "звоните, когда будете дома"],
}
labels = [label for label, texts in messages.items() for _ in texts]
table = class_counts([text for texts in messages.values() for text in texts], labels).table("spam")
chosen = pl.DataFrame({"term": ["win", "free", "you", "приз", "звоните"]})
print(f"spam: {chosen.join(table, on='term').select('term', 'count', 'count elsewhere', 'lambda')}")

# Search. The topic that makes the query likeliest.
index = SearchIndex.of(list(topics.values()))
for query in ("which exceptions does a try statement handle", "rounding of floating point numbers in a format string"):
    print(f"search: {query} → {[list(topics)[hit.text] for hit in index.search(query, top=3).hits]}")
