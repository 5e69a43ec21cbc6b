"""Modified Kneser-Ney in dictionaries, from the formulas of Chen & Goodman (1998), written without a look at the arrays."""

from collections import defaultdict
from functools import cache

from tests.language.ngrams.texts import padded

Run = tuple[str, ...]


class PlainKneserNey:
    def __init__(self, texts: list[str], vocabulary: list[str], order: int) -> None:
        self.order, self.vocabulary = order, vocabulary
        known = set(vocabulary)
        raw: dict[Run, int] = defaultdict(int)
        before: dict[Run, set[str]] = defaultdict(set)
        for row in padded(texts, order, known):
            for end in range(order - 1, len(row)):
                raw[tuple(row[end - order + 1 : end + 1])] += 1
                for n in range(1, order):
                    before[tuple(row[end - n + 1 : end + 1])].add(row[end - n])
        self.counts: list[dict[Run, int]] = [{} for _ in range(order + 1)]
        self.counts[order] = dict(raw)
        for run, words in before.items():
            self.counts[len(run)][run] = len(words)
        self.discounts = [self._discounts(n) for n in range(order + 1)]
        self.follow: dict[Run, dict[str, int]] = defaultdict(dict)
        for n in range(1, order + 1):
            for run, count in self.counts[n].items():
                self.follow[run[:-1]][run[-1]] = count

    def _discounts(self, n: int) -> tuple[float, float, float]:
        often = list(self.counts[n].values())
        n1, n2, n3, n4 = (sum(count == i for count in often) for i in (1, 2, 3, 4))
        if 0 in (n1, n2, n3, n4):
            return (0.5, 1.0, 1.5)
        y = n1 / (n1 + 2 * n2)
        found = (1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)
        return found if min(found) > 0 else (0.5, 1.0, 1.5)

    @cache  # noqa: B019 - a test's object
    def probability(self, context: Run, word: str) -> float:
        lower = self.probability(context[1:], word) if context else 1 / len(self.vocabulary)
        follow = self.follow.get(context)
        if not follow:
            return lower
        total = sum(follow.values())
        discounts = self.discounts[len(context) + 1]
        taken = sum(min(discounts[min(count, 3) - 1], count) for count in follow.values())
        count = follow.get(word, 0)
        own = max(count - discounts[min(count, 3) - 1], 0) / total if count else 0.0
        return own + taken / total * lower

    def of_text(self, text: str) -> list[float]:
        (row,) = padded([text], self.order, set(self.vocabulary))
        return [self.probability(tuple(row[end - self.order + 1 : end]), row[end]) for end in range(self.order - 1, len(row))]
