"""The confusion matrix of more classes than a page can hold."""

import numpy as np
from sklearn.metrics import confusion_matrix

from assay.data.task import Task
from assay.measure.payload import Predictions, Truth
from assay.report.evidence import MOST_CLASSES_SHOWN, confusion


def test_of_many_classes_the_commonest_are_shown_and_the_others_as_one():
    rng = np.random.default_rng(0)
    size, rows = 60, 3000
    task = Task("multiclass", "y", tuple(f"k{place:02d}" for place in range(size)))
    shares = 1 / np.arange(1, size + 1)
    true, said = (rng.choice(size, rows, p=shares / shares.sum()) for _ in range(2))
    units = np.arange(rows)
    chances = np.full((rows, size), 0.5 / size)
    chances[units, said] += 0.5
    pair = (
        Truth("multiclass", units, {"target": true}),
        Predictions("multiclass", units, {"score": chances, "probability": chances}),
    )
    found = confusion(task, [pair], name="forest", is_test=True, rule="")
    assert found is not None
    assert len(found.classes) == MOST_CLASSES_SHOWN
    counts = np.array(
        [[int(text.replace("\u202f", "").replace("\xa0", "").replace(" ", "")) for text, _, _ in line] for line in found.counts]
    )
    kept = [task.classes.index(name) for name in found.classes[:-1]]
    whole = confusion_matrix(true, said, labels=np.arange(size))
    assert (counts[:-1, :-1] == whole[np.ix_(kept, kept)]).all()
    assert counts.sum() == rows
    assert set(kept) == set(np.argsort(-whole.sum(axis=1), kind="stable")[: MOST_CLASSES_SHOWN - 1])
    assert found.classes[-1] == "21 others"
    assert "the 39 commonest of 60 classes are shown" in found.rule
    assert (found.counts[-1][-1][2], found.counts[0][0][2], found.counts[0][-1][2]) == ("", "right", "wrong")
