"""Phrases of what the opened lock said, and of where the time went."""

PHRASES: dict[str, tuple[str, str]] = {
    "lock-once": ("once", "1"),
    "lock-unknown": ("an unknown number of times", "число неизвестно"),
    "lock-times": ("{0} times", "{0}"),
    "lock-between": ("{0} to {1}", "от {0} до {1}"),
    "lock-undefined": ("undefined", "не определено"),
    "lock-opened": ("The test rows were opened {0} times", "Проверочные строки вскрывались, раз: {0}"),
    "lock-shown": (
        "{0} of the test rows had been shown by another opening of these data",
        "Проверочных строк, уже показанных при другом вскрытии этих данных: {0}",
    ),
    "lock-dishonest": (
        "{0}. What was seen may have led the choice: this is no longer an honest number. Only fresh rows give one.",
        "{0}. Увиденное могло повлиять на выбор: это число уже нельзя считать честным. Честное дадут только новые строки.",
    ),
    # where the time went
    "lock-spent": ("Where the time went", "На что ушло время"),
    "lock-spent-lead": (
        "A budget of {0}, from which time for refit and report was kept back; the rest went into fits.",
        "Бюджет времени: {0}; часть его отведена на переобучение и отчёт, остальное ушло на обучение.",
    ),
    "lock-spent-end": ("They ended after {0}: {1}.", "Обучение закончилось через {0}: {1}."),
    "lock-spent-stopped": ("The run was stopped before its end.", "Запуск прерван до окончания."),
    "lock-spent-caption": (
        "Candidates in the order in which they were begun. Seconds are those of their fits, summed over workers.",
        "Кандидаты в том порядке, в котором они начаты. Секунды — время их обучения, в сумме по процессам.",
    ),
    "lock-spent-candidate": ("Candidate", "Кандидат"),
    "lock-spent-began": ("Begun after", "Начат через"),
    "lock-spent-seconds": ("Seconds", "Секунды"),
    "lock-spent-folds": ("Folds", "Частей"),
    "lock-spent-why": ("Stopped, because", "Остановлен, потому что"),
}
