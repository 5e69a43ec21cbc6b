"""From which chapter of the Python reference is a paragraph? The paragraphs come with Python."""

from pathlib import Path
from pydoc_data.topics import topics

import polars as pl

import assay

rows = [
    {"text": " ".join(paragraph.split()), "chapter": chapter}
    for chapter in ("compound", "specialnames", "types")
    for paragraph in dict.fromkeys(topics[chapter].split("\n\n"))
    if len(paragraph.split()) >= 8
]
folder = Path("runs/example-texts")  # report.html is in its folder "run"

# Some paragraphs stand in two chapters; copies="group" keeps them on one side of every split.
data = assay.read(pl.DataFrame(rows), target="chapter")
study = assay.Study(data, ["baseline", "tfidf-logistic", "tfidf-naive-bayes"], metric="f1", folds=3, copies="group")
result = study.run(folder / "run")
print(result.leaderboard().select("name", "value", "low", "high"))
print(result.verdict("tfidf-logistic", "tfidf-naive-bayes").call)

model = result.finish()
f1 = result.opened["metrics"]["f1"]
print(f"F1 on the locked paragraphs: {f1['value']:.3f} [{f1['low']:.3f}, {f1['high']:.3f}]")
print(model.predict([{"text": "The with statement is used to wrap the execution of a block."}]))
