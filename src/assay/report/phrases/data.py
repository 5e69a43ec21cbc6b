"""Phrases of the data checks by code, of the warnings, and of the table of columns.

A finding's English is that of the check itself, made again from the same evidence; a test holds the two together.
"""

PHRASES: dict[str, tuple[str, str]] = {
    # the section
    "data-warnings": ("Warnings and checks", "Предупреждения и проверки"),
    "data-columns-of": ("Columns:", "Столбцы:"),
    "data-evidence": ("Evidence: {0}", "Свидетельства: {0}"),
    "data-do": ("What to do: {0}", "Что делать: {0}"),
    # what each check says, and what can be done
    "data-infinite": (
        "column {0} holds {1} infinite values (first: row {2}).",
        "в столбце {0} есть бесконечные значения: {1} (первое — в строке {2}).",
    ),
    "data-infinite-do": (
        "leave these cells empty, or --drop {3}",
        "оставьте эти ячейки пустыми или исключите столбец: --drop {3}",
    ),
    "data-all-missing": ("no value at all in {0}.", "нет ни одного значения: {0}."),
    "data-all-missing-do": ("--drop {1}", "исключите: --drop {1}"),
    "data-mostly-missing": (
        "more than half of the cells are missing in {0}.",
        "пропущено больше половины значений: {0}.",
    ),
    "data-mostly-missing-do": (
        "keep them only if being missing means something that is known when one predicts",
        "оставляйте, только если сам пропуск что-то значит и известен в момент предсказания",
    ),
    "data-missing": ("{0} cells ({1}) are missing, in {2}.", "пропущено значений: {0} ({1}), в столбцах: {2}."),
    "data-missing-do": (
        "nothing need be done: recipes fill or read missing cells themselves",
        "делать ничего не нужно: рецепты сами заполняют или читают пропуски",
    ),
    "data-constant": ("the same value in every row of {0}.", "одно и то же значение во всех строках: {0}."),
    "data-constant-do": ("--drop {1}", "исключите: --drop {1}"),
    "data-reading": ("{0}; it is read as {1}.", "{0}; прочитан как {1}."),
    "data-reading-do": (
        "mend these cells in the file, or say what the column is with --kind {2}=KIND",
        "исправьте эти ячейки в файле или задайте тип столбца: --kind {2}=KIND",
    ),
    "data-many-levels": (
        "column {0} has {1} levels; {2} of its rows lie in levels of fewer than {3} rows.",
        "в столбце {0} уровней: {1}; {2} его строк приходятся на уровни, где строк меньше {3}.",
    ),
    "data-many-levels-do": (
        "rare levels are taken together; --prepare target or hashing tries other encodings, and --drop {4} leaves the column out",
        "редкие уровни объединяются; --prepare target или hashing пробует другие кодировки, а --drop {4} исключает столбец",
    ),
    "data-id-like": (
        "column {0} looks like a name of the row ({1} different values in {2} rows); no recipe reads it.",
        "столбец {0} похож на имя строки (различных значений: {1}, строк: {2}); ни один рецепт его не читает.",
    ),
    "data-id-like-do": (
        "--drop {3}, or --kind {3}=text or =category if it means something",
        "--drop {3} или, если он что-то значит, --kind {3}=text или =category",
    ),
    "data-id-like-whole": (
        "column {0} holds a different whole number in every row, as a row number or a key does.",
        "в столбце {0} в каждой строке своё целое число, как у номера строки или ключа.",
    ),
    "data-id-like-whole-do": ("--drop {3} if it is a key", "--drop {3}, если это ключ"),
    "data-codes": (
        "column {0} holds {1} different whole numbers without an even step ({2} …): codes, or a quantity?",
        "в столбце {0} различных целых чисел: {1}, без равного шага ({2} …): это коды или величина?",
    ),
    "data-codes-do": ("--kind {3}=category if they are codes", "--kind {3}=category, если это коды"),
    "data-duplicate-rows": (
        "{0} rows ({1}) repeat an earlier row exactly (first: row {2}).",
        "строк, в точности повторяющих более раннюю: {0} ({1}); первая — строка {2}.",
    ),
    "data-duplicate-rows-do": (
        "--copies drop or group if a copy is the same case twice; leave them where rows are alike by nature",
        "--copies drop или group, если копия — тот же случай дважды; оставьте, если строки одинаковы по своей природе",
    ),
    "data-conflicting-rows": (
        "{0} rows are equal in every feature to a row of another class.",
        "строк, совпадающих по всем признакам со строкой другого класса: {0}.",
    ),
    "data-conflicting-rows-do": (
        "no model can tell them apart; ask whether a column is missing from the data",
        "ни одна модель их не различит; выясните, не пропущен ли в данных столбец",
    ),
    "data-few-positives-hopeless": (
        "{0} of {1} classes have too few rows for {2} folds ({3}).",
        "классов, в которых строк слишком мало: {0} из {1} (частей: {2}; {3}).",
    ),
    "data-few-positives-hopeless-do": (
        "join rare classes in the data, leave their rows out, or add rows of them",
        "объедините редкие классы в данных, исключите их строки или добавьте новые",
    ),
    "data-few-positives-thin": (
        "{0} of {1} classes have fewer than {4} rows in each of {2} folds ({3}): expect wide intervals.",
        "классов, в которых на каждую из частей приходится строк меньше {4}: {0} из {1} (частей: {2}; {3}); ждите широких "
        "интервалов.",
    ),
    "data-few-positives-thin-do": (
        "fewer folds with --repeats, or more rows of these classes",
        "меньше частей с --repeats или больше строк этих классов",
    ),
    "data-few-positives": (
        "class {0} has {1} rows, about {3} in each of {2} folds: expect wide intervals.",
        "в классе {0} строк: {1}, по {3} на каждую из частей (всего {2}); ждите широких интервалов.",
    ),
    "data-few-positives-do": (
        "fewer folds with --repeats, or more rows of this class",
        "меньше частей с --repeats или больше строк этого класса",
    ),
    "data-few-positives-one": (
        "class {0} has {1}, too few for {2} folds.",
        "в классе {0} строк: {1}; этого мало для разбиения на части, их {2}.",
    ),
    "data-few-positives-one-do": ("more rows of this class", "больше строк этого класса"),
    "data-few-positives-folds-do": (
        "--folds {4}, or more rows of this class",
        "--folds {4} или больше строк этого класса",
    ),
    "data-few-rows": (
        "{0}, about {1} in each of {2} folds: expect wide intervals.",
        "строк: {0}, по {1} на каждую из частей (всего {2}); ждите широких интервалов.",
    ),
    "data-few-rows-do": (
        "fewer folds with --repeats, or more rows",
        "меньше частей с --repeats или больше строк",
    ),
    "data-broken-pictures": ("{0}", "{0}"),
    "data-broken-pictures-more": ("{0} ({1} more like it)", "{0} (других таких: {1})"),
    "data-broken-pictures-do": (
        "--unreadable skip leaves out what does not open",
        "--unreadable skip исключит то, что не открывается",
    ),
    "data-broken-pictures-others-do": (
        "--unreadable skip leaves out what does not open; or leave pictures out with --drop {2}",
        "--unreadable skip исключит то, что не открывается; или исключите изображения: --drop {2}",
    ),
    "data-like-pictures": (
        "{0} pictures ({1}) of column {2} are almost the same as another one (first: rows {3} and {4}).",
        "изображений столбца {2}, почти совпадающих с другим: {0} ({1}); первые — строки {3} и {4}.",
    ),
    "data-like-pictures-do": (
        "--copies group keeps pictures that are almost the same on one side of every split",
        "--copies group держит почти одинаковые изображения по одну сторону любого разбиения",
    ),
    "data-pictures-across-lock": (
        "{0} of {1} locked test rows ({2}) hold almost the same picture as a training row (first: row {3}).",
        "отложенных строк, изображение которых почти совпадает с обучающим: {0} из {1} ({2}); первая — строка {3}.",
    ),
    "data-pictures-across-lock-do": (
        "--copies group keeps pictures that are almost the same on one side",
        "--copies group держит почти одинаковые изображения по одну сторону",
    ),
    "data-copies-across-lock": (
        "{0} of {1} locked test rows ({2}) equal a training row in every feature (first: row {3}).",
        "отложенных строк, совпадающих с обучающей по всем признакам: {0} из {1} ({2}); первая — строка {3}.",
    ),
    "data-copies-across-lock-do": (
        "--copies group keeps equal rows on one side, --copies drop keeps the first of each; leave them where rows are alike "
        "by nature",
        "--copies group держит равные строки по одну сторону, --copies drop оставляет первую из них; оставьте как есть, если "
        "строки одинаковы по своей природе",
    ),
    "data-target-copy": (
        "column {0} is a copy of the target {1}: {2}.",
        "столбец {0} — копия целевого столбца {1}: {2}.",
    ),
    "data-target-copy-do": (
        "--drop {3}, unless it is known before the target is",
        "--drop {3}, если он не известен раньше целевого столбца",
    ),
    "data-suspicious": (
        "column {0} may know the target: {1}; {2}.",
        "столбец {0}, возможно, знает целевой: {1}; {2}.",
    ),
    "data-suspicious-do": (
        "ask when {0} is written down; --drop {3} if it is after the target",
        "выясните, когда записывается {0}; --drop {3}, если после целевого столбца",
    ),
    "data-alone-auc": ("alone it reaches AUC {0} on {1} rows", "один он даёт AUC {0} (строк: {1})"),
    "data-alone-auc-missing": (
        "alone it reaches AUC {0} on {1} rows, by being missing or not",
        "один он даёт AUC {0} (строк: {1}) — тем, пропущено ли значение",
    ),
    "data-alone-balanced": (
        "alone it names the class with a balanced accuracy of {0} on {1} rows",
        "один он называет класс со сбалансированной долей верных ответов {0} (строк: {1})",
    ),
    "data-alone-spearman": (
        "its rank correlation with the target is {0} on {1} rows",
        "его ранговая корреляция с целевым столбцом — {0} (строк: {1})",
    ),
    "data-sign-near": ("it nearly decides the target", "он почти определяет целевой столбец"),
    "data-sign-pure": (
        "{0} of the rows lie in levels with one class only ({1})",
        "{0} строк лежат в уровнях с единственным классом ({1})",
    ),
    "data-sign-fence": (
        "it stands out from the other columns (fence {0})",
        "он выделяется среди остальных столбцов (граница {0})",
    ),
    # the names of the numbers behind a finding
    "evidence-count": ("count", "количество"),
    "evidence-first_row": ("first row", "первая строка"),
    "evidence-rows": ("rows", "строк"),
    "evidence-shares": ("shares", "доли"),
    "evidence-share": ("share", "доля"),
    "evidence-cells": ("cells", "ячеек"),
    "evidence-counts": ("counts", "количества"),
    "evidence-values": ("values", "значения"),
    "evidence-levels": ("levels", "уровни"),
    "evidence-level": ("level", "уровень"),
    "evidence-positive": ("positive", "доля положительных"),
    "evidence-rows_in_rare_levels": ("rows in rare levels", "строк в редких уровнях"),
    "evidence-rare_below": ("rare below", "редкие — меньше"),
    "evidence-distinct": ("distinct", "различных"),
    "evidence-class": ("class", "класс"),
    "evidence-classes": ("classes", "классы"),
    "evidence-of": ("of", "из"),
    "evidence-folds": ("folds", "частей"),
    "evidence-wanted": ("wanted", "нужно"),
    "evidence-rows_a_fold": ("rows a fold", "строк на часть"),
    "evidence-most_folds": ("most folds", "частей не больше"),
    "evidence-locked_rows": ("locked rows", "отложенных строк"),
    "evidence-with_a_copy": ("with a copy", "с копией"),
    "evidence-auc": ("auc", "AUC"),
    "evidence-n": ("n", "n"),
    "evidence-by": ("by", "по"),
    "evidence-by-levels": ("levels", "уровням"),
    "evidence-by-rank": ("rank", "рангу"),
    "evidence-by-missing": ("missing", "пропускам"),
    "evidence-fence": ("fence", "граница"),
    "evidence-pure_share": ("pure share", "доля чистых уровней"),
    "evidence-pure_levels": ("pure levels", "чистые уровни"),
    "evidence-p": ("p", "p"),
    "evidence-balanced_accuracy": ("balanced accuracy", "сбалансированная доля верных ответов"),
    "evidence-spearman": ("spearman", "корреляция Спирмена"),
    "evidence-more": ("{0} and {1} more", "{0} и ещё {1}"),
    # the columns
    "data-columns": ("The columns", "Столбцы"),
    "data-columns-lead": (
        "How each column was read, and what it was used for.",
        "Как прочитан каждый столбец и для чего он использован.",
    ),
    "data-columns-caption": ("{0} columns in the order of the data.", "Столбцы в порядке данных, всего {0}."),
    "data-columns-none": ("No columns were handed over.", "Столбцы не переданы."),
    "data-column": ("Column", "Столбец"),
    "data-kind": ("Kind", "Тип"),
    "data-role": ("Role", "Роль"),
    "data-levels": ("Levels", "Уровни"),
    "data-levels-more": (" … and {0} more", " … и ещё {0}"),
    "data-kind-whole": ("{0} (whole)", "{0} (целое)"),
    "data-role-feature": ("feature", "признак"),
    "data-role-ignored": ("ignored", "не используется"),
}
