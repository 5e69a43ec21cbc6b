"""What the page of a model of texts says in sentences."""

from assay.explain.text_explanation import EXACT, TextExplanation
from assay.report.numbers import count, share
from assay.report.picture_words import Answer

WHY = {"asked": "asked for", "most wrong": "one of the most wrong", "drawn": "drawn by the seed"}

GLOSSARY = (
    (
        "Log odds",
        "The log of the probability of the answer over that of what it is set against, as the model says them before their "
        "correction. 0 is even odds, +0.69 two to one, +2.3 ten to one.",
    ),
    (
        "What a word adds",
        "Of a model that is a sum over terms: the weight of each term times its value in the text, given in equal parts to the "
        "words that it was read from. Terms and the base sum to the log odds, which is checked for every text shown.",
    ),
    (
        "Without the word",
        "Of any other model: by how much the log odds of the answer fall when the word is left out. Words that say the same "
        "stand in for each other, so each may seem to matter little; these numbers have no sum.",
    ),
    (
        "Weight",
        "Of naive Bayes λ, the log of a term's share in the class over its share elsewhere; of a linear model its coefficient. "
        "With more than two classes: against the mean of the others. A term that is weighed much may be rare.",
    ),
    (
        "Cause",
        "Nothing here is one. The page says what this model goes by in these texts, not what makes things so.",
    ),
)


def answer(found: TextExplanation) -> Answer:
    """The first thing that is read."""
    sentences = []
    headline = f"Which words {found.recipe} goes by, on {count(found.rows)} texts it has not seen"
    right, shown = found.right, found.gallery
    if right is not None and right.value is not None:
        ends = "" if right.low is None or right.high is None else f" [{share(right.low)} to {share(right.high)}]"
        sentences.append(f"It is right about {share(right.value)}{ends} of them.")
    if shown is not None and shown.pairs:
        first = shown.pairs[0]
        sentences.append(f"Its commonest mistake: {first.truth} called {first.said}, {first.count} of {first.of}.")
    exact = sum(one.method == EXACT for one in found.looks)
    if exact:
        sentences.append("The model is a sum over terms, so what each word adds is exact.")
    elif found.looks:
        sentences.append("The model is no sum over words, so each word was left out to see what it adds.")
    return Answer(headline, tuple(sentences))
