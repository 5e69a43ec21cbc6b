"""Phrases of the section on thresholds and costs."""

PHRASES: dict[str, tuple[str, str]] = {
    "cut-title": ("Where to cut", "Где провести порог"),
    "cut-lead": ("The threshold is chosen so that {0}.", "Порог выбран так, чтобы {0}."),
    "cut-lead-name": (
        "For {0} a row is called positive from a probability of {1} on.",
        "Для {0} строка называется положительной, начиная с вероятности {1}.",
    ),
    "cut-absent": ("No threshold of {0} can be shown: {1}.", "Порог для {0} показать нельзя: {1}."),
    "cut-no-probabilities": (
        "the candidate has no out-of-fold probabilities",
        "у кандидата нет вероятностей, полученных вне обучающих частей",
    ),
    # what is known of the threshold
    "cut-was-given": (
        "It was given and not chosen, so that other rows would not move it.",
        "Он задан, а не выбран по строкам, поэтому другие строки его не сдвинули бы.",
    ),
    "cut-interval-later": (
        "Its interval is worked out when the lock is opened; until then the spread over the folds has to do.",
        "Его интервал вычисляется при вскрытии отложенных строк; до тех пор о нём говорит разброс по частям.",
    ),
    "cut-interval-none": ("Its interval was not worked out.", "Его интервал не вычислялся."),
    "cut-interval-undefined": ("It has no interval: {0}.", "Интервала у него нет: {0}."),
    "cut-interval": (
        "With other rows the same rule would choose between {0} and {1} ({2}).",
        "На других строках то же правило выбрало бы порог от {0} до {1} ({2}).",
    ),
    "cut-open-below": (
        "Too few rows of a class lie on that side: the rows know no lower end, so it is the end of the scale.",
        "С этой стороны слишком мало строк одного из классов: нижнего конца строки не знают, поэтому он — конец шкалы.",
    ),
    "cut-open-above": (
        "Too few rows of a class lie on that side: the rows know no upper end, so it is the end of the scale.",
        "С этой стороны слишком мало строк одного из классов: верхнего конца строки не знают, поэтому он — конец шкалы.",
    ),
    # the table
    "cut-table": ("What each threshold does", "Что даёт каждый порог"),
    "cut-threshold": ("Threshold", "Порог"),
    "cut-why": ("Why it is here", "Почему он здесь"),
    "cut-called": ("Called positive", "Названо положительными"),
    "cut-precision": ("Precision", "Точность"),
    "cut-recall": ("Recall", "Полнота"),
    "cut-cost-per-row": ("Cost per row", "Затраты на строку"),
    "cut-chosen": ("chosen", "выбран"),
    "cut-lower-end": ("lower end of its interval", "нижний конец его интервала"),
    "cut-upper-end": ("upper end of its interval", "верхний конец его интервала"),
    "cut-half": ("one half", "одна вторая"),
    "cut-at-most": ("at most {0} called", "названо не более {0}"),
    "cut-fold-by-fold": ("fold by fold", "часть за частью"),
    "cut-one-a-fold": ("one a fold", "свой у каждой части"),
    "cut-out-of-fold": ("Out of fold, {0} rows", "Вне обучающих частей, строк: {0}"),
    "cut-first-of-repeats": (", first of {0} repeats.", ", первый повтор из {0}."),
    "cut-intervals": (
        "Intervals at 95 %: rows vary, the models and thresholds stay.",
        "Интервалы 95 %: меняются строки, модели и пороги остаются.",
    ),
    "cut-groups": ("Rows of a group vary together.", "Строки одной группы меняются вместе."),
    "cut-times": ("Rows of neighbouring times vary together.", "Строки соседних времён меняются вместе."),
    "cut-weights": ("Rows count by their weight.", "Строки учитываются по своим весам."),
    "cut-flatters": (
        "The chosen line flatters, for these rows chose it; “fold by fold” cuts each fold where the other folds say, and comes "
        "nearer to what new rows would show.",
        "Строка «выбран» приукрашивает: порог выбран по этим же строкам; «часть за частью» режет каждую часть там, где говорят "
        "другие части, и ближе к тому, что показали бы новые строки.",
    ),
    "cut-flatters-earlier": (
        "The chosen line flatters, for these rows chose it; “fold by fold” cuts each fold where the earlier folds say, and comes "
        "nearer to what new rows would show.",
        "Строка «выбран» приукрашивает: порог выбран по этим же строкам; «часть за частью» режет каждую часть там, где говорят "
        "более ранние части, и ближе к тому, что показали бы новые строки.",
    ),
    # how far it moves
    "cut-moves": ("How far the threshold moves", "Насколько подвижен порог"),
    "cut-moves-caption": (
        "The threshold that the same rule chooses on parts of the rows. The first line understates what new rows would "
        "do, for the "
        "folds share most of their rows; the second overstates it, for each fold has few. What to do: if they lie far apart, do "
        "not lean on the third digit, and look at the neighbours in the table above.",
        "Порог, который то же правило выбирает по части строк. Первая строка занижает разброс на новых строках, ведь большая "
        "часть строк у частей общая; вторая завышает, ведь в одной части строк мало. Что делать: если пороги далеки друг от "
        "друга, не полагайтесь на третий знак и посмотрите на соседние пороги в таблице выше.",
    ),
    "cut-how": ("How", "Как"),
    "cut-median": ("Median", "Медиана"),
    "cut-lowest": ("Lowest", "Наименьший"),
    "cut-highest": ("Highest", "Наибольший"),
    "cut-folds": ("Folds", "Частей"),
    "cut-on-others": ("Chosen on the other folds", "Выбран по остальным частям"),
    "cut-on-earlier": ("Chosen on the earlier folds", "Выбран по более ранним частям"),
    "cut-on-own": ("Chosen on each fold alone", "Выбран по каждой части отдельно"),
    "cut-of": ("{0} of {1}", "{0} из {1}"),
    # the picture of costs
    "cut-cost-title": ("What each threshold costs", "Во что обходится каждый порог"),
    "cut-cost-said": (
        "calling nobody costs {0} per row, everybody {1}, and the line is lowest at {2} with {3}",
        "не называть никого стоит {0} на строку, называть всех — {1}, а ниже всего линия у порога {2}: {3}",
    ),
    "cut-cost-description": (
        "Cost per row over the threshold for {0}, out of fold; {1}.",
        "Затраты на строку в зависимости от порога для {0}, вне обучающих частей; {1}.",
    ),
    "cut-cost-caption": (
        "Cost per row at each threshold for {0}, out of fold, with its 95 % band (point by point); the upright line is "
        "the chosen "
        "threshold. Here {1}. What to do: along a flat stretch take whichever threshold suits you; where the line does not lie "
        "below both others, the model saves nothing over treating all rows alike. The lowest point was found on these rows and "
        "flatters a little.",
        "Затраты на строку при каждом пороге для {0}, вне обучающих частей, с 95-процентной полосой (поточечно); вертикальная "
        "линия — выбранный порог. Здесь {1}. Что делать: на плоском участке берите любой удобный порог; там, где линия не лежит "
        "ниже обеих других, модель не экономит ничего по сравнению с одинаковым обращением со всеми строками. Нижняя точка "
        "найдена по этим же строкам и немного приукрашена.",
    ),
    "cut-legend-threshold": ("cutting at the threshold", "разделять по порогу"),
    "cut-legend-model": ("calling by the model", "называть по модели"),
    "cut-legend-everybody": ("calling everybody", "называть всех"),
    "cut-legend-nobody": ("calling nobody", "не называть никого"),
    # the picture of the net benefit
    "cut-benefit-title": ("Net benefit of each threshold", "Чистая польза каждого порога"),
    "cut-benefit-heading": ("Is acting on the model worth it?", "Стоит ли действовать по модели?"),
    "cut-benefit-per-row": ("Net benefit per row", "Чистая польза на строку"),
    "cut-benefit-description": (
        "Net benefit over the threshold for {0}, out of fold, beside calling everybody and calling nobody.",
        "Чистая польза в зависимости от порога для {0}, вне обучающих частей, рядом с «называть всех» и «не называть никого».",
    ),
    "cut-benefit-caption": (
        "Net benefit for {0}, out of fold, with its 95 % band (point by point): positives found per row, less the false alarms, "
        "each counted as t / (1 − t) of a positive at the threshold t; the upright line is the chosen threshold.{1} What to do: "
        "find the probability from which acting would just be worth its trouble to you; act by the model where its line there "
        "lies above both others. It takes the probabilities at their word.",
        "Чистая польза для {0}, вне обучающих частей, с 95-процентной полосой (поточечно): найденные положительные на строку "
        "минус ложные тревоги, каждая весом t / (1 − t) положительной при пороге t; вертикальная линия — выбранный порог.{1} Что "
        "делать: найдите вероятность, начиная с которой действие оправдывает свои хлопоты; действуйте по модели, если её линия "
        "там выше обеих других. Вероятностям здесь верят на слово.",
    ),
    "cut-benefit-there": (
        " There it is {0}, calling everybody {1}, nobody 0.",
        " Там она равна {0}, у «называть всех» {1}, у «не называть никого» 0.",
    ),
    # the slider
    "cut-slider": ("Try other thresholds and costs", "Попробуйте другие пороги и затраты"),
    "cut-slider-lead": (
        "Move the threshold, or say what a mistake costs: the table follows. Out of fold, {0}; the lowest point was found"
        " on these "
        "very rows and flatters a little.",
        "Сдвиньте порог или укажите, сколько стоит ошибка: таблица изменится. Вне обучающих частей, {0}; нижняя точка найдена по "
        "этим же строкам и немного приукрашена.",
    ),
    "cut-slider-rows": ("{0} rows", "строк: {0}"),
    "cut-slider-weighed": ("{0} rows, counted by their weight", "строк: {0}, с учётом весов"),
    "cut-slider-static": (
        "At the chosen threshold {0}; a miss costs {1} and a false alarm {2}.",
        "При выбранном пороге {0}; пропуск стоит {1}, ложная тревога — {2}.",
    ),
    "cut-slider-no-costs": (
        "The study was given no costs, so each mistake counts 1 here.",
        "Затраты исследованию не заданы, поэтому каждая ошибка считается за 1.",
    ),
    "cut-slider-region": ("Threshold and costs", "Порог и затраты"),
    "cut-slider-cost-fn": ("Cost of a miss", "Цена пропуска"),
    "cut-slider-cost-fp": ("Cost of a false alarm", "Цена ложной тревоги"),
    "cut-slider-reset": ("Back to the chosen threshold", "Вернуться к выбранному порогу"),
    "cut-slider-lowest": ("Go to the lowest cost", "К наименьшим затратам"),
    "cut-slider-curve": (
        "Cost at each place of the slider; the dot is the lowest.",
        "Затраты при каждом положении ползунка; точка — наименьшие.",
    ),
    "cut-slider-lowest-at": (
        "The cost is lowest at the threshold {0}: {1} per 1000 rows.",
        "Затраты наименьшие при пороге {0}: {1} на 1000 строк.",
    ),
    "cut-slider-live": (
        "Threshold {0}: {1} missed, {2} false alarms, cost per 1000 rows {3}.",
        "Порог {0}: пропущено {1}, ложных тревог {2}, затраты на 1000 строк {3}.",
    ),
    "cut-slider-bad": ("Costs must be numbers of at least 0.", "Затраты — числа не меньше 0."),
    "cut-slider-is": ("is {0}", "на деле {0}"),
    "cut-slider-is-not": ("is not", "на деле нет"),
    "cut-slider-truth": ("In truth", "На деле"),
    "cut-slider-called": ("called", "названа"),
    "cut-slider-passed": ("not called", "не названа"),
    "cut-slider-matrix": ("The rows at this threshold.", "Строки при этом пороге."),
    "cut-slider-numbers": ("What that comes to.", "Что получается в итоге."),
    "cut-slider-share": ("Share called", "Доля названных"),
    "cut-slider-f1": ("F1", "F1"),
    "cut-slider-total": ("Cost of all rows", "Затраты на все строки"),
    "cut-slider-thousand": ("Cost per 1000 rows", "Затраты на 1000 строк"),
    "cut-slider-alike": ("Treating all rows alike, per 1000", "Если обращаться со всеми одинаково, на 1000"),
}
