"""Counts in words, so that a message about one row does not speak of "1 rows"."""


def counted(n: int, noun: str) -> str:
    """The number with its noun, for nouns whose plural takes an s.

    >>> counted(1, "row"), counted(0, "group")
    ('1 row', '0 groups')
    """
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def agree(n: int, one: str, many: str) -> str:
    """The form of a verb that goes with the number.

    >>> f"2 rows {agree(2, 'is', 'are')} left"
    '2 rows are left'
    """
    return one if n == 1 else many
