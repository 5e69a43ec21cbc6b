"""Phrases of a look at the data."""

PHRASES: dict[str, tuple[str, str]] = {
    # the frame of the page
    "eyebrow": ("Assay · A look at the data", "Assay · Взгляд на данные"),
    "skip": ("Skip to the columns", "Перейти к столбцам"),
    "contents": ("Contents", "Содержание"),
    "question": ("What do these rows hold?", "Что содержат эти строки?"),
    "question-target": ("What do these rows hold, and what goes with", "Что содержат эти строки и что связано со столбцом"),
    "footer": (
        "This file stands alone: it loads nothing and sends nothing.",
        "Файл самодостаточен: ничего не загружает и никуда не отправляет.",
    ),
    "rows": ("Rows", "Строки"),
    "columns": ("Columns", "Столбцы"),
    "cells-missing": ("Missing cells", "Пропуски"),
    "target": ("Target", "Целевой столбец"),
    "positive": ("positive class: {0}", "положительный класс: {0}"),
    "classes": ("{0} classes", "классов: {0}"),
    # as a section of a report
    "section": ("A look at the data", "Взгляд на данные"),
    "section-lead": (
        "The rows that are not locked: shapes, outliers, missing cells, and what goes with the target, each column by itself.",
        "Неотложенные строки: форма, выбросы, пропуски и связь с целевым столбцом — каждый столбец сам по себе.",
    ),
    # what stands out
    "out": ("What stands out", "Что бросается в глаза"),
    "out-none": ("Nothing stands out.", "Ничего особенного."),
    "out-left": (
        "{0} of {1} columns are shown in full ({2}); all of them were read and counted, and --json has them all.",
        "Подробно показано столбцов: {0} из {1} ({2}); прочитаны и подсчитаны все, полный перечень — в выводе --json.",
    ),
    "by-strength": ("those that go most with the target", "сильнее всего связанные с целевым"),
    "by-order": ("the first of the file", "первые по порядку в файле"),
    "out-constant": ("One value in every row: {0}.", "Одно и то же значение во всех строках: {0}."),
    "out-empty": ("Not one cell filled: {0}.", "Нет ни одного заполненного значения: {0}."),
    "out-holes": ("More than half of the cells missing: {0}.", "Пропущено больше половины значений: {0}."),
    "out-strong": ("Most goes with the target: {0}.", "Сильнее всего связаны с целевым столбцом: {0}."),
    "out-no-strong": (
        "No column is shown to go with the target, after correction for {0} of them (Holm).",
        "Связь с целевым столбцом не показана ни для одного столбца (с поправкой Холма на число столбцов: {0}).",
    ),
    "out-alike": ("Nearly the same as another column: {0}.", "Почти повторяют друг друга: {0}."),
    "out-far": ("More than 1 % of the cells far from the others: {0}.", "Больше 1 % значений далеко от остальных: {0}."),
    "out-signal": (
        "The target is another where a cell is missing: {0}.",
        "Там, где значение пропущено, целевой столбец ведёт себя иначе: {0}.",
    ),
    "out-lock": (
        "All rows were looked at, also those that a study would lock. What is chosen because of what is seen here has "
        "seen them too.",
        "Просмотрены все строки, в том числе те, которые исследование отложило бы для проверки. "
        "Любое решение, принятое по этой странице, их уже учло.",
    ),
    "out-some": (
        "{0} of {1} rows were looked at: rows set apart for testing, and rows of weight 0, were not.",
        "Просмотрено строк: {0} из {1}; отложенные для проверки и строки с нулевым весом не просматривались.",
    ),
    "out-weighed": (
        "The target’s values are weighted by {0}; counts are of rows.",
        "Значения целевого столбца взвешены по столбцу {0}; счёт ведётся по строкам.",
    ),
    "out-grouped": (
        "Intervals and p count the groups of {0}, not rows: rows of one group resemble each other.",
        "Интервалы и p считаются по группам столбца {0}, а не по строкам: строки одной группы похожи друг на друга.",
    ),
    "and-more": ("and {0} more", "и ещё {0}"),
    # the overview
    "overview": ("All columns", "Все столбцы"),
    "overview-lead": ("In the order of the file.", "В порядке следования в файле."),
    "overview-note": (
        "Association with the target: 0 nothing, 1 everything; 95 % intervals. Grey: not shown to differ from 0 (Holm).",
        "Связь с целевым столбцом: 0 — никакой, 1 — полная; интервалы 95 %. Серым — отличие от нуля не показано (поправка "
        "Холма).",
    ),
    "overview-screen": (
        "Goes with the target: Cramér’s V or the correlation ratio, 0 … 1; in brackets: not shown to differ from 0 (Holm).",
        "Связь с целевым: V Крамера или корреляционное отношение, 0 … 1; в скобках — отличие от нуля не показано "
        "(поправка Холма).",
    ),
    "column": ("Column", "Столбец"),
    "kind": ("Kind", "Тип"),
    "missing": ("Missing", "Пропуски"),
    "distinct": ("Different", "Различных"),
    "shape": ("Shape", "Форма"),
    "middle": ("Median [5 %, 95 %], or the commonest", "Медиана [5 %, 95 %] или самое частое"),
    "far": ("Far out", "Выбросы"),
    "goes-with": ("Goes with the target", "Связь с целевым"),
    "number": ("number", "число"),
    "category": ("category", "категория"),
    "date": ("date", "дата"),
    "text": ("text", "текст"),
    "image": ("image", "изображение"),
    "boxes": ("boxes", "рамки"),
    "id": ("id", "идентификатор"),
    "role-target": ("target", "целевой"),
    "role-group": ("group", "группа"),
    "role-time": ("time", "время"),
    "role-weight": ("weight", "вес"),
    # one column
    "one-by-one": ("Column by column", "По столбцам"),
    "one-lead": (
        "Shape, outliers, and the target along the column: in parts of equal size, or in its commonest levels.",
        "Форма, выбросы и целевой столбец вдоль каждого столбца: по частям равного размера или по самым частым значениям.",
    ),
    "one-lead-alone": ("Shape and outliers of each column.", "Форма и выбросы каждого столбца."),
    "mean-sd": ("mean {0}, standard deviation {1}", "среднее {0}, стандартное отклонение {1}"),
    "mean": ("mean {0}", "среднее {0}"),
    "quartiles": ("quartiles {0}, {1}, {2}", "квартили {0}; {1}; {2}"),
    "range": ("from {0} to {1}", "от {0} до {1}"),
    "zeros": ("zeros {0}", "нулей {0}"),
    "infinite": ("infinite cells {0}", "бесконечных значений {0}"),
    "in-characters": ("Of the length in characters.", "По длине в символах."),
    "some-missing": ("missing {0} ({1})", "пропущено {0} ({1})"),
    "none-missing": ("nothing missing", "пропусков нет"),
    "some-distinct": ("{0} different", "различных {0}"),
    "beyond-low": ("Not drawn: {0} below {1}.", "Не нарисовано ниже {1}: {0}."),
    "beyond-high": ("Not drawn: {0} above {1}.", "Не нарисовано выше {1}: {0}."),
    "far-none": ("Nothing lies far out (between {0} and {1} by {2}).", "Выбросов нет (границы {0} и {1}, {2})."),
    "far-some": (
        "Far out: {0} ({1}), outside {2} … {3} by {4}. Farthest: {5}.",
        "Выбросы: {0} ({1}), за границами {2} … {3}, {4}. Самые далёкие: {5}.",
    ),
    "far-no-rule": (
        "No outlier can be told: the middle half of the cells is equal.",
        "Выбросы определить нельзя: средняя половина значений одинакова.",
    ),
    "z and fences": ("modified z and Tukey’s fences", "по модифицированной z-оценке и границам Тьюки"),
    "outer fences": ("Tukey’s outer fences", "по внешним границам Тьюки"),
    "example": ("{1} in row {0}", "{1} в строке {0}"),
    "part": ("Part", "Часть"),
    "level": ("Level", "Значение"),
    "share-of": ("Share of {0}", "Доля класса {0}"),
    "mean-of": ("Mean of {0}", "Среднее {0}"),
    "is-missing": ("missing", "пропуск"),
    "others": ("{0} others", "прочие: {0}"),
    "overall": ("all rows: {0}", "все строки: {0}"),
    "association": ("{0} with the target: {1}, {2}", "{0} с целевым столбцом: {1}, {2}"),
    "p-holm": ("p {0} (Holm)", "p {0} (с поправкой Холма)"),
    "correlation ratio": ("correlation ratio", "корреляционное отношение"),
    "Cramér's V": ("Cramér’s V", "V Крамера"),
    "not-along": (
        "No levels or bins can be made of this kind of column.",
        "Столбец этого типа не делится на значения или части.",
    ),
    # pairs
    "pairs": ("Between columns", "Между столбцами"),
    "pairs-lead": (
        "Numbers and dates by Pearson’s and Spearman’s correlation, categories by Cramér’s V, the two kinds with each "
        "other by the "
        "correlation ratio.",
        "Числа и даты — корреляции Пирсона и Спирмена, категории — V Крамера, числа с категориями — корреляционное отношение.",
    ),
    "pairs-none": ("There are no two columns to compare.", "Нет двух столбцов, которые можно сравнить."),
    "pairs-left": ("{0} columns were not compared, being too many.", "Не сравнивались из-за большого числа: {0}."),
    "strongest": ("The strongest pairs", "Самые сильные связи"),
    "pair": ("Pair", "Пара"),
    "measure": ("Measure", "Мера"),
    "value": ("Value", "Значение"),
    "pearson": ("Pearson’s r", "r Пирсона"),
    "spearman": ("Spearman’s ρ", "ρ Спирмена"),
    "cramers_v": ("Cramér’s V", "V Крамера"),
    "correlation_ratio": ("correlation ratio", "корреляционное отношение"),
    "across-up": ("Across: {0}. Upwards: {1}. {2}: {3}.", "По горизонтали: {0}. По вертикали: {1}. {2}: {3}."),
    "drawn-all": ("All {0} rows are drawn.", "Нарисованы все строки: {0}."),
    "drawn-some": ("{0} of {1} rows are drawn, at random.", "Нарисовано {0} из {1} строк, случайно."),
    "hue-class": ("Orange: {0} (others blue).", "Оранжевым: {0} (остальные — синим)."),
    "hue-number": ("Orange: {0} above its median (others blue).", "Оранжевым: {0} выше медианы (остальные — синим)."),
    "matrix-numbers": (
        "Numbers: Pearson below the diagonal, Spearman above",
        "Числа: под диагональю Пирсон, над диагональю Спирмен",
    ),
    "matrix-categories": ("Categories: Cramér’s V, corrected for chance", "Категории: V Крамера с поправкой на случайность"),
    "matrix-mixed": ("Numbers by categories: correlation ratio", "Числа и категории: корреляционное отношение"),
    "matrix-some": ("The {0} with the strongest pairs, of {1}.", "{0} с самыми сильными связями из {1}."),
    # missing
    "holes": ("Missing cells", "Пропуски"),
    "holes-none": ("No cell is missing.", "Пропусков нет."),
    "holes-lead": (
        "{0} of {1} rows are whole; {2} of {3} columns have missing cells.",
        "Строк без пропусков: {0} из {1}; столбцов с пропусками: {2} из {3}.",
    ),
    "holes-more": ("The {0} with the most missing cells, of {1}.", "{0} с наибольшим числом пропусков из {1}."),
    "holes-target": ("Does missingness go with the target?", "Связаны ли пропуски с целевым столбцом?"),
    "holes-table": ("Columns with missing cells", "Столбцы с пропусками"),
    "where-missing": ("Where missing", "Где пропущено"),
    "where-there": ("Where there", "Где есть"),
    "difference": ("Difference", "Разность"),
    "difference-points": ("Difference, points", "Разность, п. п."),
    "p": ("p (Holm)", "p (Холм)"),
    "together": ("Missing together", "Пропущены вместе"),
    "pattern": ("Missing in the row", "Пропущено в строке"),
    "nothing": ("nothing", "ничего"),
    "patterns-more": ("{0} further patterns in {1} rows.", "Других сочетаний: {0}, в строках: {1}."),
    # reading
    "read": ("Read from the file", "Как прочитан файл"),
    "run": ("What was run", "Что было запущено"),
    "reading": ("How to read this", "Как это читать"),
}

