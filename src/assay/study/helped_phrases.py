"""What helped, in English and Russian: the phrases of ``helped_words``.  The Russian has no noun that must agree with a count."""

PHRASES: dict[str, tuple[str, str]] = {
    "and": ("and", "и"),
    "or": ("or", "или"),
    # the measures, by key
    "roc_auc": ("ROC AUC", "ROC AUC"),
    "average_precision": ("average precision", "среднюю точность"),
    "f1_at_half": ("F1 at 0.5, before correction", "F1 на пороге 0,5 до поправки"),
    "f1_tuned": ("F1 at its own tuned threshold", "F1 на собственном подобранном пороге"),
    "f1_before": ("F1 of the likeliest class, before correction", "F1 самого вероятного класса до поправки"),
    "f1_after": ("F1 of the likeliest class, after correction", "F1 самого вероятного класса после поправки"),
    "log_loss_before": ("log loss before correction", "логарифмические потери до поправки"),
    "log_loss_after": ("log loss after correction", "логарифмические потери после поправки"),
    "brier_before": ("Brier score before correction", "оценку Брайера до поправки"),
    "brier_after": ("Brier score after correction", "оценку Брайера после поправки"),
    # the answer
    "little": (
        "Too little data to say whether a treatment helped.",
        "Слишком мало данных, чтобы сказать, помогла ли обработка.",
    ),
    "none-one": (
        "No treatment helped: the treatment is not shown to better {0}.",
        "Обработка не помогла: не показано, что она улучшает {0}.",
    ),
    "none-many": (
        "No treatment helped: none of the {1} treatments is shown to better {0}.",
        "Ни одна обработка не помогла: ни для одной из испытанных (их {1}) не показано, что она улучшает {0}.",
    ),
    "helped": ("{0} helped: it {1}.", "Обработка {0} помогла: она {1}."),
    "lifts": ("lifts {0} by {1}", "повышает {0} на {1}"),
    "lowers": ("lowers {0} by {1}", "снижает {0} на {1}"),
    # the threshold alone
    "ends": ("from {0} at 0.5 to {1}", "с {0} на пороге 0,5 до {1}"),
    "tuning-lifts": (
        "Tuning the threshold of the untreated model lifts F1 by {0}, {1}.",
        "Подбор порога модели без обработки повышает F1 на {0}, {1}.",
    ),
    "tuning-lowers": (
        "Tuning the threshold of the untreated model lowers F1 by {0}, {1}.",
        "Подбор порога модели без обработки снижает F1 на {0}, {1}.",
    ),
    "tuning-open": (
        "Tuning the threshold of the untreated model is not shown to move F1: {0}, {1}.",
        "Не показано, что подбор порога модели без обработки меняет F1: {0}, {1}.",
    ),
    "with-p": ("{0}, p {1} after correction", "{0}, p с поправкой {1}"),
    # everyone cut at 0.5
    "range-one": ("by {0} ({1})", "на {0} ({1})"),
    "range-many": ("by {0} ({1}) to {2} ({3})", "от {0} ({1}) до {2} ({3})"),
    "beyond-none": (
        "none of them is shown to beat the tuned threshold of the untreated model",
        "ни для одной не показано преимущество перед подобранным порогом модели без обработки",
    ),
    "beyond": (
        "{0} also against the tuned threshold of the untreated model",
        "в том числе против подобранного порога модели без обработки: {0}",
    ),
    "at-half-one": (
        "At 0.5, by the learner's own probabilities, the treatment lifts F1 {0}; {1}.",
        "На пороге 0,5, по собственным вероятностям модели, обработка повышает F1 {0}; {1}.",
    ),
    "at-half-single": (
        "At 0.5, by the learner's own probabilities, {2} of {3} treatments lifts F1 {0}; {1}.",
        "На пороге 0,5, по собственным вероятностям модели, F1 повышают обработки ({2} из {3}): {0}; {1}.",
    ),
    "at-half-many": (
        "At 0.5, by the learner's own probabilities, {2} of {3} treatments lift F1 {0}; {1}.",
        "На пороге 0,5, по собственным вероятностям модели, F1 повышают обработки ({2} из {3}): {0}; {1}.",
    ),
    # once every threshold is tuned
    "after-most": (
        "After tuning, no treatment is shown to lift F1: the most is {0} ({1}).",
        "После подбора порога ни для одной обработки не показано повышение F1: наибольшее — {0} ({1}).",
    ),
    "after-nearest": (
        "After tuning, no treatment lifts F1: the nearest is {0} ({1}).",
        "После подбора порога ни одна обработка не повышает F1: ближе всех {0} ({1}).",
    ),
    "order": (
        "No treatment is shown to move ROC AUC: the most is {0} ({1}).",
        "Ни для одной обработки не показано изменение ROC AUC: наибольшее — {0} ({1}).",
    ),
    "name-with-p": ("{0}; p {1} after correction", "{0}; p с поправкой {1}"),
    # harm
    "harm-lowers": ("{0} lowers {1} by {2}", "{0} снижает {1} на {2}"),
    "harm-raises": ("{0} raises {1} by {2}", "{0} повышает {1} на {2}"),
    "harm-next": ("{0} by {1}", "{0} — на {1}"),
    # probabilities
    "worse-one": ("The treatment gives", "Обработка даёт"),
    "worse-single": ("{0} of {1} treatments gives", "Обработки ({0} из {1}) дают"),
    "worse-many": ("{0} of {1} treatments give", "Обработки ({0} из {1}) дают"),
    "worse": (
        "{0} worse probabilities than none before correction (log loss up to +{1}, {2}); {3}.",
        "{0} до поправки вероятности хуже, чем без обработки (логарифмические потери выше на величину до +{1}, {2}); {3}.",
    ),
    "still-none": ("after correction none does", "после поправки таких обработок нет"),
    "still-single": ("after correction {0} does", "после поправки таких обработок: {0}"),
    "still-many": ("after correction {0} do", "после поправки таких обработок: {0}"),
    # alarms
    "alarms": (
        "Cut at 0.5 before correction, {0} raises the alarms from {1} to {2} per 1000 cases{3}; after correction it makes "
        "{4}{5}.",
        "На пороге 0,5 до поправки обработка {0} увеличивает число тревог на 1000 случаев с {1} до {2}{3}; после поправки их "
        "{4}{5}.",
    ),
    "false": (" ({0} of them false)", " (ложных {0})"),
    "false-against": (" ({0} of them false, against {1})", " (ложных {0} против {1})"),
    # corrections
    "way": ("by {0} in {1} of {2} fits", "{0} ({1} из {2} обучений)"),
    "calibrate": ("calibration", "калибровка"),
    "prior": ("prior", "по априорной доле"),
    "none": ("none", "без поправки"),
    "corrected": (
        "Correction chosen by out-of-fold log loss: {0}.",
        "Поправка, выбранная по логарифмическим потерям вне обучающих частей: {0}.",
    ),
    "corrected-one": ("{0} {1}", "{0} — {1}"),
}
