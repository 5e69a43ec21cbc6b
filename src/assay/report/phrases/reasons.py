"""What the engine says of itself; its English is a pattern that recognises the text of a summary (see ``report/reasons.py``)."""

PHRASES: dict[str, tuple[str, str]] = {
    # why a number is undefined or has no interval
    "reason-no-rows": ("there are no rows", "строк нет"),
    "reason-not-held": ("the predictions hold no {0}", "в предсказаниях нет нужного массива: {0}"),
    "reason-not-finite": ("{0} of {1} predictions are not finite", "предсказаний не числом: {0} из {1}"),
    "reason-one-class": ("all {0} rows are of one class", "все строки ({0}) одного класса"),
    "reason-one-class-bare": ("all rows are of one class", "все строки одного класса"),
    "reason-no-class": ("class {0} has no row", "нет ни одной строки класса {0}"),
    "reason-each-class": ("each of the {0} rows is a class of its own", "каждая из строк ({0}) — отдельный класс"),
    "reason-no-target": ("the truth holds no target", "истинные значения не известны"),
    "reason-no-positive-call": ("no row is called positive", "ни одна строка не названа положительной"),
    "reason-same-target": (
        "the target is the same in all {0} rows",
        "целевой столбец одинаков во всех строках ({0})",
    ),
    "reason-zero-target": (
        "the target is 0 in {0} of {1} rows (first: {2}): no error relative to it",
        "целевой столбец равен 0 в строках: {0} из {1} (первая: {2}); относительной ошибки у них нет",
    ),
    "reason-equal-probabilities": ("all probabilities are equal", "все вероятности равны"),
    "reason-parted": (
        "the probabilities part the classes without error",
        "вероятности разделяют классы без ошибок",
    ),
    "reason-no-probabilities": ("the model gives no probabilities", "модель не даёт вероятностей"),
    "reason-no-finite": ("no finite value", "нет конечного значения"),
    "reason-no-spread": (
        "the predictions hold no spread: this recipe gives numbers, and not how sure it is of them",
        "в предсказаниях нет разброса: рецепт даёт числа, но не их неопределённость",
    ),
    "reason-single-unit": (
        "there is a single independent unit: its spread is unknown",
        "независимая единица всего одна: разброс неизвестен",
    ),
    "reason-one-row-there": (
        "there is one row of a class: its spread is unknown",
        "в одном из классов одна строка: разброс неизвестен",
    ),
    "reason-one-row-fold": (
        "fold {0} of repeat {1} has one row of a class: its spread is unknown",
        "в части {0} повтора {1} одна строка класса: разброс неизвестен",
    ),
    "reason-one-group": (
        "all of its rows are of one group: the spread is unknown",
        "все строки из одной группы: разброс неизвестен",
    ),
    "reason-few-groups": (
        "fewer than two independent groups of rows",
        "независимых групп строк меньше двух",
    ),
    "reason-equal-difference": (
        "the rows show no spread of the difference",
        "разность одинакова во всех строках",
    ),
    "reason-same-folds": ("the two are equal in every fold", "в каждой части оба значения равны"),
    "reason-same-fold-difference": (
        "every fold shows the same difference: its spread is unknown",
        "во всех частях разность одинакова: разброс неизвестен",
    ),
    "reason-no-difference": ("the two differ on no row", "оба совпадают во всех строках"),
    "reason-same-group-difference": (
        "every group shows the same difference: its spread is unknown",
        "во всех группах разность одинакова: разброс неизвестен",
    ),
    "reason-not-measured": ("nothing was measured", "ничего не измерено"),
    "reason-one-source": (
        "all new rows come from one real row",
        "все новые строки получены из одной настоящей",
    ),
    "reason-no-relevant": (
        "there is no relevant row among {0}",
        "релевантных строк нет: 0 из {0}",
    ),
    "reason-no-query": (
        "the rows do not say which query each of them is of",
        "строки не говорят, к какому запросу относятся",
    ),
    "reason-few-rows-error": (
        "one row with weight is too few for a calibration error; two are needed at least",
        "для ошибки калибровки нужны хотя бы две строки с весом",
    ),
    # how an interval was made
    "reason-method-delong": ("DeLong", "Делонг"),
    "reason-method-jackknife": ("infinitesimal jackknife", "инфинитезимальный складной нож"),
    "reason-method-models": ("{0} and model variance", "{0} и дисперсия моделей"),
    "reason-method-percentile": ("percentile bootstrap", "процентильный бутстреп"),
    "reason-method-stratified": ("stratified percentile bootstrap", "стратифицированный процентильный бутстреп"),
    "reason-method-paired": ("paired percentile bootstrap", "парный процентильный бутстреп"),
    "reason-method-bca": ("BCa bootstrap", "бутстреп BCa"),
    "reason-method-studentized": ("studentized bootstrap", "стьюдентизированный бутстреп"),
    "reason-method-wilson": ("Wilson", "Уилсон"),
    "reason-method-effective": ("Wilson, effective rows", "Уилсон, эффективное число строк"),
    "reason-method-clopper": ("Clopper-Pearson", "Клоппер — Пирсон"),
    "reason-method-logit": ("{0}, logit", "{0}, в шкале логитов"),
    "reason-method-log": ("{0}, log", "{0}, в шкале логарифмов"),
    "reason-method-draws": ("{0}, all draws equal", "{0}, все выборки равны"),
    "reason-method-end": ("exact, at the end of the scale", "точный, на краю шкалы"),
    # thresholds
    "reason-cost": (
        "the cost per row is lowest, where a missed positive costs {0} and a false alarm {1}",
        "получить наименьшую стоимость на строку; пропуск положительной стоит {0}, ложная тревога — {1}",
    ),
    "reason-recall": (
        "the fewest rows are called positive that hold at least {0} of the positives",
        "назвать положительными как можно меньше строк, охватив не меньше {0} всех положительных",
    ),
    "reason-precision": (
        "as many positives as possible are found while at least {0} of the rows called positive are positive",
        "найти как можно больше положительных при доле верных среди названных положительными не меньше {0}",
    ),
    "reason-capacity-share": (
        "at most {0} % of the rows are called positive",
        "назвать положительными не больше {0} % строк",
    ),
    "reason-capacity": ("at most {0} rows are called positive", "назвать положительными строк не больше {0}"),
    "reason-capacity-one": ("at most 1 row is called positive", "назвать положительной не больше 1 строки"),
    "reason-fixed": ("the threshold is {0}, as given", "взять заданное значение: {0}"),
    "reason-fbeta": (
        "{0} is highest (recall counts {1} times as much as precision)",
        "получить наибольшее значение {0} (вес полноты относительно точности: {1})",
    ),
    "reason-highest": ("{0} is highest", "получить наибольшее значение {0}"),
    "reason-balanced": ("balanced accuracy", "сбалансированной доли верных ответов"),
    "reason-matthews": ("Matthews correlation", "корреляции Мэтьюса"),
    "reason-given": ("the threshold was given, not chosen", "порог был задан, а не выбран"),
    "reason-choose-no-rows": (
        "there were no rows to choose on, so it is {0}",
        "строк для выбора порога не было, поэтому он равен {0}",
    ),
    "reason-choose-one-class": (
        "all {0} rows to choose on are of one class, so it is {1}",
        "все строки для выбора порога ({0}) одного класса, поэтому он равен {1}",
    ),
    "reason-choose-floor": (
        "no cut of the {0} rows has a precision of {1} or more; the highest is {2}, at {3}",
        "ни один порог на строках ({0}) не даёт точности {1} и выше; наибольшая — {2}, при пороге {3}",
    ),
    "reason-choose-nobody": (
        "nobody is called: a share of {0} of {1} rows may be, and {2} has the highest probability",
        "никто не назван положительным: можно назвать долю {0} из {1} строк, а наибольшую вероятность имеют {2}",
    ),
    "reason-choose-nobody-many": (
        "nobody is called: a share of {0} of {1} rows may be, and {2} share the highest probability",
        "никто не назван положительным: можно назвать долю {0} из {1} строк, а наибольшую вероятность имеют {2}",
    ),
    "reason-resamples": (
        "{0} of {1} resamples have no threshold ({2})",
        "нет порога в повторных выборках: {0} из {1} ({2})",
    ),
    "reason-class-missing": ("a class is missing", "одного из классов нет"),
    "reason-floor-or-class": (
        "the floor is out of reach, or a class is missing",
        "нижняя граница недостижима или одного из классов нет",
    ),
    # conformal sets
    "reason-promise-time-set": (
        "None under drift: rows that come later need not be like the earlier ones, so a later set may hold the truth less "
        "often than its level says; watch the coverage on new rows.",
        "При дрейфе гарантии нет: более поздние строки не обязаны походить на прежние, и множество может содержать истину "
        "реже, чем обещает уровень; следите за покрытием на новых строках.",
    ),
    "reason-promise-time-interval": (
        "None under drift: rows that come later need not be like the earlier ones, so a later interval may hold the truth "
        "less often than its level says; watch the coverage on new rows.",
        "При дрейфе гарантии нет: более поздние строки не обязаны походить на прежние, и интервал может содержать истину "
        "реже, чем обещает уровень; следите за покрытием на новых строках.",
    ),
    "reason-promise": (
        "For {0} the {1} holds the truth about as often as its level says{2}, if the recipe is stable: the scores come from "
        "the models of the folds and the model is fitted on all rows, which no bound covers for every recipe; the coverage "
        "measured on locked rows is the evidence.",
        "Для {0} {1} содержит истину примерно так часто, как обещает уровень{2}, если рецепт устойчив: оценки "
        "получены от моделей частей, а модель обучена на всех строках, и общей для всех рецептов границы здесь нет; "
        "свидетельством служит покрытие, измеренное на отложенных строках.",
    ),
    "reason-promise-split": (
        "For {0} the {1} holds the truth with probability of at least its level{2}.",
        "Для {0} {1} содержит истину с вероятностью не меньше своего уровня{2}.",
    ),
    "reason-new-row": ("a new row like these", "новой строки, подобной этим,"),
    "reason-new-group": (
        "a row of a new group (groups weigh equally)",
        "строки новой группы (группы весят одинаково)",
    ),
    "reason-set": ("set", "множество"),
    "reason-interval": ("interval", "интервал"),
    "reason-within": (", within each class", ", внутри каждого класса"),
    "reason-light": (
        ", if it weighs no more than the heaviest seen",
        ", если её вес не больше наибольшего из встреченных",
    ),
    "reason-within-light": (
        ", within each class, if it weighs no more than the heaviest seen",
        ", внутри каждого класса, если её вес не больше наибольшего из встреченных",
    ),
    "reason-endless-all": (
        "every set holds all labels at level {0}: {1}",
        "на уровне {0} в каждое множество входят все метки: {1}",
    ),
    "reason-endless-interval": (
        "no interval has a bound at level {0}: {1}",
        "на уровне {0} у интервалов нет границ: {1}",
    ),
    "reason-endless-class": (
        "every set holds class {0} at level {1}: {2}",
        "на уровне {1} в каждое множество входит класс {0}: {2}",
    ),
    "reason-endless-classes": (
        "every set holds {0} classes ({1}) at level {2}: of {3}, {4}",
        "на уровне {2} в каждое множество входят классы ({1}), всего {0}: для {3} — {4}",
    ),
    "reason-few-groups-calibrate": (
        "{0} calibration groups are too few where their weights differ so much",
        "калибровочных групп {0}: мало при таком разбросе весов",
    ),
    "reason-few-rows-calibrate": (
        "{0} calibration rows are too few where their weights differ so much",
        "калибровочных строк {0}: мало при таком разбросе весов",
    ),
    "reason-needed-rows": (
        "that takes at least {0} calibration rows, and there are {1}",
        "калибровочных строк нужно не меньше {0}, а есть {1}",
    ),
    "reason-needed-groups": (
        "that takes at least {0} calibration groups, and there are {1}",
        "калибровочных групп нужно не меньше {0}, а есть {1}",
    ),
    "reason-no-bound": ("{0} of {1} intervals have no bound", "интервалов без границы: {0} из {1}"),
    # a budget of time
    "reason-nothing-more": ("nothing more was worth its time", "ничто больше не стоило затраченного времени"),
    "reason-time-up": ("the time was up", "время вышло"),
    "reason-fold-failed": ("a fold failed: {0}", "часть не удалась: {0}"),
    "reason-fold-late": ("a fold was {0}", "часть не уложилась в срок: {0}"),
    "reason-next-fold": (
        "its next fold would take {0}, and {1} are left",
        "следующая часть заняла бы {0}, а осталось {1}",
    ),
    "reason-its-folds": ("its folds would take {0}, and {1} are left", "его части заняли бы {0}, а осталось {1}"),
    "reason-lost": (
        "after {0} of {1} folds it is {2} [{3}, {4}] from {5} in {6} (at {7}), and will not win",
        "пройдено частей: {0} из {1}; отстоит на {2} [{3}; {4}] от {5} по {6} (уровень {7}) и уже не победит",
    ),
    # what treatments say of themselves
    "reason-moves-threshold": (
        "It moves the threshold and leaves the rows as they are.",
        "Сдвигает порог и не меняет строк.",
    ),
    "reason-weighs": ("It weighs the rows and makes none.", "Взвешивает строки и не создаёт новых."),
    "reason-leaves": ("It leaves the rows as they are.", "Не меняет строк."),
    "reason-few-told": ("{0} rows of a side, and {1} are needed", "строк с каждой стороны {0}, а нужно {1}"),
    "reason-few-places": (
        "the rows stand in too few places for two parts with rows of both sides",
        "мест, где стоят строки, слишком мало для двух частей со строками обеих сторон",
    ),
    "reason-columns-nothing": (
        "{0} ({1} columns that mean nothing one by one)",
        "{0} (столбцов, которые ничего не значат по отдельности: {1})",
    ),
    "reason-lowered": (
        "{0} was lowered from {1} to {2}: {3} has no more rows to find.",
        "{0} уменьшен с {1} до {2}: строк больше не найти — {3}.",
    ),
    "reason-of-class": ("class {0}", "класс {0}"),
    "reason-cost-weight": (
        "rows weigh by what mistakes cost: {0} for a missed positive, {1} for a false alarm",
        "строки весят по стоимости ошибок: {0} за пропуск положительной, {1} за ложную тревогу",
    ),
    "reason-cost-weights": (
        "rows weigh by what mistakes in their class cost: {0}",
        "строки весят по стоимости ошибок в их классе: {0}",
    ),
    "reason-component-1": (
        "First component ({0} % of the variance)",
        "Первая компонента ({0} % дисперсии)",
    ),
    "reason-component-2": (
        "Second component ({0} % of the variance)",
        "Вторая компонента ({0} % дисперсии)",
    ),
    "reason-folds-failed": ("{0} of {1} folds failed: {2}", "частей не удалось: {0} из {1}: {2}"),
    # run warnings
    "reason-sampled": (
        "{0} learned from {1} of {2} training rows, {3}: all of them would take about {4}, {5}",
        "{0} обучался на части строк: {1} из {2}, {3}: на всех понадобилось бы около {4}, {5}",
    ),
    "reason-sampled-advice": (
        "give more --memory, or name recipes that learn in batches (sgd-logistic, boosting)",
        "дайте больше --memory или назовите рецепты, которые учатся по частям (sgd-logistic, boosting)",
    ),
    # how a column was read
    "reason-reading-day": (
        "column {0}: day and month cannot be told apart; read as month/day",
        "столбец {0}: день и месяц не различить; прочитано как месяц/день",
    ),
    "reason-reading-forms": (
        "column {0}: dates are written in {1} forms ({2}); each is read by its own",
        "столбец {0}: даты записаны разными способами, всего {1} ({2}); каждая прочитана по-своему",
    ),
    "reason-reading-no-date": ("column {0}: {1}, so it is no date column", "столбец {0}: {1}, поэтому он не столбец дат"),
    "reason-reading-unclear": (
        "{0} of {1} dates can be read as day/month and as month/day (first: {2})",
        "даты можно прочесть и как день/месяц, и как месяц/день: {0} из {1} (первая: {2})",
    ),
    "reason-reading-no-dates": (
        "{0} of {1} cells are no dates (first: {2})",
        "значений, которые не даты: {0} из {1} (первое: {2})",
    ),
    "reason-reading-no-number": (
        "column {0}: {1} of {2} cells are no numbers (first: {3}), so it is no number column",
        "столбец {0}: значений, которые не числа: {1} из {2} (первое: {3}), поэтому он не числовой",
    ),
    # pictures that cannot be read
    "reason-picture-none": ("row {0}: no picture.", "строка {0}: изображения нет."),
    "reason-picture-missing": (
        "row {0}, column {1}: the picture is missing; give one or remove the row.",
        "строка {0}, столбец {1}: изображения нет; добавьте его или удалите строку.",
    ),
    "reason-picture-damaged": (
        "row {0}, column {1}: the picture{2} does not open: it is no picture, or a damaged one; mend or remove it.",
        "строка {0}, столбец {1}: файл{2} не открывается: это не изображение или оно повреждено; исправьте или удалите его.",
    ),
    "reason-picture-closed": (
        "row {0}, column {1}: the picture{2} does not open ({3}); mend or remove it.",
        "строка {0}, столбец {1}: изображение{2} не открывается ({3}); исправьте или удалите его.",
    ),
    "reason-picture-large": (
        "row {0}, column {1}: the picture{2} has {3} megapixels; {4} are the most, so shrink it first.",
        "строка {0}, столбец {1}: в изображении{2} {3} Мпикс; наибольшее — {4}, уменьшите его.",
    ),
}