GLOSSARY: tuple[tuple[tuple[str, str], tuple[str, str]], ...] = (
    (
        ("Interval", "Интервал"),
        (
            "The range in which the true value lies, 95 % of the time: Wilson’s for a share, Student’s t for a mean. A "
            "wide one "
            "means too few rows to know better.",
            "Область, в которой с уверенностью 95 % лежит истинное значение: для доли — интервал Уилсона, для среднего — "
            "по t "
            "Стьюдента. Широкий интервал значит, что строк слишком мало.",
        ),
    ),
    (
        ("Association with the target", "Связь с целевым столбцом"),
        (
            "The column is cut into parts; how much of the target’s variation lies between them? 0 none, 1 all. Cramér’s "
            "V for "
            "classes, the correlation ratio for a number, both corrected for what chance gives. It knows no direction and "
            "says "
            "nothing about causes.",
            "Столбец делится на части: какая доля изменчивости целевого столбца приходится на различия между ними? 0 — "
            "никакая, "
            "1 — вся. Для классов — V Крамера, для числа — корреляционное отношение, оба с поправкой на случайность. Мера не "
            "знает направления и ничего не говорит о причинах.",
        ),
    ),
    (
        ("p (Holm)", "p (с поправкой Холма)"),
        (
            "How surprising so strong an association would be if there were none, made stricter for the number of columns.",
            "Насколько удивительной была бы такая связь, если бы её не было; с поправкой на число столбцов.",
        ),
    ),
    (
        ("Far out", "Выбросы"),
        (
            "Beyond two rules at once: a modified z above 3.5 (0.67 · |x − median| over the median absolute deviation) "
            "and Tukey’s "
            "fences, 1.5 interquartile ranges from the quartiles; where more than half of the cells are equal, 3 such "
            "ranges. Rare is "
            "not wrong: in a skewed column many cells lie far out.",
            "Далеко сразу по двум правилам: модифицированная z-оценка (0,67 · |x − медиана| / медианное абсолютное "
            "отклонение) больше "
            "3,5 и значение лежит за границами Тьюки — дальше 1,5 межквартильного размаха от квартилей; если больше "
            "половины значений "
            "одинаковы — дальше 3 размахов. Редкое не значит ошибочное: в скошенном столбце далёких значений много.",
        ),
    ),
    (
        ("Shape", "Форма"),
        (
            "A histogram with bins by Freedman and Diaconis’s rule (5 to 30 of them; whole numbers of a short range get a "
            "bar "
            "each), or a bar for each of the commonest levels.",
            "Гистограмма с шагом по правилу Фридмана — Диакониса (от 5 до 30 столбиков; у целых чисел с малым размахом — "
            "столбик "
            "на каждое) или столбик на каждое из самых частых значений.",
        ),
    ),
    (
        ("Parts of a number", "Части числового столбца"),
        (
            "Ten of equal size; a value that a tenth of the rows have is a part of its own, and every value is where "
            "there are at most "
            "ten.",
            "Десять частей равного размера; значение, которое встречается в десятой доле строк, — отдельная часть; если "
            "различных "
            "значений не больше десяти, у каждого своя часть.",
        ),
    ),
    (
        ("Correlation", "Корреляция"),
        (
            "Pearson’s r measures a straight line, Spearman’s ρ any rising or falling curve; both from −1 to 1, on the "
            "rows where "
            "neither cell is missing.",
            "r Пирсона измеряет близость к прямой, ρ Спирмена — к любой монотонной кривой; оба от −1 до 1, по строкам, "
            "где есть оба "
            "значения.",
        ),
    ),
)
