"""What metrics are called, and what they mean: titles as the registry has them, and notes of the glossary."""

PHRASES: dict[str, tuple[str, str]] = {
    "metric-higher": ("higher is better", "больше — лучше"),
    "metric-lower": ("lower is better", "меньше — лучше"),
    "metric-roc_auc": ("ROC AUC", "ROC AUC"),
    "metric-average_precision": ("Average precision", "Средняя точность (AP)"),
    "metric-log_loss": ("Log loss", "Логарифмические потери"),
    "metric-brier": ("Brier score", "Оценка Брайера"),
    "metric-accuracy": ("Accuracy", "Доля верных ответов"),
    "metric-balanced_accuracy": ("Balanced accuracy", "Сбалансированная доля верных ответов"),
    "metric-precision": ("Precision", "Точность"),
    "metric-recall": ("Recall", "Полнота"),
    "metric-f1": ("F1", "F1"),
    "metric-mcc": ("Matthews correlation", "Корреляция Мэтьюса"),
    "metric-g_mean": ("G-mean", "Среднее геометрическое полнот"),
    "metric-specificity": ("Specificity", "Специфичность"),
    "metric-cohen_kappa": ("Cohen's kappa", "Каппа Коэна"),
    "metric-quadratic_kappa": ("Quadratic kappa", "Квадратичная каппа"),
    "metric-rps": ("Ranked probability score", "Ранговая вероятностная оценка (RPS)"),
    "metric-mean_level_error": ("Mean absolute error in levels", "Средняя абсолютная ошибка в уровнях"),
    "metric-precision_micro": ("Precision, micro", "Точность, микро"),
    "metric-precision_weighted": ("Precision, weighted", "Точность, взвешенная"),
    "metric-recall_micro": ("Recall, micro", "Полнота, микро"),
    "metric-recall_weighted": ("Recall, weighted", "Полнота, взвешенная"),
    "metric-f1_micro": ("F1, micro", "F1, микро"),
    "metric-f1_weighted": ("F1, weighted", "F1, взвешенная"),
    "metric-top_3_accuracy": ("Top-3 accuracy", "Верный класс среди трёх первых"),
    "metric-top_5_accuracy": ("Top-5 accuracy", "Верный класс среди пяти первых"),
    "metric-ks": ("Kolmogorov-Smirnov", "Статистика Колмогорова — Смирнова"),
    "metric-gini": ("Gini", "Коэффициент Джини"),
    "metric-gain_at_10pct": ("Gain at 10%", "Охват в верхних 10 %"),
    "metric-lift_at_10pct": ("Lift at 10%", "Лифт в верхних 10 %"),
    "metric-rmse": ("RMSE", "RMSE"),
    "metric-mae": ("MAE", "MAE"),
    "metric-r2": ("R²", "R²"),
    "metric-mape": ("Mean absolute percentage error", "Средняя абсолютная ошибка в процентах"),
    "metric-median_absolute_error": ("Median absolute error", "Медианная абсолютная ошибка"),
    "metric-correction_f1": ("F1 of corrections", "F1 исправлений"),
    "metric-correction_precision": ("Precision of corrections", "Точность исправлений"),
    "metric-correction_recall": ("Recall of corrections", "Полнота исправлений"),
    "metric-texts_right": ("Texts all right", "Тексты без ошибок"),
    "metric-perplexity": ("Perplexity", "Перплексия"),
    "metric-bits_per_token": ("Bits a token", "Бит на токен"),
    "metric-chrf": ("chrF", "Мера chrF"),
    "metric-bleu": ("BLEU", "BLEU"),
    "metric-exact_match": ("Share of texts that are right as a whole", "Доля целиком верных текстов"),
    "metric-token_accuracy": ("Token accuracy", "Доля верных меток слов"),
    "metric-entity_f1": ("Entity F1", "F1 по сущностям"),
    "metric-entity_precision": ("Entity precision", "Точность по сущностям"),
    "metric-entity_recall": ("Entity recall", "Полнота по сущностям"),
    "metric-poisson_deviance": ("Mean Poisson deviance", "Среднее отклонение Пуассона (девианс)"),
    "metric-gamma_deviance": ("Mean gamma deviance", "Среднее гамма-отклонение (девианс)"),
    "metric-crps": ("CRPS", "CRPS"),
    "metric-gaussian_log_score": ("Gaussian log score", "Логарифмическая оценка по нормальному закону"),
    "metric-ndcg": ("NDCG", "NDCG"),
    "metric-mrr": ("Mean reciprocal rank", "Средний обратный ранг (MRR)"),
    "metric-map": ("Mean average precision", "Средняя точность по запросам (MAP)"),
    "metric-note-roc_auc": (
        "How often a random positive row gets a higher score than a random negative one: 0.5 is chance, 1 is perfect.",
        "Как часто случайная положительная строка получает оценку выше, чем случайная отрицательная: 0,5 — угадывание, 1 — "
        "безошибочно.",
    ),
    "metric-note-average_precision": (
        "The area under the precision-recall curve; chance is the share of positives, 1 is perfect.",
        "Площадь под кривой «точность — полнота»; при угадывании равна доле положительных, 1 — безошибочно.",
    ),
    "metric-note-log_loss": (
        "The mean surprise of the probabilities; 0 is perfect, and confident mistakes cost most.",
        "Среднее удивление вероятностям; 0 — безошибочно, дороже всего обходятся уверенные ошибки.",
    ),
    "metric-note-brier": (
        "The mean squared error of the probabilities; 0 is perfect.",
        "Средний квадрат ошибки вероятностей; 0 — безошибочно.",
    ),
    "metric-note-accuracy": (
        "The share of rows whose label is right; with rare classes it is high for a model that never finds them.",
        "Доля строк с верной меткой; при редких классах высока и у модели, которая их никогда не находит.",
    ),
    "metric-note-balanced_accuracy": (
        "The mean over the classes of the share found; chance is one over the number of classes.",
        "Среднее по классам доли найденных строк; при угадывании — единица, делённая на число классов.",
    ),
    "metric-note-precision": (
        "Of the rows that were called positive, the share that is.",
        "Доля действительно положительных среди строк, названных положительными.",
    ),
    "metric-note-recall": (
        "Of the rows that are positive, the share that was found.",
        "Доля найденных среди положительных строк.",
    ),
    "metric-note-f1": (
        "The harmonic mean of precision and recall.",
        "Среднее гармоническое точности и полноты.",
    ),
    "metric-note-mcc": (
        "The correlation of the labels with the truth; 0 is chance, 1 is perfect.",
        "Корреляция меток с истиной; 0 — угадывание, 1 — безошибочно.",
    ),
    "metric-note-specificity": (
        "Of the rows that are negative, the share that was called negative.",
        "Доля отрицательных строк, названных отрицательными.",
    ),
    "metric-note-g_mean": (
        "The geometric mean of the shares found of each class; 0 where a class is never found.",
        "Среднее геометрическое долей найденных строк по классам; 0, если какой-то класс не найден ни разу.",
    ),
    "metric-note-cohen_kappa": (
        "How far the labels agree with the truth beyond chance; 0 is chance, 1 is perfect.",
        "Насколько метки согласуются с истиной сверх случайного; 0 — угадывание, 1 — безошибочно.",
    ),
    "metric-note-quadratic_kappa": (
        "How far labels agree with the truth beyond chance; two levels off count four times as much as one.",
        "Насколько метки согласуются с истиной сверх случайного; ошибка на два уровня весит вчетверо больше ошибки на один.",
    ),
    "metric-note-rps": (
        "The mean squared error of “at most this level”, over the levels; 0 is perfect, and being far off costs most.",
        "Средний квадрат ошибки вероятности «не выше этого уровня» по уровням; 0 — безошибочно, дороже всего далёкие ошибки.",
    ),
    "metric-note-mean_level_error": (
        "How many levels the label lies from the truth, on average.",
        "На сколько уровней метка в среднем отстоит от истины.",
    ),
    "metric-note-correction_f1": (
        "The harmonic mean of two shares: of the words that were changed, those changed rightly; of the words with errors, those "
        "mended.",
        "Среднее гармоническое двух долей: верно изменённых среди изменённых слов и исправленных среди слов с ошибками.",
    ),
    "metric-note-perplexity": (
        "Among how many equally likely tokens the model would be as unsure: e to the mean negative log-probability of a token. "
        "The end of a text counts as a token, its beginning does not.",
        "Среди скольких равновероятных токенов модель была бы так же неуверенна: e в степени среднего минус-логарифма "
        "вероятности токена. Конец текста считается токеном, начало нет.",
    ),
    "metric-note-bits_per_token": (
        "The base-2 logarithm of the perplexity: how many yes-or-no answers a token still costs.",
        "Двоичный логарифм перплексии: сколько ответов «да» или «нет» ещё стоит один токен.",
    ),
    "metric-note-chrf": (
        "How many runs of one to six characters the answers share with the wanted texts, 0 to 100; what is missing counts more "
        "than what is too much. It sees words with the right stem and a wrong ending.",
        "Сколько последовательностей из одного–шести символов у ответов общих с нужными текстами, от 0 до 100; недостающее "
        "важнее лишнего. Замечает и слова с верной основой и неверным окончанием.",
    ),
    "metric-note-bleu": (
        "How many runs of one to four words of the answers are in the wanted texts, 0 to 100; answers that are too short lose. "
        "Of the whole corpus, as sacrebleu counts it.",
        "Сколько последовательностей из одного–четырёх слов ответов есть в нужных текстах, от 0 до 100; слишком короткие ответы "
        "теряют. Для всего корпуса, как считает sacrebleu.",
    ),
    "metric-note-exact_match": (
        "Texts that are equal to the wanted ones, letter for letter.",
        "Тексты, которые совпадают с нужными буква в букву.",
    ),
    "metric-note-token_accuracy": (
        "The share of tokens whose tag is right.",
        "Доля токенов, у которых метка верна.",
    ),
    "metric-note-entity_f1": (
        "The harmonic mean of entity precision and entity recall. An entity is right when its first word, its last word and its "
        "type are.",
        "Среднее гармоническое точности и полноты по сущностям. Сущность верна, когда верны её первое слово, последнее слово "
        "и тип.",
    ),
    "metric-note-entity_precision": (
        "Of the entities that were said, the share that is right as a whole.",
        "Какая доля названных сущностей верна целиком.",
    ),
    "metric-note-entity_recall": (
        "Of the entities that are there, the share that was found as a whole.",
        "Какая доля имеющихся сущностей найдена целиком.",
    ),
    "metric-note-poisson_deviance": (
        "An error by the spread that counts of such a mean have; 0 is perfect.",
        "Ошибка относительно разброса, который имеют счётные величины с таким средним; 0 — безошибочно.",
    ),
    "metric-note-gamma_deviance": (
        "An error in proportion to the mean; 0 is perfect.",
        "Ошибка относительно среднего; 0 — безошибочно.",
    ),
    "metric-note-ndcg": (
        "How much of the relevance stands near the top of each query’s list; 1 is the best order.",
        "Какая часть релевантного стоит вверху списка каждого запроса; 1 — наилучший порядок.",
    ),
    "metric-note-ndcg@10": (
        "How much of the relevance stands near the top of each query’s first ten; 1 is the best order.",
        "Какая часть релевантного стоит вверху первых десяти каждого запроса; 1 — наилучший порядок.",
    ),
    "metric-note-mrr": (
        "One over the place of the first relevant row of a query, on average.",
        "Единица, делённая на место первой релевантной строки запроса, в среднем.",
    ),
    "metric-note-map": (
        "The precision at the place of each relevant row, averaged within a query and then over queries.",
        "Точность на месте каждой релевантной строки, усреднённая внутри запроса, затем по запросам.",
    ),
    "metric-note-ks": (
        "The greatest lead of the share of positives found over the share of negatives called, over all cuts of the score.",
        "Наибольшее превышение доли найденных положительных над долей задетых отрицательных по всем порогам оценки.",
    ),
    "metric-note-gini": (
        "Twice the ROC AUC less one: 0 is chance, 1 is perfect.",
        "Удвоенный ROC AUC минус единица: 0 — угадывание, 1 — безошибочно.",
    ),
    "metric-note-gain_at_10pct": (
        "Of all positives, the share among the tenth of the rows with the highest scores.",
        "Какая доля всех положительных попадает в десятую часть строк с наивысшими оценками.",
    ),
    "metric-note-lift_at_10pct": (
        "How many times more positives that tenth holds than a tenth drawn at random.",
        "Во сколько раз больше положительных в этой десятой части, чем в случайной.",
    ),
    "metric-note-rmse": (
        "The typical size of an error in the target's unit; large errors weigh more.",
        "Типичный размер ошибки в единицах целевого столбца; большие ошибки весят больше.",
    ),
    "metric-note-mae": (
        "The mean size of an error in the target's unit.",
        "Средний размер ошибки в единицах целевого столбца.",
    ),
    "metric-note-r2": (
        "The share of the target's variance that is explained; 0 is no better than the mean.",
        "Объяснённая доля дисперсии целевого столбца; 0 — не лучше среднего.",
    ),
}
