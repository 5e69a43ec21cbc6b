"""What is said of the new rows of a treatment; a test holds its English to that of ``balance/quality/words.py``."""

PHRASES: dict[str, tuple[str, str]] = {
    "quality-ends": ("AUC {0} {1}", "AUC {0} {1}"),
    "quality-unmeasured": (
        "Whether new rows can be told from real ones was not measured: {0}.",
        "Отличимы ли новые строки от настоящих, не измерено: {0}.",
    ),
    "quality-tells": (
        "A classifier tells new rows from real ones ({0}): in {1} of pairs it knows which one is new.",
        "Классификатор отличает новые строки от настоящих ({0}): в {1} пар он знает, какая из двух новая.",
    ),
    "quality-worse": (
        "A classifier does worse than chance ({0}): new rows look more like the real rows that they were made from than other "
        "real rows do.",
        "Классификатор работает хуже угадывания ({0}): новые строки похожи на настоящие, из которых сделаны, больше, чем другие "
        "настоящие.",
    ),
    "quality-cannot": (
        "A classifier cannot be shown to tell new rows from real ones ({0}; 0.5 is chance).",
        "Не показано, что классификатор отличает новые строки от настоящих ({0}; 0,5 — угадывание).",
    ),
    "quality-among-others": (
        "{0} of the new rows lie among rows of another class (real rows of this class: {1}): the treatment pours rows onto "
        "overlap or onto wrong labels.",
        "{0} новых строк лежат среди строк другого класса (настоящих строк этого класса: {1}): обработка добавляет строки туда, "
        "где классы перекрываются или метки неверны.",
    ),
    "quality-copies": (
        "{0} of {1} new rows ({2}) equal a training row in every column: they say nothing new, and a model may learn them by "
        "heart.",
        "новых строк, совпадающих с обучающей во всех столбцах: {0} из {1} ({2}); они не говорят ничего нового, и модель может "
        "выучить их наизусть.",
    ),
    "quality-told-apart": (
        "A classifier tells new rows from real ones in {0} of pairs: they do not follow the law of their class, and a model may "
        "learn the hand of the treatment.",
        "Классификатор отличает новые строки от настоящих в {0} пар: они не следуют распределению своего класса, и модель может "
        "выучить почерк обработки.",
    ),
    "quality-close": (
        "{0} of the new rows lie as close to a training row as only {1} of real rows lie to each other: they give those rows "
        "away, so do not hand them out as anonymous.",
        "{0} новых строк лежат к обучающей так близко, как друг к другу лежат лишь {1} настоящих: они выдают те строки, поэтому "
        "не распространяйте их как обезличенные.",
    ),
    "quality-column": (
        "Column {0} is distributed otherwise in new rows than in real ones (distance {1}, chance gives up to {2}).",
        "Столбец {0} распределён в новых строках иначе, чем в настоящих (расстояние {1}, случайное — до {2}).",
    ),
    "quality-column-one": (
        "Column {0} and 1 more column are distributed otherwise in new rows than in real ones (distance {1}, chance gives up to "
        "{2}).",
        "Столбец {0} и ещё 1 распределены в новых строках иначе, чем в настоящих (расстояние {1}, случайное — до {2}).",
    ),
    "quality-column-more": (
        "Column {0} and {3} more columns are distributed otherwise in new rows than in real ones (distance {1}, chance gives up "
        "to {2}).",
        "Столбец {0} и ещё {3} распределены в новых строках иначе, чем в настоящих (расстояние {1}, случайное — до {2}).",
    ),
    "quality-missing": (
        "Column {0} is missing in {1} of the new rows and in {2} of the real ones: a model may read a gap as a sign of a new "
        "row.",
        "Столбец {0} пропущен в {1} новых строк и в {2} настоящих: модель может принять пропуск за признак новой строки.",
    ),
    "quality-fractions": (
        "Column {0} holds whole numbers in real rows and a fraction in {1} of the new ones: that alone gives the new rows away.",
        "В столбце {0} у настоящих строк целые числа, а у {1} новых — дробные: одно это выдаёт новые строки.",
    ),
    "quality-fractions-one": (
        "Column {0} holds whole numbers in real rows and a fraction in {1} of the new ones, and so does 1 more column: that "
        "alone gives the new rows away.",
        "В столбце {0} и ещё в 1 у настоящих строк целые числа, а у новых — дробные ({1} строк): одно это выдаёт новые строки.",
    ),
    "quality-fractions-more": (
        "Column {0} holds whole numbers in real rows and a fraction in {1} of the new ones, and so do {2} more columns: that "
        "alone gives the new rows away.",
        "В столбце {0} и ещё в {2} у настоящих строк целые числа, а у новых — дробные ({1} строк): одно это выдаёт новые строки.",
    ),
    "quality-pair": (
        "{0} and {1} go together otherwise in new rows: {2} {3}, in real rows {4}.",
        "{0} и {1} связаны в новых строках иначе: {2} {3}, в настоящих {4}.",
    ),
    "quality-few": (
        "The class has {0} real rows: everything said of its new rows rests on these.",
        "Настоящих строк в классе {0}: на них держится всё сказанное о новых.",
    ),
    "quality-measure-rank correlation": ("rank correlation", "ранговая корреляция"),
    "quality-measure-Cramér's V": ("Cramér's V", "V Крамера"),
}
