"""What ``balance.scan`` compiles, in NumPy: the same neighbours in the same order, slower."""

import numpy as np

FAR = np.float32(3e38)


def visit_cells(  # more than 8 arguments: those of its compiled twin
    queries: np.ndarray,
    rows: np.ndarray,
    names: np.ndarray,
    bounds: np.ndarray,
    visited: np.ndarray,
    own: np.ndarray,
    best: np.ndarray,
    best_names: np.ndarray,
) -> None:
    kept = best.shape[1]
    for cell in range(len(bounds) - 1):
        part = slice(int(bounds[cell]), int(bounds[cell + 1]))
        asked = np.flatnonzero(visited[cell]) if len(visited) else np.arange(len(queries))
        if len(asked) == 0 or part.start == part.stop:
            continue
        distances = queries[asked] @ rows[part].T
        distances[names[part][None, :] == own[asked][:, None]] = FAR
        distances = np.concatenate([best[asked], np.minimum(distances, FAR)], axis=1)
        called = np.concatenate([best_names[asked], np.broadcast_to(names[part], (len(asked), part.stop - part.start))], axis=1)
        nearest = np.argpartition(distances, kept - 1, axis=1)[:, :kept]
        best[asked] = np.take_along_axis(distances, nearest, axis=1)
        best_names[asked] = np.where(best[asked] < FAR, np.take_along_axis(called, nearest, axis=1), -1)
    order = np.argsort(best, axis=1, kind="stable")
    best[:], best_names[:] = np.take_along_axis(best, order, axis=1), np.take_along_axis(best_names, order, axis=1)


def permute(rows: np.ndarray, order: np.ndarray) -> None:
    rows[:] = rows[order]


def in_exact_order(
    points: np.ndarray, queries: np.ndarray, asked: np.ndarray, found: np.ndarray, rows: np.ndarray, squares: np.ndarray
) -> None:
    kept, none = rows.shape[1], found < 0
    apart = np.zeros(found.shape)
    for column in range(points.shape[1]):  # summed in the order of the columns, as the compiled loop does
        held = points[:, column].astype(np.float64)
        apart += (held[np.maximum(found, 0)] - queries[asked, column].astype(np.float64)[:, None]) ** 2
    apart[none] = np.inf
    order = np.lexsort((found, apart), axis=1)[:, :kept]
    rows[:], squares[:] = np.take_along_axis(found, order, axis=1), np.take_along_axis(apart, order, axis=1)
