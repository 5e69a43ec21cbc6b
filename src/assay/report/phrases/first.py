"""Phrases of the frame of a report and of its first screen."""

PHRASES: dict[str, tuple[str, str]] = {
    # the frame
    "first-eyebrow": ("Assay report", "Отчёт Assay"),
    "first-page-title": ("{0} · Assay report", "{0} · отчёт Assay"),
    "first-skip": ("Skip to the leaderboard", "Перейти к таблице результатов"),
    "first-made": ("Made by Assay{0}.", "Создано Assay{0}."),
    # what was asked
    "first-asked": ("What was asked", "О чём спросили"),
    "first-from-one": (" from 1 column", " по 1 столбцу"),
    "first-from": (" from {0} columns", " по столбцам (их {0})"),
    "first-of-rows": (" of {0} rows", ", строк: {0}"),
    "first-judged": ("? Judged by {0}, {1}.", "? Мера качества: {0}, {1}."),
    "first-aim-binary": ("Can we tell when {0} is {1}", "Можно ли узнать, когда в столбце {0} стоит {1},"),
    "first-aim-ordered": (
        "Can we tell which of {0} classes in order, from {1} to {2}, {3} is",
        "Можно ли узнать, какой из упорядоченных классов (всего {0}, от {1} до {2}) стоит в столбце {3},",
    ),
    "first-aim-classes": (
        "Can we tell which of {0} classes {1} is",
        "Можно ли узнать, какой из классов (всего {0}) стоит в столбце {1},",
    ),
    "first-aim-ranking": (
        "Can we put the rows of each query in the order of {0}",
        "Можно ли упорядочить строки каждого запроса по столбцу {0}",
    ),
    "first-aim-language-model": (
        "How well can each next word of {0} be foretold",
        "Насколько хорошо можно предсказать каждое следующее слово в {0}",
    ),
    "first-aim-rewriting": ("Can we write {0} from the text", "Можно ли по тексту написать {0}"),
    "first-aim-tagging": (
        "Can we give each word of the text its tag in {0}",
        "Можно ли дать каждому слову текста его метку из {0}",
    ),
    "first-aim-number": ("Can we predict the number {0}", "Можно ли предсказать число {0}"),
    # what won
    "first-what-won": ("What won", "Что победило"),
    "first-what-leads": ("What leads", "Что впереди"),
    "first-won": (" won.", " — победитель."),
    "first-leads": (" leads.", " — лидер."),
    "first-no-result": ("No candidate gave a result.", "Ни один кандидат не дал результата."),
    "first-all-failed": (
        "{0} of {1} failed; the reasons stand in the leaderboard.",
        "Не удалось: {0} из {1}; причины — в таблице результатов.",
    ),
    "first-measured-one": ("{0} of {1} candidate gave a result{2}.", "Дали результат: {0} из {1}{2}."),
    "first-measured": ("{0} of {1} candidates gave a result{2}.", "Кандидатов, давших результат: {0} из {1}{2}."),
    "first-failed-tail": ("; {0} failed", "; не удалось: {0}"),
    "first-tried": (
        "{0} candidates (a recipe with or without a treatment) were tried on equal terms.",
        "На равных условиях испытано кандидатов (рецептов с обработкой или без неё): {0}.",
    ),
    "first-simpler-preferred": (
        "{0} has the better {1}, but the simpler candidate was preferred.",
        "У {0} лучше показатель {1}, но предпочтён более простой кандидат.",
    ),
    # how sure
    "first-how-sure": ("How sure that is", "Насколько это надёжно"),
    "first-what-value": ("{0}, {1} ({2})", "{0}, {1} ({2})"),
    "first-out-of-fold": ("out of fold", "вне обучающих частей"),
    "first-on-test": ("on the locked test rows", "на отложенных строках"),
    "first-no-interval": ("No interval could be computed.", "Интервал вычислить не удалось."),
    "first-likely": ("In all likelihood", "По всей вероятности"),
    "first-confidence": ("With {0} confidence", "С доверием {0}"),
    "first-between": ("{0}, between {1} and {2} for {3}.", "{0} — от {1} до {2} для {3}."),
    "first-this-model": ("this model on new rows", "этой модели на новых строках"),
    "first-this-recipe": (
        "this recipe on new rows, with new folds",
        "этого рецепта на новых строках и при новом разбиении",
    ),
    "first-pale": ("Pale dots: the other candidates.", "Бледные точки — остальные кандидаты."),
    "first-shut": (
        "The locked test rows have not been opened; this number comes from cross-validation.",
        "Отложенные строки не вскрывались; это число получено перекрёстной проверкой.",
    ),
    "first-folds-said": ("Cross-validation had said {0}.", "Перекрёстная проверка обещала {0}."),
    "first-agree": ("The locked rows gave {0}: the two agree.", "Отложенные строки дали {0}: числа согласуются."),
    "first-apart": (
        "The locked rows gave {0}: the intervals do not meet. Either the rows differ (in time, say), or the choice flattered the "
        "winner.",
        "Отложенные строки дали {0}: интервалы не пересекаются. Либо строки отличаются (например, временем), либо выбор "
        "приукрасил победителя.",
    ),
    "first-alone": (
        "It is the only candidate with a result, so there is nothing to compare it with.",
        "Это единственный кандидат с результатом, сравнить его не с чем.",
    ),
    "first-near-one": (
        "Not shown to differ from it: {0}, which is as defensible a choice.",
        "Не показано, что от него отличается {0}; этот выбор столь же обоснован.",
    ),
    "first-near": (
        "Not shown to differ from it: {0}, which are as defensible a choice.",
        "Не показано, что от него отличаются {0}; такой выбор столь же обоснован.",
    ),
    "first-unknown": ("Too little data to compare it with: {0}.", "Слишком мало данных, чтобы сравнить его с {0}."),
    "first-next": (
        "Next comes {0}: a difference of {1}, adjusted p {2}.",
        "Следующий — {0}: разность {1}, p с поправкой {2}.",
    ),
    # what it costs
    "first-costs": ("What it costs", "Во что это обходится"),
    "first-costs-unknown": (
        "Nothing was measured that could be counted as a mistake.",
        "Ничего из измеренного нельзя посчитать как ошибки.",
    ),
    "first-costs-saves": (
        "It saves {0} per 1000 rows against treating all alike.",
        "Экономит {0} на 1000 строк по сравнению с одинаковым обращением со всеми.",
    ),
    "first-costs-loses": (
        "It costs {0} more per 1000 rows than treating all alike.",
        "Обходится на {0} дороже на 1000 строк, чем одинаковое обращение со всеми.",
    ),
    "first-costs-open": (
        "It is not shown to save anything over treating all alike.",
        "Не показано, что это экономит по сравнению с одинаковым обращением со всеми.",
    ),
    "first-costs-mistakes": (
        "{0} missed and {1} false alarms per 1000 rows.",
        "На 1000 строк: пропусков {0}, ложных тревог {1}.",
    ),
    "first-costs-wrong": ("{0} of 1000 rows are called wrongly.", "Ошибок на 1000 строк: {0}."),
    "first-costs-off": ("It is off by {0} on average.", "В среднем ошибается на {0}."),
    "first-costs-own": ("Cost of its mistakes", "Цена его ошибок"),
    "first-costs-nobody": ("Cost of calling nobody", "Цена «не называть никого»"),
    "first-costs-everybody": ("Cost of calling everybody", "Цена «называть всех»"),
    "first-costs-saved": ("Saved", "Экономия"),
    "first-costs-missed": ("Missed", "Пропущено"),
    "first-costs-alarms": ("False alarms", "Ложных тревог"),
    "first-costs-positives": ("Rows that are positive", "Положительных строк"),
    "first-costs-wrong-label": ("Called wrongly", "Названо неверно"),
    "first-costs-most": ("Most often {0} called {1}", "Чаще всего {0} названо как {1}"),
    "first-costs-off-mean": ("Mean absolute error", "Средняя абсолютная ошибка"),
    "first-costs-off-half": ("Half of the rows within", "У половины строк не больше"),
    "first-costs-off-most": ("Nine in ten within", "У девяти из десяти не больше"),
    "first-costs-test": (
        "Per 1000 rows, with 95 % intervals (rows vary), on the locked rows.",
        "На 1000 строк, с интервалами 95 % (меняются строки), по отложенным строкам.",
    ),
    "first-costs-folds": (
        "Per 1000 rows, with 95 % intervals (rows vary), out of fold, on rows that chose no threshold of theirs.",
        "На 1000 строк, с интервалами 95 % (меняются строки), вне обучающих частей, по строкам, не выбиравшим себе порог.",
    ),
    "first-costs-off-test": (
        "With a 95 % interval (rows vary), on the locked rows.",
        "С интервалом 95 % (меняются строки), по отложенным строкам.",
    ),
    "first-costs-off-folds": (
        "With a 95 % interval (rows vary), out of fold.",
        "С интервалом 95 % (меняются строки), вне обучающих частей.",
    ),
    "first-costs-narrow": (
        "Rows that belong together count each for itself here, so the intervals are too narrow.",
        "Связанные между собой строки учтены здесь порознь, поэтому интервалы слишком узки.",
    ),
    "first-costs-give": (
        "Say what a miss and a false alarm cost (--cost FN,FP) and this becomes money.",
        "Укажите цену пропуска и ложной тревоги (--cost FN,FP), и здесь будут деньги.",
    ),
    "first-costs-more": ("Try other thresholds and costs", "Попробовать другие пороги и затраты"),
    # what to worry about
    "first-worry": ("What to worry about", "О чём беспокоиться"),
    "first-worry-none": ("Nothing stands out.", "Ничто не бросается в глаза."),
    "first-worry-more": ("more", "подробнее"),
    "first-worry-checks": ("Checks of the data and the run: {0}.", "Проверки данных и запуска: {0}."),
    "first-worry-all": ("All, with evidence and advice", "Все, с основаниями и советами"),
    "first-worry-apart": (
        "Cross-validation and the locked rows disagree: their intervals do not meet.",
        "Перекрёстная проверка и отложенные строки расходятся: их интервалы не пересекаются.",
    ),
    "first-worry-simpler": (
        "Simpler, and not shown to be worse: {0}.",
        "Проще, и не показано, что хуже: {0}.",
    ),
    "first-worry-few": (
        "Only {0} rows of {1} were measured: what is said of this class is known to ten points at best.",
        "Измерено строк класса {1}: всего {0}; доли по этому классу известны в лучшем случае с точностью до десяти пунктов.",
    ),
    "first-worry-failed": ("Candidates that failed: {0} ({1}).", "Неудавшихся кандидатов: {0} ({1})."),
    "first-worry-shut": (
        "The lock is shut: the winner of a comparison looks a little better than it is. assay finish opens the locked rows.",
        "Отложенные строки не вскрыты: победитель сравнения выглядит чуть лучше, чем есть. Их вскрывает assay finish.",
    ),
    # treatments, classes, warnings
    "first-treatments-lead": (
        "Each treatment was tried against doing nothing, with the same recipe on the same rows. “Not shown to help” is "
        "not “shown "
        "to be equal”.",
        "Каждая обработка испытана против её отсутствия, с тем же рецептом на тех же строках. «Не показано, что помогает» не "
        "значит «показано, что всё равно».",
    ),
    "first-treatments-none": (
        "No treatment of class imbalance was tried.",
        "Обработок несбалансированности классов не испытывали.",
    ),
    "first-treatments-helped": ("Treatments helped in {0} of {1} trials", "Обработки помогли: {0} из {1}"),
    "first-treatments-not": ("No treatment is shown to help", "Ни об одной обработке не показано, что она помогает"),
    "first-treatments-worse-too": (", and made it worse in {0}", ", ухудшили: {0}"),
    "first-treatments-worse": ("; {0} of {1} made it worse", "; ухудшили: {0} из {1}"),
    "first-treatments-more": ("{0} more below", "ещё {0} — ниже"),
    "first-uneven": ("The classes are uneven: {0}", "Классы неравны: {0}"),
    "first-even": ("The classes are about even", "Классы примерно равны"),
    "first-more-classes": (
        "{0} more classes; the rarest is {1} with {2} rows.",
        "Ещё классов: {0}; самый редкий — {1}, строк: {2}.",
    ),
    "first-of-measured": ("Of {0} rows that were measured.", "Из измеренных строк: {0}."),
    "first-warning": ("{0} warning", "предупреждений: {0}"),
    "first-warnings": ("{0} warnings", "предупреждений: {0}"),
    "first-note": ("{0} note", "замечаний: {0}"),
    "first-notes": ("{0} notes", "замечаний: {0}"),
    "first-and": (" and ", ", "),
    "first-no-warnings": ("No warnings", "Предупреждений нет"),
    "first-warnings-lead": ("What the checks found, the worst first.", "Что нашли проверки, начиная с худшего."),
    "first-warnings-none": (
        "The checks of the data and of the run found nothing to mention.",
        "Проверки данных и запуска ничего не нашли.",
    ),
}
