"""Phrases of a comparison of runs."""

PHRASES: dict[str, tuple[str, str]] = {
    "comparison-title": ("Runs side by side: {0}", "Запуски рядом: {0}"),
    "comparison-eyebrow": ("Assay · Runs side by side", "Assay · Запуски рядом"),
    "comparison-question": (
        "How do {0} runs compare, and which differences may be called differences?",
        "Чем отличаются запуски ({0}) и какие различия можно считать различиями?",
    ),
    "comparison-runs": ("The runs", "Запуски"),
    "comparison-run": ("Run", "Запуск"),
    "comparison-data": ("Data", "Данные"),
    "comparison-rows": ("Rows", "Строки"),
    "comparison-locked": ("Locked", "Отложено"),
    "comparison-metric": ("Judged by", "Оценивается по"),
    "comparison-best": ("Best candidate", "Лучший кандидат"),
    "comparison-value": ("Out of fold", "Вне обучающих частей"),
    "comparison-test": ("On the locked rows", "На отложенных строках"),
    "comparison-shut": ("not opened", "не открывались"),
    "comparison-openings": ("opening {0}", "открытие {0}"),
    "comparison-none": ("nothing was measured", "ничего не измерено"),
    "comparison-board": ("{0} of every candidate in every run", "{0} каждого кандидата в каждом запуске"),
    "comparison-board-lead": (
        "Out of fold, with intervals at {0}. Bars of different runs may be compared by eye only where the data "
        "and the question "
        "are the same; only a verdict above says that there is a difference.",
        "Вне обучающих частей, с интервалами уровня {0}. Сравнивать на глаз полосы разных запусков можно, только "
        "если данные и вопрос одни и "
        "те же; о различии говорит только вердикт выше.",
    ),
    "comparison-candidate": ("Candidate", "Кандидат"),
    "comparison-interval": ("Interval", "Интервал"),
    "comparison-absent": ("not tried", "не пробовали"),
    "comparison-failed": ("failed", "не удалось"),
    "comparison-verdicts": ("Verdicts between runs", "Вердикты между запусками"),
    "comparison-verdicts-lead": (
        "Paired: both candidates predicted the same rows in the same folds. p is corrected for all comparisons of "
        "the table (Holm).",
        "Парные сравнения: оба кандидата предсказывали одни и те же строки на одних и тех же частях. Значение p "
        "исправлено на число "
        "сравнений в таблице (Холм).",
    ),
    "comparison-unpaired": (
        "No two of these runs predicted the same rows in the same folds by the same metric, so that no difference "
        "between them can "
        "be paired, and none is judged. Run the candidates in one study, or with the same data, seed and folds.",
        "Никакие два из этих запусков не предсказывали одни и те же строки на одних и тех же частях по одной "
        "метрике, поэтому парных "
        "сравнений нет и вердиктов нет. Запустите кандидатов в одном исследовании или с теми же данными, начальным числом "
        "и частями.",
    ),
    "comparison-left": (
        "Shown beside the others and not judged, for their rows, folds or metric are others: {0}.",
        "Показаны рядом, но без вердиктов, потому что строки, блоки или метрика другие: {0}.",
    ),
    "comparison-settings": ("What was asked otherwise", "Что было задано иначе"),
    "comparison-settings-none": ("Nothing: every setting is the same.", "Ничего: все настройки одинаковы."),
    "comparison-setting": ("Setting", "Настройка"),
    "comparison-metrics": ("Every metric that the runs share", "Все общие метрики"),
}
