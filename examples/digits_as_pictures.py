"""Handwritten digits as a folder of pictures: plain pixels against nearest neighbours."""

from pathlib import Path

import assay
from assay.data.examples import write_example

folder = Path("runs/example-digits")  # report.html is in its folder "run"
pictures = write_example("digits", folder).path  # pictures/CLASS/NNNN.png

data = assay.read(pictures)
result = assay.Study(data, recipes=["logistic", "knn"], folds=3).run(folder / "run")
print(result.leaderboard().select("name", "value", "low", "high"))

result.finish()
model = assay.load(folder / "run" / "model")
accuracy = result.opened["metrics"]["accuracy"]
print(f"Accuracy on the locked pictures: {accuracy['value']:.3f} [{accuracy['low']:.3f}, {accuracy['high']:.3f}]")
print(model.predict(pictures / "7").head(3).select("prediction", "probability_7"))  # any folder of pictures
