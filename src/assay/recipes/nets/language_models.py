"""Language models that are nets: an LSTM and a small Transformer decoder."""

from assay.nets.settings import TrainSettings
from assay.prepare.corpus import CorpusStep
from assay.recipes.nets.language_net import LanguageNetLearner
from assay.recipes.recipe import Recipe


def _language_model(name: str, title: str, *, simplicity: int, learner: LanguageNetLearner) -> Recipe:
    return Recipe(
        name=name,
        title=title,
        tasks=frozenset({"language-model"}),
        step=CorpusStep(),
        learner=learner,
        simplicity=simplicity,
        reads=frozenset({"text"}),
        needs=frozenset({"text"}),
        extra="nets",
        treatable=False,
        encoded_treatments=False,
    )


LSTM_LM = _language_model(
    "lstm-lm",
    "two LSTM layers that share their table with the output",
    simplicity=70,
    learner=LanguageNetLearner(
        architecture="lstm-lm",
        training=TrainSettings(
            learning_rate=4e-3, weight_decay=0.01, schedule="one-cycle", batch_size=1024, epochs=12, patience=4, precision="auto"
        ),
    ),
)

GPT_SMALL = _language_model(
    "gpt-small",
    "a Transformer decoder of four layers that shares its table with the output",
    simplicity=72,
    learner=LanguageNetLearner(
        architecture="decoder-lm",
        training=TrainSettings(
            learning_rate=2e-3, weight_decay=0.1, schedule="one-cycle", batch_size=1024, epochs=12, patience=4, precision="auto"
        ),
    ),
)
