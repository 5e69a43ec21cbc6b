"""Texts with a known structure: who is near whom, and which analogy holds, is planted."""

import numpy as np

ROYAL = {
    "en": {("man", "plain"): "man", ("woman", "plain"): "woman", ("man", "royal"): "king", ("woman", "royal"): "queen"},
    "ru": {
        ("man", "plain"): "мужчина",
        ("woman", "plain"): "женщина",
        ("man", "royal"): "король",
        ("woman", "royal"): "королева",
    },
}
MARKS = {
    "en": {
        "man": ["he", "beard", "father", "boy"],
        "woman": ["she", "skirt", "mother", "girl"],
        "royal": ["crown", "throne", "palace", "reign"],
        "plain": ["work", "street", "house", "bread"],
    },
    "ru": {
        "man": ["он", "борода", "отец", "мальчик"],
        "woman": ["она", "юбка", "мать", "девочка"],
        "royal": ["корона", "трон", "дворец", "править"],
        "plain": ["работа", "улица", "дом", "хлеб"],
    },
}


def royal_sentences(language: str, count: int = 3000, seed: int = 0) -> list[list[str]]:
    """Each sentence holds a person, two words of their sex and two of their rank, shuffled."""
    rng = np.random.default_rng(seed)
    persons, marks = ROYAL[language], MARKS[language]
    keys = list(persons)
    found = []
    for _ in range(count):
        key = keys[rng.integers(len(keys))]
        words = [persons[key], *rng.choice(marks[key[0]], 2, replace=False), *rng.choice(marks[key[1]], 2, replace=False)]
        found.append([str(words[place]) for place in rng.permutation(len(words))])
    return found
