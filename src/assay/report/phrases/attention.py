"""Phrases of the pictures of attention."""

PHRASES: dict[str, tuple[str, str]] = {
    "attention-mean": (
        "What each token (a line) looks at (a column): the mean over all layers and heads",
        "На что смотрит каждый токен (строка среди столбцов): среднее по всем слоям и головам",
    ),
    "attention-head": (
        "What each token (a line) looks at (a column): layer {0}, head {1}",
        "На что смотрит каждый токен (строка среди столбцов): слой {0}, голова {1}",
    ),
    "attention-first": ("; tokens: the first {0} of {1}", "; токены: первые {0} из {1}"),
}
