"""Phrases of the leaderboard and the verdicts."""

PHRASES: dict[str, tuple[str, str]] = {
    # the leaderboard
    "board-title": ("Leaderboard", "Таблица результатов"),
    "board-lead-bare": (
        "Every candidate that was tried, the failed ones with their reason.",
        "Все испытанные кандидаты; для неудавшихся указана причина.",
    ),
    "board-lead": ("Intervals at {0}, {1}; {2}.", "Интервалы {0}, {1}; метод: {2}."),
    "board-about-this recipe": (
        "of the recipe, out of fold (rows and fitted models vary)",
        "для рецепта, вне обучающих частей (меняются строки и обученные модели)",
    ),
    "board-about-this model": ("of the fitted model (rows vary)", "для обученной модели (меняются строки)"),
    "board-caption": (
        "{0} of every candidate with its interval, best first ({1}).",
        "{0} каждого кандидата с интервалом, начиная с лучшего ({1}).",
    ),
    "board-caption-band": ("The shaded band is the leader's interval.", "Закрашенная полоса — интервал лидера."),
    "board-caption-overlap": (
        "Whether two candidates differ is judged on the same rows and folds, not by overlap: see “Against the leader” and the "
        "verdicts.",
        "Различаются ли два кандидата, решается на тех же строках и частях, а не по перекрытию интервалов: см. столбец «Против "
        "лидера» и вердикты.",
    ),
    "board-rank": ("Rank", "Место"),
    "board-candidate": ("Candidate", "Кандидат"),
    "board-value": ("Value", "Значение"),
    "board-interval": ("Interval", "Интервал"),
    "board-against": ("Against the leader", "Против лидера"),
    "board-time": ("Time", "Время"),
    "board-chosen": ("chosen", "выбран"),
    "board-leads": ("leads", "лидер"),
    "board-no-interval": ("no interval", "нет интервала"),
    "board-uncompared": ("not compared", "не сравнивались"),
    "board-failed": ("failed: {0}", "не удалось: {0}"),
    "board-undefined": ("undefined: {0}", "не определено: {0}"),
    "board-not-measured": ("not measured", "не измерено"),
    "board-axis-below": ("The same scale", "Та же шкала"),
    # every metric
    "board-metrics": ("Every metric", "Все метрики"),
    "board-metrics-region": ("Every metric of every candidate", "Все метрики всех кандидатов"),
    "board-metrics-part": (", part {0} of {1}", ", часть {0} из {1}"),
    "board-metrics-caption": (
        "Each value with its interval below it, out of fold. The best of a column is bold; bold is a rank, not a verdict.",
        "Под каждым значением — его интервал; вне обучающих частей. Лучшее в столбце выделено; выделение — место, а не вердикт.",
    ),
    "board-metrics-more": ("Every metric, continued.", "Все метрики, продолжение."),
    "board-result": ("Result", "Результат"),
    # how a row stands
    "board-is-leader": ("the leader", "лидер"),
    "board-better-p": ("better, p {0}", "лучше, p {0}"),
    "board-worse-p": ("worse, p {0}", "хуже, p {0}"),
    "board-is-better": (" is better", " лучше"),
    "board-call-a better": ("a better", "лучше первый"),
    "board-call-b better": ("b better", "лучше второй"),
    "board-call-no difference shown": ("no difference shown", "различие не показано"),
    "board-call-the same within the margin": ("the same within the margin", "одинаковы в пределах допуска"),
    "board-call-too little data": ("too little data", "слишком мало данных"),
    "board-family-treatments of": ("treatments of {0}", "обработки для {0}"),
    "board-family-variants of": ("variants of {0}", "варианты {0}"),
    "board-family-pretraining": ("pretraining", "предобучение"),
    "board-family-leader": ("against the leader", "против лидера"),
    # the lock
    "board-lock": ("On the locked test rows", "На отложенных проверочных строках"),
    "board-lock-region": ("Metrics on the locked test rows", "Метрики на отложенных строках"),
    "board-lock-caption": (
        "refitted and measured on rows that nothing had seen",
        "обучен заново и измерен на строках, которых не видел никто",
    ),
    "board-lock-caption-seen": (
        "refitted and measured on rows that it was not fitted on",
        "обучен заново и измерен на строках, на которых не обучался",
    ),
    "board-lock-threshold": (", at the threshold {0}", ", порог {0}"),
    "board-lock-between": (" (with other rows it might be {0})", " (на других строках он мог бы быть {0})"),
    "board-lock-rule": (", chosen by {0}", ", выбран по правилу {0}"),
    "board-lock-openings": ("The lock has been opened {0}.", "Вскрытий отложенных строк: {0}."),
    "board-metric": ("Metric", "Метрика"),
    "board-sets": ("How sure a single prediction is", "Насколько надёжно отдельное предсказание"),
    "board-sets-region": (
        "Coverage of prediction sets on the locked test rows",
        "Покрытие предсказательных множеств на отложенных строках",
    ),
    "board-sets-caption": (
        "Conformal prediction sets (for a number: intervals), made from out-of-fold rows and measured on the locked ones.",
        "Конформные предсказательные множества (для числа — интервалы): построены вне обучающих частей, измерены на отложенных "
        "строках.",
    ),
    "board-sets-asked": ("Asked for", "Задано"),
    "board-sets-held": ("Held the truth in", "Содержали истину"),
    "board-sets-size": ("Mean size", "Средний размер"),
    "board-sets-class": ("By class", "По классам"),
    # treatments
    "board-treatments": ("Did the treatments help?", "Помогли ли обработки?"),
    "board-effect-with": (" with ", " с "),
    "board-effect-failed": (" failed", " — не удалось"),
    "board-effect-alone": (" has nothing to be compared with", " не с чем сравнить"),
    "board-effect-not-compared": (" was not compared", " не сравнивали"),
    "board-effect-plain-not-run": (
        "The recipe without a treatment was not run.",
        "Рецепт без обработки не запускали.",
    ),
    "board-effect-plain-failed": ("The recipe without a treatment failed.", "Рецепт без обработки не удался."),
    "board-effect-difference": ("Difference {0}, adjusted p {1}.", "Разность {0}, p с поправкой {1}."),
    "board-effect-values": ("{0} {1} with it, {2} without.", "{0}: {1} с обработкой, {2} без неё."),
    "board-effect-helps": (" helps ", " помогает "),
    "board-effect-hurts": (" makes ", " ухудшает "),
    "board-effect-hurts-end": (" worse", ""),
    "board-effect-same": (" changes ", " меняет "),
    "board-effect-same-end": (" by no more than the margin", " не больше чем на допуск"),
    "board-effect-little": ("Too little data to say whether ", "Слишком мало данных, чтобы сказать, что "),
    "board-effect-open-start": ("", "Не показано, что "),
    "board-effect-open": (" is not shown to help ", " помогает "),
    # the verdicts
    "board-verdicts": ("Verdicts", "Вердикты"),
    "board-verdicts-lead": (
        "Every comparison is paired: the same rows, the same folds. The adjusted p allows for how many comparisons its family "
        "holds.",
        "Все сравнения парные: те же строки, те же части. Поправка к p учитывает, сколько сравнений в семействе.",
    ),
    "board-verdicts-caption": (
        "The difference is “A minus B”, with its interval; the dotted line is no difference; an arrow points to one that is off "
        "the scale ({0}: {1}).",
        "Разность — «A минус B», с интервалом; пунктир — отсутствие различия; стрелка указывает на разность вне шкалы ({0}: "
        "{1}).",
    ),
    "board-verdicts-none": ("No two candidates could be compared.", "Сравнить было некого."),
    "board-verdicts-all": ("Every verdict with its interval and p", "Все вердикты с интервалами и p"),
    "board-a-minus-b": ("A minus B", "A минус B"),
    "board-difference": ("Difference", "Разность"),
    "board-p-raw": ("p raw", "p без поправки"),
    "board-p": ("p adjusted", "p с поправкой"),
    "board-family": ("Family", "Семейство"),
    "board-call": ("Call", "Вердикт"),
    "board-difference-label": ("difference {0} {1}", "разность {0} {1}"),
    # the matrix
    "board-matrix": ("Who is better than whom", "Кто кого лучше"),
    "board-matrix-caption": (
        "{0}: the line minus the column ({1}). ▲ the line is better, ▼ it is worse, ○ no difference shown, = the same within the "
        "margin, ? too little data. An empty cell: the two were not compared.",
        "{0}: строка минус столбец ({1}). ▲ строка лучше, ▼ хуже, ○ различие не показано, = одинаковы в пределах допуска, ? "
        "слишком мало данных. Пустая клетка: пару не сравнивали.",
    ),
    "board-matrix-numbers": ("Columns stand in the order of the lines.", "Столбцы идут в том же порядке, что строки."),
    "board-matrix-left-out": (
        "Left out, for they were compared with none: {0}.",
        "Не показаны, так как ни с кем не сравнивались: {0}.",
    ),
    "board-matrix-self": ("itself", "сам с собой"),
    "board-matrix-not": ("not compared", "не сравнивали"),
    "board-matrix-better": ("better", "лучше"),
    "board-matrix-worse": ("worse", "хуже"),
    "board-matrix-p": (", p {0}", ", p {0}"),
    # the folds
    "board-folds": ("Spread over the folds", "Разброс по частям"),
    "board-folds-lead": (
        "One dot for each fold: the same recipe, trained and measured on other rows.",
        "Точка — одна часть: тот же рецепт, обученный и измеренный на других строках.",
    ),
    "board-folds-caption": ("{0} in each fold.", "{0} в каждой части."),
    "board-folds-count": ("Folds", "Частей"),
    "board-folds-least": ("Least", "Наименьшее"),
    "board-folds-mean": ("Mean", "Среднее"),
    "board-folds-most": ("Most", "Наибольшее"),
    "board-folds-label": ("{0}: {1} folds from {2} to {3}", "{0}: частей {1}, от {2} до {3}"),
    "board-folds-none": ("No candidate has out-of-fold predictions.", "Ни у одного кандидата нет предсказаний вне обучения."),
    # pictures, the confusion matrix, whether probabilities are true
    "board-pictures-none": ("No candidate has predictions to draw.", "Рисовать нечего: предсказаний нет."),
    "board-confusion": ("Confusion matrix", "Матрица ошибок"),
    "board-confusion-test": ("on the locked test rows", "на отложенных строках"),
    "board-confusion-folds": ("out of fold", "вне обучающих частей"),
    "board-confusion-caption": (
        "Each line is a true class, each column what was said; blue is right, orange is wrong, darker is a larger share of its "
        "line.",
        "Строка — истинный класс, столбец — ответ модели; синее верно, оранжевое ошибочно, темнее — большая доля строки.",
    ),
    "board-confusion-true": ("True class", "Истинный класс"),
    "board-confusion-said": ("said", "ответ"),
    "board-confusion-rows": ("rows", "строк"),
    "board-confusion-no": ("No.", "№"),
    "board-confusion-threshold": ("at the threshold {0}", "порог {0}"),
    "board-truth": ("Are the probabilities true?", "Верны ли вероятности?"),
    "board-truth-do": (
        "What to do: where they are shown to be off, calibrate them (--calibration) before using them as probabilities or costs; "
        "the order of the rows is good or bad regardless.",
        "Что делать: если показано, что вероятности неверны, откалибруйте их (--calibration), прежде чем считать по ним "
        "вероятности или затраты; порядок строк хорош или плох независимо от этого.",
    ),
    "board-truth-number": ("Number", "Показатель"),
}
