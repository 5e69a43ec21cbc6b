"""Phrases of the pictures of predictions: curves, calibration, confusion, the spread over folds."""

PHRASES: dict[str, tuple[str, str]] = {
    "not-a-number": ("not a number", "не число"),
    "curves-heading": ("Curves, calibration, confusion", "Кривые, калибровка, матрица ошибок"),
    "curves-lead": (
        "Out of fold, averaged over the folds.",
        "Вне обучающих частей, в среднем по частям.",
    ),
    "curves-lead-test": (
        "Out of fold, averaged over the folds; the opened lock beside it.",
        "Вне обучающих частей, в среднем по частям; рядом — вскрытые отложенные строки.",
    ),
    "curves-heading-number": ("Predictions against the truth", "Предсказания и истина"),
    "curves-lead-number": ("Out of fold, first repeat.", "Вне обучающих частей, первый повтор."),
    "curves-lead-number-test": ("On the locked test rows.", "На отложенных строках."),
    "curves-locked-line": ("{0}, locked test", "{0}, отложенные строки"),
    "curves-out-of-fold": ("out of fold", "вне обучающих частей"),
    "curves-on-locked": ("on the locked test rows", "на отложенных строках"),
    "curves-class": ("class {0}", "класс {0}"),
    "curves-one-class": ("one class", "отдельный класс"),
    "curves-each-class": ("Each class against the rest, {0}, {1}.", "Каждый класс против остальных, {0}, {1}."),
    "curves-each-class-some": (
        "Each class against the rest, {0}, {1}; the {2} most frequent of {3} classes.",
        "Каждый класс против остальных, {0}, {1}; самые частые классы: {2} из {3}.",
    ),
    "curves-band": (
        "The band around the first line runs from the lowest to the highest fold.",
        "Полоса вокруг первой линии — от наименьшего до наибольшего по частям.",
    ),
    "curves-lines": ("Lines: {0}.", "Линии: {0}."),
    # ROC
    "curves-roc": ("ROC", "ROC-кривая"),
    "curves-roc-title": ("ROC curves", "ROC-кривые"),
    "curves-roc-said": (
        "True positive rate over false positive rate.",
        "Доля верно найденных положительных от доли ложных тревог.",
    ),
    "curves-roc-x": ("False positive rate", "Доля ложных тревог (FPR)"),
    "curves-roc-y": ("True positive rate", "Доля найденных положительных (TPR)"),
    "curves-roc-caption": (
        "The share of positives found, against the share of negatives called positive; the dotted diagonal is chance.",
        "Доля найденных положительных в зависимости от доли отрицательных, названных положительными; пунктирная диагональ — "
        "угадывание.",
    ),
    # precision and recall
    "curves-pr": ("Precision and recall", "Точность и полнота"),
    "curves-pr-title": ("Precision-recall curves", "Кривые точности и полноты"),
    "curves-pr-said": ("Precision over recall for {0}.", "Точность от полноты, {0}."),
    "curves-pr-x": ("Recall", "Полнота"),
    "curves-pr-y": ("Precision", "Точность"),
    "curves-pr-caption": (
        "How pure the rows called positive are, against how many of the positives are found.",
        "Какая доля строк, названных положительными, положительна, в зависимости от того, сколько положительных найдено.",
    ),
    "curves-pr-caption-chance": (
        "How pure the rows called positive are, against how many of the positives are found; the dotted line is chance, the "
        "share of positives.",
        "Какая доля строк, названных положительными, положительна, в зависимости от того, сколько положительных найдено; "
        "пунктирная линия — угадывание, доля положительных.",
    ),
    # calibration
    "curves-calibration": ("Calibration", "Калибровка"),
    "curves-calibration-where": ("Calibration, {0}", "Калибровка, {0}"),
    "curves-calibration-x": ("Probability said", "Названная вероятность"),
    "curves-calibration-y": ("Share found positive", "Доля положительных"),
    "curves-calibration-x-called": ("Probability of the class called", "Вероятность названного класса"),
    "curves-calibration-y-called": ("Share that was right", "Доля верных ответов"),
    "curves-calibration-said": (
        "Share found positive over probability said for {0}, {1}, in {2} bins of rows.",
        "Доля положительных от названной вероятности: {0}, {1}; групп строк: {2}.",
    ),
    "curves-calibration-said-called": (
        "Share that was right over probability of the class called for {0}, {1}, in {2} bins of rows.",
        "Доля верных ответов от вероятности названного класса: {0}, {1}; групп строк: {2}.",
    ),
    "curves-calibration-caption": (
        "{0}, {1}. Each dot holds about {2} of {3} rows, with its 95 % Wilson interval; on the dotted diagonal the "
        "probabilities can be taken at their word.",
        "{0}, {1}. На каждую точку приходится около {2} из {3} строк; показан её интервал Уилсона 95 %. На пунктирной "
        "диагонали вероятностям можно верить дословно.",
    ),
    # a number
    "curves-against": ("Predicted and actual", "Предсказанное и истинное"),
    "curves-against-said": ("Actual over predicted values. {0}", "Истинные значения от предсказанных. {0}"),
    "curves-against-caption": ("{0} On the dotted line both are equal.", "{0} На пунктирной линии они равны."),
    "curves-residuals": ("Residuals", "Остатки"),
    "curves-residuals-said": (
        "Actual minus predicted over predicted values. {0}",
        "Истинное минус предсказанное от предсказанных значений. {0}",
    ),
    "curves-residuals-caption": (
        "{0} Above the dotted line the truth was higher than said.",
        "{0} Выше пунктирной линии истина больше предсказания.",
    ),
    "curves-predicted": ("Predicted", "Предсказанное"),
    "curves-actual": ("Actual", "Истинное"),
    "curves-actual-less": ("Actual minus predicted", "Истинное минус предсказанное"),
    "curves-rows": ("{0}, {1}, {2} rows.", "{0}, {1}, строк: {2}."),
    "curves-rows-some": (
        "{0}, {1}, {2} rows, {3} of them shown, evenly spread over the predictions.",
        "{0}, {1}, строк: {2}; показаны {3}, равномерно по предсказаниям.",
    ),
    # class shares, spread, confusion
    "curves-ratio": ("1 to {0}", "1 к {0}"),
    "curves-ratio-none": ("none at all", "одного из классов нет совсем"),
    "curves-cut-at-half": (
        "a probability of 0.5 or more is called positive",
        "положительной названа строка с вероятностью от 0,5",
    ),
    "curves-likeliest": ("the most probable class is called", "назван самый вероятный класс"),
    "curves-common-only": (
        "{0}; the {1} commonest of {2} classes are shown, the others as one",
        "{0}; показаны самые частые классы: {1} из {2}, остальные вместе",
    ),
    "curves-others": ("{0} others", "прочие классы: {0}"),
    # are the probabilities true
    "curves-true-locked": ("locked test rows", "отложенные строки"),
    "curves-true-nothing": ("{0}: nothing can be said: {1}.", "{0}: сказать ничего нельзя: {1}."),
    "curves-true-are": ("{0}: the probabilities are {1}.", "{0}: вероятности {1}."),
    "curves-true-and": ("; and ", "; и "),
    "curves-true-unknown": (
        "{0}: whether they are too extreme or too timid cannot be told: {1}.",
        "{0}: слишком ли они резкие или слишком осторожные, сказать нельзя: {1}.",
    ),
    "curves-true-fine": (
        "{0}: it was not shown that they are too extreme, too timid, too high or too low.",
        "{0}: не показано, что вероятности слишком резкие, слишком осторожные, завышены или занижены.",
    ),
    "curves-fault-too extreme": (
        "too extreme: they differ more from row to row than they should",
        "слишком резкие: различаются между строками сильнее, чем следует",
    ),
    "curves-fault-too timid": (
        "too timid: they differ less from row to row than they should",
        "слишком осторожные: различаются между строками слабее, чем следует",
    ),
    "curves-fault-too high as a whole": (
        "too high as a whole: fewer rows are positive than they say",
        "в целом завышены: положительных строк меньше, чем они обещают",
    ),
    "curves-fault-too low as a whole": (
        "too low as a whole: more rows are positive than they say",
        "в целом занижены: положительных строк больше, чем они обещают",
    ),
    "curves-fault-upside down": (
        "upside down: rows with a higher one are positive less often",
        "перевёрнуты: строки с большей вероятностью положительны реже",
    ),
    "curves-brier": ("Brier score", "Оценка Брайера"),
    "curves-brier-note": ("the three below: first − second + third", "из трёх ниже: первое − второе + третье"),
    "curves-miscalibration": ("Miscalibration", "Некалиброванность"),
    "curves-miscalibration-note": (
        "what calibrating could gain; 0 is best",
        "сколько дала бы калибровка; лучше всего 0",
    ),
    "curves-discrimination": ("Discrimination", "Различение"),
    "curves-discrimination-note": ("what the order of the rows is worth", "чего стоит порядок строк"),
    "curves-uncertainty": ("Uncertainty", "Неопределённость"),
    "curves-uncertainty-note": (
        "the score of one number for all rows",
        "оценка одного числа, общего для всех строк",
    ),
    "curves-error": ("Calibration error", "Ошибка калибровки"),
    "curves-error-note": ("debiased; 0 is ideal", "без смещения; идеал — 0"),
    "curves-error-less": ("less {0} by chance", "за вычетом случайного: {0}"),
    "curves-slope": ("Cox slope", "Наклон Кокса"),
    "curves-slope-note": ("1 is ideal; below it too extreme", "идеал — 1; меньше — слишком резкие"),
    "curves-intercept": ("Cox intercept", "Сдвиг Кокса"),
    "curves-intercept-note": ("0 is ideal, beside a slope of 1", "идеал — 0 при наклоне 1"),
    "curves-large": ("Intercept at slope 1", "Сдвиг при наклоне 1"),
    "curves-large-note": ("0 is ideal; below it too high", "идеал — 0; меньше — завышены"),
    "curves-true-cox": (
        "Only Cox’s line has intervals (95 %, rows vary).",
        "Интервалы есть только у прямой Кокса (95 %, меняются строки).",
    ),
    "curves-true-isotonic": (
        "Miscalibration by isotonic regression is above 0 even for true probabilities, the more so the fewer the rows.",
        "Некалиброванность по изотонной регрессии больше 0 даже у верных вероятностей, и тем больше, чем меньше строк.",
    ),
    "curves-weighted": ("Rows count by their weight.", "Строки учтены по своему весу."),
    "curves-true-alone": (
        "The intervals take every row for itself; where rows belong together the true ones may be wider.",
        "Интервалы считают строки независимыми; где строки связаны, настоящие интервалы могут быть шире.",
    ),
}
