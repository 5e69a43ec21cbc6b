"""Phrases of the glossary at the end of a report; what metrics mean stands in ``metrics.py``."""

PHRASES: dict[str, tuple[str, str]] = {
    "terms-heading": ("How to read this", "Как это читать"),
    "terms-interval": ("Interval", "Интервал"),
    "terms-interval-text": (
        "The range in which the true value lies, at the level named. A wide one means: too few rows to know better.",
        "Область, в которой с указанным уровнем доверия лежит истинное значение. Широкий интервал значит: строк слишком мало, "
        "чтобы знать точнее.",
    ),
    "terms-fold": ("Out of fold", "Вне обучающих частей"),
    "terms-fold-text": (
        "Each row is predicted by a model that was not trained on it; the leaderboard rests on these predictions.",
        "Каждую строку предсказывает модель, которая на ней не обучалась; на этих предсказаниях стоит таблица результатов.",
    ),
    "terms-locked": ("Locked test rows", "Отложенные проверочные строки"),
    "terms-locked-text": (
        "Rows set apart before anything was fitted, and opened once at the end. Each further opening makes them less of a test.",
        "Строки, отделённые до всякого обучения и вскрываемые один раз в конце. Каждое новое вскрытие ослабляет проверку.",
    ),
    "terms-candidate": ("Candidate", "Кандидат"),
    "terms-candidate-text": (
        "A recipe together with a treatment; “boosting+smote” is the recipe boosting with the treatment smote.",
        "Рецепт вместе с обработкой; «boosting+smote» — рецепт boosting с обработкой smote.",
    ),
    "terms-treatment": ("Treatment", "Обработка"),
    "terms-treatment-text": (
        "Something done about uneven classes, on training rows only: weights, sampling, made-up rows such as SMOTE’s.",
        "Способ борьбы с неравными классами, только на обучающих строках: веса, отбор строк, искусственные строки, как в SMOTE.",
    ),
    "terms-p": ("Adjusted p", "p с поправкой"),
    "terms-p-text": (
        "How surprising a difference this large would be if there were none, made stricter for the size of its family.",
        "Насколько удивительной была бы такая разность, если бы различия не было; с поправкой на размер семейства сравнений.",
    ),
    "terms-open": ("No difference shown", "Различие не показано"),
    "terms-open-text": (
        "The data do not settle it. It does not say that both are equal; “the same within the margin” says that.",
        "Данных для решения мало. Это не значит, что оба равны; о равенстве говорит «одинаковы в пределах допуска».",
    ),
    "terms-calibration": ("Calibration", "Калибровка"),
    "terms-calibration-text": (
        "Of the rows given a probability of 0.3, about 30 % should turn out positive. Dots on the dotted diagonal are honest.",
        "Из строк с вероятностью 0,3 положительными должны оказаться около 30 %. Точки на пунктирной диагонали честны.",
    ),
    "terms-threshold": ("Threshold", "Порог"),
    "terms-threshold-text": (
        "The probability from which a row is called positive. It was chosen on out-of-fold predictions, never on test rows.",
        "Вероятность, начиная с которой строка названа положительной. Выбран по предсказаниям вне обучающих частей, "
        "проверочные строки не участвовали.",
    ),
    "terms-residual": ("Residual", "Остаток"),
    "terms-residual-text": (
        "Actual minus predicted. A cloud that bends or widens says what the model has not understood.",
        "Истинное минус предсказанное. Изогнутое или расширяющееся облако показывает, чего модель не поняла.",
    ),
}
