"""Reports of four questions, each a page that stands alone: they are the gallery of the documentation.

python examples/gallery.py [FOLDER]
"""

import sys
from pathlib import Path

from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

import assay
from assay.report.look import look_at
from assay.report.look_page import LookReport, write_look_page
from assay.report.of_study import write_page

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "gallery")
folder.mkdir(parents=True, exist_ok=True)


def keep(page: Path, name: str, about: str) -> None:
    (folder / f"{name}.html").write_bytes(page.read_bytes())
    print(f"{name}.html: {about}")


# Two classes, a treatment of the rare one, costs: with the lock opened, and in both languages.
cells = load_breast_cancer(as_frame=True).frame
study = assay.Study(
    assay.read(cells, target="target", positive="0"), ["logistic", "boosting"], ["none", "class-weight"], cost=(10, 1), folds=3
)
result = study.run("runs/cells")
model = result.finish()
keep(write_page(result), "two-classes", "two classes, a treatment, costs, the opened lock")
keep(write_page(result, language="ru"), "two-classes-ru", "the same in Russian")

# Several classes, and a number.
wine = assay.read(load_wine(as_frame=True).frame, target="target", task="multiclass")
keep(write_page(assay.Study(wine, ["logistic", "forest"], folds=3).run("runs/wine")), "several-classes", "three kinds of wine")
sugar = assay.read(load_diabetes(as_frame=True).frame, target="target")
keep(
    write_page(assay.Study(sugar, ["ridge", "forest"], folds=3).run("runs/sugar")), "a-number", "a number: the course of diabetes"
)

# A look at the data before anything is fitted.
write_look_page(LookReport(title="wine", look=look_at(wine)), folder / "look.html")
print("look.html: a look at the data")
