"""What the page of a model of pictures says in sentences."""

from dataclasses import dataclass

from assay.explain.picture_explanation import PictureExplanation
from assay.report.numbers import count, share

WHY = {"asked": "asked for", "most wrong": "one of the most wrong", "drawn": "drawn by the seed"}

GLOSSARY = (
    (
        "Grad-CAM",
        "The last maps of the net, each weighed by how much the score of the answer rises with it, summed and cut at 0. Pale "
        "yellow is where they spoke for the answer; it is no finer than the maps are.",
    ),
    (
        "Integrated gradients",
        "What each pixel added to the score of the answer on the straight way from a picture of no content. Orange speaks for "
        "the answer, blue against it; together they sum to the difference of the two scores.",
    ),
    (
        "Occlusion",
        "By how much the score of the answer falls when a square is covered with the picture's mean colour. Orange: it falls; "
        "blue: it rises. It needs no gradient, so where it and the other two disagree, believe it.",
    ),
    (
        "Nearest",
        "Training pictures in the space that the last layer reads, by the cosine of the angle. A wrong answer with near pictures "
        "of the other class is a look-alike or a wrong label; one without near pictures is something new.",
    ),
    (
        "What excites it",
        "A picture made from noise by following the gradient, so that a class or a map answers more; the numbers are what it "
        "answered to the noise and to the picture. It shows what is enough for an answer, not what pictures look like.",
    ),
    (
        "Maps, filters",
        "Filters are the weights of the first convolution, mid grey for 0. Maps are what a layer gave for the first pictures, "
        "each on its own scale; those that vary most.",
    ),
    (
        "Cause",
        "Nothing here is one. The page says what this model goes by in these pictures, not what makes things so.",
    ),
)


@dataclass(frozen=True, slots=True)
class Answer:
    headline: str
    sentences: tuple[str, ...]


def answer(found: PictureExplanation) -> Answer:
    """The first thing that is read."""
    sentences = []
    headline = f"What {found.recipe} looks at, on {count(found.rows)} pictures it has not seen"
    right, shown = found.right, found.gallery
    if right is not None and right.value is not None:
        ends = "" if right.low is None or right.high is None else f" [{share(right.low)} to {share(right.high)}]"
        sentences.append(f"It is right about {share(right.value)}{ends} of them.")
    if shown is not None and shown.pairs:
        first = shown.pairs[0]
        sentences.append(f"Its commonest mistake: {first.truth} called {first.said}, {first.count} of {first.of}.")
    if found.layer:
        sentences.append(f"Grad-CAM reads {found.layer}; integrated gradients begin at a baseline called {found.baseline}.")
    return Answer(headline, tuple(sentences))
