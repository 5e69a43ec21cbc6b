"""Byte-pair encoding step by step: which neighbours are merged, in what order, and why.

For words and their counts, small enough to be read; ``trained`` does the same to whole corpora by a library, and the two are
held against each other.  Of pairs as frequent the one whose pieces are older wins (characters in the order of their codes, then
merges in the order they were made).
Source: Sennrich, Haddow & Birch (2016), Neural Machine Translation of Rare Words with Subword Units.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import NamedTuple

UNKNOWN = "<unk>"


class Merge(NamedTuple):
    """times: how often the two stood side by side when they were merged."""

    left: str
    right: str
    times: int


def pair_counts(words: Mapping[tuple[str, ...], int]) -> Counter[tuple[str, str]]:
    """words: how often each word, as pieces, occurs.

    >>> pair_counts({("h", "u", "g"): 10, ("p", "u", "g"): 5})[("u", "g")]
    15
    """
    counts: Counter[tuple[str, str]] = Counter()
    for pieces, times in words.items():
        for pair in pairwise(pieces):
            counts[pair] += times
    return counts


def learn_merges(words: Mapping[str, int], most: int, *, min_count: int = 1) -> list[Merge]:
    """At most ``most`` merges, each of the most frequent pair, while one occurs ``min_count`` times.

    words: how often each word occurs.

    >>> learn_merges({"hug": 10, "pug": 5, "pun": 12, "bun": 4, "hugs": 5}, 3)
    [Merge(left='u', right='g', times=20), Merge(left='u', right='n', times=16), Merge(left='h', right='ug', times=15)]
    """
    ages = {piece: age for age, piece in enumerate(sorted({letter for word in words for letter in word}))}
    split = {word: list(word) for word in words}
    holding: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for word in words:
        for pair in pairwise(word):
            holding[pair].add(word)
    counts = pair_counts({tuple(word): times for word, times in words.items()})
    merges: list[Merge] = []
    while len(merges) < most and counts:
        left, right = min(counts, key=lambda pair: (-counts[pair], ages[pair[0]], ages[pair[1]]))
        if counts[left, right] < min_count:
            break
        merges.append(Merge(left, right, counts[left, right]))
        ages.setdefault(left + right, len(ages))
        for word in sorted(holding[left, right]):
            before = split[word]
            after = merged(before, left, right)
            for pair in pairwise(before):
                counts[pair] -= words[word]
                if not counts[pair]:
                    del counts[pair]
            for pair in pairwise(after):
                counts[pair] += words[word]
                holding[pair].add(word)
            split[word] = after
    return merges


def merged(pieces: list[str], left: str, right: str) -> list[str]:
    """Every ``left`` before a ``right`` joined with it, from left to right.

    >>> merged(["u", "g", "u", "g", "s"], "u", "g")
    ['ug', 'ug', 's']
    """
    joined: list[str] = []
    place = 0
    while place < len(pieces):
        is_pair = place + 1 < len(pieces) and pieces[place] == left and pieces[place + 1] == right
        joined.append(left + right if is_pair else pieces[place])
        place += 2 if is_pair else 1
    return joined


def split_word(word: str, merges: Iterable[Merge], alphabet: Iterable[str]) -> list[str]:
    """The word's pieces after all merges in their order; a letter outside the alphabet is ``<unk>``.

    >>> split_word("mug", learn_merges({"hug": 10, "pug": 5, "pun": 12, "bun": 4, "hugs": 5}, 2), "bghnpsu")
    ['<unk>', 'ug']
    """
    known = set(alphabet)
    pieces = [letter if letter in known else UNKNOWN for letter in word]
    for left, right, _ in merges:
        pieces = merged(pieces, left, right)
    return pieces
