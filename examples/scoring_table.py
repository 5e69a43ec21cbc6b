"""Who is denied a mortgage: a scoring table with costs, and whether SMOTE helped."""

from pathlib import Path

import assay
from assay.data.examples import write_example

folder = Path("runs/example-scoring-table")  # report.html is in its folder "run"
files = write_example("loanapp", folder)

# The columns that are the decision itself, or exist only after it, are left out.
data = assay.read(files.path, target="denied", drop=[*files.drop, "msa"])
study = assay.Study(
    data,
    recipes=["baseline", "logistic", "boosting"],
    treatments=["none", "smote"],
    folds=3,
    cost=(10, 1),  # a missed denial costs ten false alarms
)
result = study.run(folder / "run")
print(result.leaderboard().select("name", "value", "low", "high"))

verdict = result.verdict("boosting+smote", "boosting")
print(f"SMOTE with boosting: {verdict.call}, difference {verdict.difference.value:+.3f}")

# The simplest candidate that gives up at most 0.02 of the AUC; this opens the locked rows, once and on record.
model = result.finish(prefer="simple", margin=0.02)
test = result.opened
auc = test["metrics"]["roc_auc"]
print(f"{test['name']} on the locked rows: AUC {auc['value']:.3f} [{auc['low']:.3f}, {auc['high']:.3f}]")
print(f"It says denied from a probability of {model.threshold:.3f} on, the one with the least expected cost.")
print(model.predict(files.path).head(3))
