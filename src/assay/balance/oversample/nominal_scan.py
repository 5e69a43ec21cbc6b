"""The compiled loop under SMOTE-N for more than two classes: the nearest rows by the value difference metric."""

import numpy as np

from assay.core.compiled import kernel


@kernel
def nearest_rows(points: np.ndarray, start: int, found: np.ndarray) -> None:
    """The nearest others of the rows from ``start`` on; equally far ones by their number.

    points: float64 (n, d, n_classes).  found: int64 (m, k) is filled; k < n.  A row is left as soon as it is too far.
    """
    n, d, classes = points.shape
    k = found.shape[1]
    far = np.empty(k)
    for i in range(found.shape[0]):
        me = start + i
        filled = 0
        for j in range(n):
            if j == me:
                continue
            total = 0.0
            for column in range(d):
                apart = 0.0
                for c in range(classes):
                    apart += abs(points[me, column, c] - points[j, column, c])
                total += apart * apart
                if filled == k and total >= far[k - 1]:
                    break
            if filled == k and total >= far[k - 1]:
                continue
            place = min(filled, k - 1)
            while place > 0 and far[place - 1] > total:
                far[place] = far[place - 1]
                found[i, place] = found[i, place - 1]
                place -= 1
            far[place] = total
            found[i, place] = j
            filled = min(filled + 1, k)
