"""Phrases of the texts that are most wrong, and of those taken for another class."""

PHRASES: dict[str, tuple[str, str]] = {
    "contents-texts": ("Wrong texts", "Ошибки на текстах"),
    "texts-title": ("Texts it gets wrong", "Тексты, на которых модель ошибается"),
    "texts-lead": (
        "{0} is wrong about {1} of {2} texts, each answered by a model that had not seen it (the first repeat, the likeliest "
        "class; of two classes at a probability of 0.5). Locked texts are not shown. Rows are counted from 0.",
        "{0}: ошибок {1} из {2}; на каждый текст отвечала модель, которая его не видела (первый повтор, самый вероятный "
        "класс; при двух классах порог 0,5). Запертые тексты не показаны. Строки считаются с 0.",
    ),
    "texts-lead-none": (
        "{0} is right about every text: wrong {1} of {2}, each answered by a model that had not seen it.",
        "{0} не ошибается ни разу: ошибок {1} из {2}; на каждый текст отвечала модель, которая его не видела.",
    ),
    "texts-lead-values": (
        "The texts of {1} with the greatest error of {0}, each answered by a model that had not seen it.",
        "Тексты с наибольшей ошибкой модели {0} (всего {1}); на каждый отвечала модель, которая его не видела.",
    ),
    "texts-wrong-text": (
        "By log loss: the less probable the truth was held, the earlier. Look for wrong labels, rare cases, and what the words "
        "do not say. Which words decided is on the page of assay explain.",
        "По логарифмическим потерям: чем меньшей считалась вероятность истины, тем раньше. Здесь видны неверные метки, редкие "
        "случаи и то, чего в словах нет. Какие слова решили, показывает страница assay explain.",
    ),
    "texts-confused-text": (
        "The commonest confusions first; of each the texts with the surest wrong answers.",
        "Сначала самые частые; для каждой пары — тексты с самыми уверенными неверными ответами.",
    ),
    "texts-text": ("text", "текст"),
    "texts-row": ("row", "строка"),
    "texts-empty": ("(empty)", "(пусто)"),
}
