"""Handwritten digits as a folder of pictures: plain pixels against nearest neighbours."""

import tempfile
from pathlib import Path

import assay
from assay.data.examples import write_example

folder = Path(tempfile.mkdtemp())
pictures = write_example("digits", folder).path  # pictures/CLASS/NNNN.png

data = assay.read(pictures)
result = assay.Study(data, recipes=["logistic", "knn"], folds=3).run(folder / "run")
print(result.leaderboard().select("name", "value", "low", "high"))

result.finish()
model = assay.load(folder / "run" / "model")
print("On the locked pictures:", result.opened["metrics"]["accuracy"])
print(model.predict(pictures / "7").head(3).select("prediction", "probability_7"))  # any folder of pictures
