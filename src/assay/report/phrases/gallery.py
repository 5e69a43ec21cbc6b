"""Phrases of the gallery of pictures: the most wrong, and those taken for another class."""

PHRASES: dict[str, tuple[str, str]] = {
    "contents-gallery": ("Wrong pictures", "Ошибки на снимках"),
    "gallery-title": ("Pictures it gets wrong", "Изображения, на которых модель ошибается"),
    "gallery-lead": (
        "{0} is wrong about {1} of {2} pictures, each answered by a model that had not seen it (the first repeat, the likeliest "
        "class; of two classes at a probability of 0.5). Locked pictures are not shown. Rows are counted from 0.",
        "{0}: ошибок {1} из {2}; на каждое изображение отвечала модель, которая его не видела (первый повтор, самый вероятный "
        "класс; при двух классах порог 0,5). Запертые изображения не показаны. Строки считаются с 0.",
    ),
    "gallery-lead-none": (
        "{0} is right about every picture: wrong {1} of {2}, each answered by a model that had not seen it.",
        "{0} не ошибается ни разу: ошибок {1} из {2}; на каждое изображение отвечала модель, которая его не видела.",
    ),
    "gallery-lead-values": (
        "The pictures of {1} with the greatest error of {0}, each answered by a model that had not seen it.",
        "Изображения с наибольшей ошибкой модели {0} (всего {1}); на каждое отвечала модель, которая его не видела.",
    ),
    "gallery-wrong": ("Most wrong", "Самые грубые ошибки"),
    "gallery-wrong-text": (
        "By log loss: the less probable the truth was held, the earlier. Look for wrong labels, rare cases, and what the picture "
        "does not show.",
        "По логарифмическим потерям: чем меньшей считалась вероятность истины, тем раньше. Здесь видны неверные метки, редкие "
        "случаи и то, чего на изображении нет.",
    ),
    "gallery-wrong-values": ("By the size of the error.", "По величине ошибки."),
    "gallery-confused": ("What is taken for what", "Что за что принимают"),
    "gallery-confused-text": (
        "The commonest confusions first; of each the pictures with the surest wrong answers.",
        "Сначала самые частые; для каждой пары — изображения с самыми уверенными неверными ответами.",
    ),
    "gallery-pair": ("{0} called {1}", "{0} принято за {1}"),
    "gallery-pair-count": ("{0} of {1}", "{0} из {1}"),
    "gallery-more": ("Further pairs of classes that are confused: {0}.", "Ещё пар классов, которые путают: {0}."),
    "gallery-row": ("row {0}", "строка {0}"),
    "gallery-alt": (
        "{0}: truth {1}, called {2} with probability {3}",
        "{0}: истина {1}, ответ {2} с вероятностью {3}",
    ),
    "gallery-alt-value": ("{0}: truth {1}, predicted {2}{3}", "{0}: истина {1}, предсказано {2}{3}"),
    "gallery-truth": ("truth", "истина"),
    "gallery-said": ("called", "ответ"),
    "gallery-predicted": ("predicted", "предсказано"),
    "gallery-unknown": ("unknown", "неизвестна"),
    "gallery-gone": ("The picture cannot be shown.", "Изображение нельзя показать."),
}
