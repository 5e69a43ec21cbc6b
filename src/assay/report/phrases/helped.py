"""Phrases of "What helped"; its sentences are the study's (``study/helped_phrases.py``)."""

PHRASES: dict[str, tuple[str, str]] = {
    "helped-title": ("What helped", "Что помогло"),
    "helped-lead": (
        "Every treatment against doing nothing, and against tuning the threshold of the untreated model: same rows, same folds, "
        "every difference paired and corrected (Holm) within its column and recipe. “Better” and “worse” stand where a "
        "difference is shown, and only there.",
        "Каждая обработка против отсутствия обработки и против одного лишь подбора порога: те же строки, те же части, каждая "
        "разность парная и с поправкой Холма внутри столбца и рецепта. «Лучше» и «хуже» стоят там, где различие показано, и "
        "только там.",
    ),
    "helped-treatment": ("Treatment", "Обработка"),
    "helped-order": ("Order and labels", "Порядок и метки"),
    "helped-order-text": (
        "Each with its interval, and below it the paired difference: F1 at its tuned threshold against threshold-only, all else "
        "against none. Threshold-only is the untreated model cut at its own tuned threshold: it makes no rows, and its tuned F1 "
        "is that of none.",
        "Значения с интервалами, под ними — парная разность: F1 на подобранном пороге — с threshold-only, остальное — с none. "
        "threshold-only — модель без обработки на собственном подобранном пороге: новых строк не создаёт, её F1 — это F1 модели "
        "none.",
    ),
    "helped-right": ("Are the probabilities still right?", "Верны ли ещё вероятности?"),
    "helped-right-text": (
        "Before correction: as the learner gives them. After: brought back to the true prior, or calibrated on out-of-fold rows. "
        "Below each the paired difference to none.",
        "До поправки — как их даёт модель. После — приведены к истинной доле классов или откалиброваны вне обучающих частей. Под "
        "каждым значением — парная разность с none.",
    ),
    "helped-slope-text": (
        "The slope of calibration: 1 is right, below 1 the probabilities say too much, above 1 too little.",
        "Наклон калибровки: 1 — верно, меньше 1 — вероятности слишком резкие, больше 1 — слишком осторожные.",
    ),
    "helped-measure-f1_at_half": ("F1 at 0.5", "F1 на пороге 0,5"),
    "helped-measure-f1_tuned": ("F1, tuned", "F1, подобранный порог"),
    "helped-measure-f1_before": ("F1, before correction", "F1, до поправки"),
    "helped-measure-f1_after": ("F1, after correction", "F1, после поправки"),
    "helped-measure-log_loss_before": ("Log loss, before", "Логарифмические потери, до"),
    "helped-measure-log_loss_after": ("Log loss, after", "Логарифмические потери, после"),
    "helped-measure-brier_before": ("Brier, before", "Оценка Брайера, до"),
    "helped-measure-brier_after": ("Brier, after", "Оценка Брайера, после"),
    "helped-measure-slope_before": ("Slope, before", "Наклон, до"),
    "helped-measure-slope_after": ("Slope, after", "Наклон, после"),
    "helped-measure-roc_auc": ("ROC AUC", "ROC AUC"),
    "helped-measure-average_precision": ("Average precision", "Средняя точность"),
    "helped-better": ("better", "лучше"),
    "helped-worse": ("worse", "хуже"),
    "helped-fewer": ("fewer", "меньше"),
    "helped-more": ("more", "больше"),
    "helped-little": ("too little data", "мало данных"),
    "helped-alarms": ("Alarms per 1000 cases", "Тревоги на 1000 случаев"),
    "helped-alarms-before": ("At 0.5, before correction", "Порог 0,5, до поправки"),
    "helped-alarms-after": ("At 0.5, after correction", "Порог 0,5, после поправки"),
    "helped-alarms-tuned": ("At its tuned threshold", "Подобранный порог"),
    "helped-false": ("{0} false {1}", "ложных {0} {1}"),
    "helped-prevalence": (
        "{0} of the cases are positive. A treatment trains on another mix, often half and half, and the learner’s probabilities "
        "speak of that mix: more cases than the true share then pass 0.5, and many of the alarms that this adds are false. "
        "Correction brings the probabilities back to the true prior. The rows counted here are real ones, at that prior.",
        "Положительных случаев {0}. При обработке модель учится на другой смеси, часто поровну, и её вероятности говорят об этой "
        "смеси: порог 0,5 проходит больше случаев, чем на деле положительных, и многие из добавленных тревог ложны. Поправка "
        "возвращает вероятности к истинной доле. Здесь посчитаны настоящие строки, с их истинной долей.",
    ),
    # rows before and after
    "rows-title": ("Rows before and after", "Строки до и после"),
    "rows-lead": (
        "Each treatment once more, on the rows that are not locked (a generator that trains a net: on a part of them, for a "
        "short time): new rows against real ones. Good rows are no proof that a treatment helps; that stands above.",
        "Каждая обработка ещё раз, на неотложенных строках (генератор, обучающий сеть, — на их части и недолго): новые строки "
        "против настоящих. Хорошие строки не доказывают, что обработка помогает; об этом сказано выше.",
    ),
    "rows-summary": ("Summary", "Сводка"),
    "rows-summary-caption": (
        "One line for each class that grew. Intervals at 95 %.",
        "По строке на каждый выросший класс. Интервалы 95 %.",
    ),
    "rows-treatment": ("Treatment", "Обработка"),
    "rows-class": ("Class", "Класс"),
    "rows-new": ("New rows", "Новые строки"),
    "rows-real": ("Real rows", "Настоящие строки"),
    "rows-told": ("Told from real rows", "Отличимость"),
    "rows-among": ("Among another class", "В другом классе"),
    "rows-real-there": ("Real rows there", "Настоящих там"),
    "rows-copies": ("Copies", "Копии"),
    "rows-worst": ("Worst column", "Худший столбец"),
    "rows-warnings": ("Warnings", "Замечания"),
    "rows-short": ("short training", "краткое обучение"),
    "rows-lost": (
        "It leaves rows out and makes none: {0} stay.",
        "Исключает строки и не создаёт новых; остаётся {0}.",
    ),
    "rows-across": ("Across", "По горизонтали"),
    "rows-upwards": ("Upwards", "По вертикали"),
    "rows-axis-column": ("{0} in every picture: the column", "{0} на всех графиках: столбец"),
    "rows-axis-levels": (
        "({0}; rows of a level are spread around its place)",
        "({0}; строки одного уровня рассыпаны вокруг его места)",
    ),
    "rows-axis-fitted": (
        "{0} in every picture: {1}, fitted on the real rows that are drawn.",
        "{0} на всех графиках: {1}, построена по нарисованным настоящим строкам.",
    ),
    "rows-drawn": (
        "At most {0} rows of the largest class are drawn, {1} of each other one and {1} new ones: the dots do not show the "
        "shares of the classes.",
        "Нарисовано не больше {0} строк самого большого класса, {1} каждого другого и {1} новых: точки не показывают долей "
        "классов.",
    ),
    "rows-left-out": (
        "Not looked at, because they would be too many here:",
        "Не рассмотрены, потому что здесь их было бы слишком много:",
    ),
    "rows-counts": ("Rows of each class:", "Строк по классам:"),
    "rows-counts-sample": ("Rows of each class in the sample:", "Строк по классам в выборке:"),
    "rows-legend-new": ("new:", "новые:"),
    "rows-of-class": ("New rows of class", "Новые строки класса"),
    "rows-nothing-warns": ("Nothing here warns.", "Предупреждений нет."),
    "rows-quality": ("Quality of the new rows", "Качество новых строк"),
    "rows-unmeasured": (
        "Columns not measured by themselves: {0}.",
        "Столбцы, не измеренные по отдельности: {0}.",
    ),
    "rows-measured": ("Measured", "Измерено"),
    "rows-made-from": (
        "Made {0}, with {1} of {2} training steps, so that the page need not wait for the net: the whole training mostly makes "
        "better rows. To see those, look at this treatment by itself (assay check … --treatments {3} --out page.html).",
        "Получены {0}, шагов обучения: {1} из {2}, чтобы страница не ждала сеть: полное обучение обычно даёт строки лучше. Чтобы "
        "увидеть их, посмотрите эту обработку отдельно (assay check … --treatments {3} --out page.html).",
    ),
    "rows-from-sample": ("from a sample of {0} of the {1} rows", "по выборке: {0} из {1} строк"),
    "rows-from-all": ("from all {0} rows", "по всем строкам ({0})"),
    "rows-before": ("Before", "До"),
    "rows-after": ("After", "После"),
    "rows-picture-before": ("Rows before treatment {0}", "Строки до обработки {0}"),
    "rows-picture-after": ("Rows after treatment {0}", "Строки после обработки {0}"),
    "rows-said-before": ("Before: {0} real rows are drawn.", "До: нарисовано настоящих строк {0}."),
    "rows-said-after": ("After: {0} real rows are drawn.", "После: нарисовано настоящих строк {0}."),
    "rows-said-before-new": (
        "Before: {0} real rows are drawn, and {1} new ones.",
        "До: нарисовано настоящих строк {0}, новых {1}.",
    ),
    "rows-said-after-new": (
        "After: {0} real rows are drawn, and {1} new ones.",
        "После: нарисовано настоящих строк {0}, новых {1}.",
    ),
    "rows-said-sample": (
        "The new ones were made from a sample of {0} rows.",
        "Новые получены по выборке строк: {0}.",
    ),
    "rows-looked": (
        "Looked at: {0} new rows and {1} real ones of the class, among {2} real rows of all classes.",
        "Рассмотрено строк класса: новых {0}, настоящих {1}, среди настоящих строк всех классов: {2}.",
    ),
    "rows-what-rows": ("Rows", "Строк"),
    "rows-what-told": ("Told from real rows (ROC AUC)", "Отличимы от настоящих (ROC AUC)"),
    "rows-what-among": ("Among rows of another class", "Среди строк другого класса"),
    "rows-what-copies": ("Exact copies of training rows", "Точные копии обучающих строк"),
    "rows-what-nearest": (
        "Distance to the nearest training row",
        "Расстояние до ближайшей обучающей строки",
    ),
    "rows-what-close": (
        "As close as the closest 5 % of real rows",
        "Так же близки, как ближайшие 5 % настоящих строк",
    ),
    "rows-what-mean": ("Column distance, mean", "Расстояние по столбцам, среднее"),
    "rows-what-worst": ("Column distance, worst: {0}", "Расстояние по столбцам, наибольшее: {0}"),
    "rows-what-pair": ("{0} of {1} and {2} (most different pair)", "{0}: {1} и {2} (самая непохожая пара)"),
    "rows-chance": ("chance", "угадывание"),
    "rows-chance-up-to": ("chance up to {0}", "случайное — до {0}"),
    "rows-copies-rows": ("{0} rows", "строк: {0}"),
    "rows-columns": ("{0} columns", "столбцов: {0}"),
    "rows-median": ("median", "медиана"),
    "rows-all-pairs": ("all pairs differ by {0}", "в среднем по парам — {0}"),
    "rows-pair-Cramér's V": ("Cramér's V", "V Крамера"),
    "rows-pair-rank correlation": ("Rank correlation", "Ранговая корреляция"),
}
