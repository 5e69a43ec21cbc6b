"""What an ablation found, in English and Russian: the phrases of ``words``."""

PHRASES: dict[str, tuple[str, str]] = {
    # the questions
    "steps": ("What each step is worth", "Чего стоит каждый шаг"),
    "columns": ("Can a column be dropped?", "Можно ли исключить столбец?"),
    "rows": ("Would more rows help?", "Помогло бы больше строк?"),
    "sizes": ("Would a larger model help?", "Помогла бы модель больше?"),
    # tables
    "table-without": ("Without a column", "Без столбца"),
    "table-alone": ("With one column only", "С одним только столбцом"),
    "table-steps": ("From nothing to the whole, step by step", "От пустой модели до полной, шаг за шагом"),
    "table-taken back": ("The whole without one step", "Полная модель без одного шага"),
    "table-rows": ("Training rows, doubled", "Обучающие строки, с удвоением"),
    # calls, as answers
    "first": ("the first", "первый"),
    "call-no difference shown": ("no difference shown", "различие не показано"),
    "call-too little data": ("too little data", "слишком мало данных"),
    "call-changes nothing": ("changes nothing", "ничего не меняет"),
    "less-worth it": ("no, that costs", "нет, без него хуже"),
    "less-better without": ("yes, it is better without", "да, без него лучше"),
    "less-the same within the margin": (
        "yes, the same within the margin",
        "да, одинаково в пределах допуска",
    ),
    "alone-worth it": ("the others add", "остальные добавляют"),
    "alone-better without": ("better alone", "лучше один"),
    "alone-the same within the margin": (
        "alone the same within the margin",
        "один — одинаково в пределах допуска",
    ),
    "ladder-worth it": ("gains", "прибавляет"),
    "ladder-better without": ("loses", "убавляет"),
    "ladder-the same within the margin": ("the same within the margin", "одинаково в пределах допуска"),
    "taken-worth it": ("worth it", "стоит того"),
    "taken-better without": ("better without it", "без него лучше"),
    "taken-the same within the margin": ("the same within the margin", "одинаково в пределах допуска"),
    # sentences
    "ask-margin": (
        "That no difference is shown does not say that there is none: a margin (--margin X) asks whether it is the same.",
        "Если различие не показано, это не значит, что его нет: допуск (--margin X) спрашивает, одинаково ли.",
    ),
    "not-dropped": ("Not to be dropped: {0}.", "Исключать нельзя: {0}."),
    "none-needed": (
        "No column is shown to be needed by itself.",
        "Ни для одного столбца не показано, что он нужен сам по себе.",
    ),
    "dropped": ("Can be dropped, one at a time: {0}.", "Можно исключать по одному: {0}."),
    "dropped-margin": (
        "Can be dropped, one at a time, within a margin of {1}: {0}.",
        "Можно исключать по одному, в пределах допуска {1}: {0}.",
    ),
    "better-without": ("Better without: {0}.", "Лучше без: {0}."),
    "open-one": (
        "{0} of {1} column or group left out alone: no difference shown.",
        "Исключены по одному, различие не показано: {0} из {1}.",
    ),
    "open-many": (
        "{0} of {1} columns and groups left out alone: no difference shown.",
        "Исключены по одному (столбец или группа), различие не показано: {0} из {1}.",
    ),
    "by-turns": (
        "Several that can be dropped one at a time may be needed by turns: drop one, and ask again.",
        "Те, что можно исключить по одному, могут заменять друг друга: исключите один и спросите снова.",
    ),
    "missed": ("Taken back alone, {0} would be missed.", "Если убрать один шаг, не хватало бы: {0}."),
    "none-missed": (
        "Taken back alone, no step is shown to be missed.",
        "Ни для одного шага не показано, что без него хуже.",
    ),
    "spared": ("Can be spared: {0}.", "Можно обойтись без: {0}."),
    "gain": ("shown to gain on {1}: {0}", "показан прирост ({1}): {0}"),
    "no-gain": ("nothing is shown to gain on {0}", "прирост не показан ни для чего ({0})"),
    "loss": ("shown to lose: {0}", "показана потеря: {0}"),
    "on-before": ("what stands before it", "к предыдущему шагу"),
    "on-half": ("half as many", "к вдвое меньшему числу"),
    "named": ("{0}: {1}", "{0}: {1}"),
    "unknown": ("not known", "неизвестно"),
    "and-more": ("{0} and {1} more", "{0} и ещё {1}"),
    # twice the rows
    "outlook-unsaid": (
        "What twice the training rows would gain cannot be said: {0}.",
        "Что дало бы удвоение обучающих строк, сказать нельзя: {0}.",
    ),
    "outlook-margin": (
        "Twice the training rows ({0} to {1}) would change {2} by less than the margin of {4}, if the curve goes on as a power "
        "law: {3} of {2}.",
        "Удвоение обучающих строк ({0} → {1}) изменило бы {2} меньше чем на допуск {4}, если кривая продолжится по степенному "
        "закону: {3}.",
    ),
    "outlook-gain": (
        "Twice the training rows ({0} to {1}) would gain {3} of {2}, if the curve goes on as a power law.",
        "Удвоение обучающих строк ({0} → {1}) улучшило бы {2} на {3}, если кривая продолжится по степенному закону.",
    ),
    "outlook-loss": (
        "Twice the training rows ({0} to {1}) would lose {3} of {2}, if the curve goes on as a power law: the curve falls.",
        "Удвоение обучающих строк ({0} → {1}) ухудшило бы {2} на {3}, если кривая продолжится по степенному закону: кривая "
        "снижается.",
    ),
    "outlook-open": (
        "Twice the training rows ({0} to {1}) are not shown to gain: {3} of {2}, if the curve goes on as a power law.",
        "Не показано, что удвоение обучающих строк ({0} → {1}) улучшило бы {2}: {3}, если кривая продолжится по степенному "
        "закону.",
    ),
    # lines
    "line-nothing": ("no column (baseline)", "без столбцов (baseline)"),
    "line-plain": ("{0}, plain", "{0}, без добавок"),
    "line-all": ("all training rows", "все обучающие строки"),
    "line-part": ("{0} of the training rows", "{0} обучающих строк"),
    "line-own": ("the recipe's own preparation", "собственная подготовка рецепта"),
    "line-correction": ("correction of probabilities", "поправка вероятностей"),
    "line-calibration": ("calibration {0}", "калибровка {0}"),
    "line-search": ("search {0}", "поиск {0}"),
    "size-trees": ("trees", "деревья"),
    "size-bags": ("bags", "мешки"),
    "size-rounds": ("rounds", "раунды"),
    "size-leaves of a tree": ("leaves of a tree", "листья дерева"),
    "size-members": ("members", "члены ансамбля"),
    "size-hidden neurons": ("hidden neurons", "скрытые нейроны"),
    "size-width": ("width", "ширина"),
    "size-doubled": ("{0}, doubled", "{0}, с удвоением"),
    # notes
    "note-rounds": (
        "Where held-out rows are watched, rounds are the most there may be: fewer are taken when more gain nothing.",
        "Где следят за отложенными строками, раундов не больше указанного: берётся меньше, если больше ничего не даёт.",
    ),
    "note-smaller": (
        "Smaller parts are left out: in one of them there are {0}.",
        "Меньшие доли опущены: в одной из них слишком мало строк ({0}).",
    ),
    "note-order": (
        "Rows are in time order, and a part holds the latest of them: a doubling reaches further back.",
        "Строки идут по времени, доля содержит самые поздние: удвоение уходит дальше в прошлое.",
    ),
    "note-groups": (
        "Groups come whole, so parts are near to their shares and not equal to them.",
        "Группы берутся целиком, поэтому доли близки к указанным, но не равны им.",
    ),
    "note-nothing": (
        "{0} does nothing beyond the plain encoding of columns: there is no further step to take back.",
        "{0} не делает ничего, кроме простой кодировки столбцов: убирать больше нечего.",
    ),
    "note-both": (
        "{0} say nearly the same (association of at least {1}), so each alone may be spared where both may not: they were also "
        "left out together.",
        "{0} говорят почти одно и то же (связь не меньше {1}): без каждого по отдельности можно обойтись там, где нельзя без "
        "обоих; они исключены и вместе.",
    ),
    "note-group": (
        "{0} say nearly the same (association of at least {1}), so each alone may be spared where all of them may not: they were "
        "also left out together.",
        "{0} говорят почти одно и то же (связь не меньше {1}): без каждого по отдельности можно обойтись там, где нельзя без "
        "всех; они исключены и вместе.",
    ),
    "note-left-out": ("{0} is left out: {1}", "{0}: опущено, так как {1}"),
}
