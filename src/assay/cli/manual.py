"""What the help of each command ends in: examples that can be typed, and the same in Python.

One table, so that a command without an example, an example that the command line does not take, or a Python name that does
not exist is found by one test.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """python: the call that does the same.  name: of what it calls, to be imported.  examples: (what it does, command line)."""

    python: str
    name: str
    examples: tuple[tuple[str, str], ...]


MANUAL: Mapping[str, Entry] = {
    "run": Entry(
        'assay.Study(assay.read("loans.csv", target="denied"), treatments=["none", "smote"]).run("runs/loans")',
        "assay.study.study.Study.run",
        (
            ("A first look: the usual recipes, five folds", "assay run loans.csv --target denied"),
            (
                "Did SMOTE help, where a miss costs ten times a false alarm?",
                "assay run loans.csv --target denied --treatments smote,class-weight --cost 10,1",
            ),
            ("The best in ten minutes, measured on the locked rows", "assay run loans.csv --target denied --budget 10m --finish"),
            ("Train on the past, test on the future", "assay run sales.parquet --target sold --time day --gap 7d"),
        ),
    ),
    "ablate": Entry(
        'run_ablation(prepare_ablation(result, ["steps"], "boosting"))',
        "assay.study.ablate.running.run_ablation",
        (
            ("Which parts of the winner are worth having?", "assay ablate runs/loans --steps"),
            ("Which columns can be dropped?", "assay ablate runs/loans boosting --columns --margin 0.005 --out columns.html"),
        ),
    ),
    "explain": Entry(
        "assay.explain.explanation.explain(held, ExplainSettings())",
        "assay.explain.explanation.explain",
        (
            ("What the winner of a run goes by", "assay explain runs/loans --out explained.html"),
            ("Why one row was decided so, and what would turn it", "assay explain runs/loans --row 17 --keep age"),
            ("A saved model on rows that it has not seen", "assay explain loans.assay new.csv --group sex"),
            ("What a model of pictures looks at", "assay explain digits.assay new-digits --training digits --out seen.html"),
            ("Which words a model of texts goes by", "assay explain runs/messages --out words.html"),
        ),
    ),
    "finish": Entry(
        'result.finish(prefer="simple", margin=0.005)',
        "assay.study.result.StudyResult.finish",
        (
            ("Open the lock and save the best", "assay finish runs/loans"),
            ("The simplest that is as good", "assay finish runs/loans --prefer simple --margin 0.005"),
        ),
    ),
    "check": Entry(
        "assay.data.checks.check(data)",
        "assay.data.checks.check",
        (
            ("Leaks and flaws, before anything is fitted", "assay check loans.csv --target denied"),
            ("In a pipeline: a warning ends it", "assay check loans.csv --target denied --strict"),
            ("What oversampling before the split would have claimed", "assay check loans.csv --target denied --show-leak"),
            (
                "Rows before and after two treatments",
                "assay check loans.csv --target denied --treatments smote,adasyn --out rows.html",
            ),
        ),
    ),
    "report": Entry(
        "assay.report.of_study.write_page(result)",
        "assay.report.of_study.write_page",
        (
            ("Draw the page of a run again, in Russian", "assay report runs/loans --lang ru"),
            ("Its pictures and numbers as files", "assay report runs/loans --files figures"),
            ("Runs side by side on one page", "assay report runs/loans runs/loans-2 --out both.html"),
        ),
    ),
    "export": Entry(
        'assay.study.tracking.write_tables(result, "tables")',
        "assay.study.tracking.write_tables",
        (
            ("As tables that every tool reads", "assay export runs/loans --parquet tables"),
            ("To a tracking server", "assay export runs/loans --mlflow http://localhost:5000 --experiment loans"),
        ),
    ),
    "look": Entry(
        "assay.report.look.look_at(data)",
        "assay.report.look.look_at",
        (
            ("Shapes, outliers, gaps, and what goes with the target", "assay look loans.csv --target denied --out look.html"),
            ("The same in Russian", "assay look loans.csv --target denied --lang ru"),
        ),
    ),
    "keywords": Entry(
        "assay.language.keywords.keywords(texts, labels)",
        "assay.language.keywords.keywords",
        (
            ("Which words tell spam from the rest?", "assay keywords messages.csv --target label"),
            ("Pairs of words too, as JSON", "assay keywords messages.csv --target label --longest 2 --json"),
        ),
    ),
    "near-copies": Entry(
        "assay.data.near_copies.near_copies(data)",
        "assay.data.near_copies.near_copies",
        (("Rows that stand twice with small changes", "assay near-copies loans.csv --target denied -o twice.csv"),),
    ),
    "doubtful-labels": Entry(
        'assay.study.label_noise.label_noise(result, "boosting")',
        "assay.study.label_noise.label_noise",
        (("Rows whose label is probably wrong", "assay doubtful-labels runs/loans -o doubtful.csv"),),
    ),
    "label-next": Entry(
        "assay.study.labelling.choose.choose_rows(...)",
        "assay.study.labelling.choose.choose_rows",
        (
            ("The hundred rows most worth a label", "assay label-next runs/loans/model unlabelled.csv -o next.csv"),
            ("Would it have beaten random rows?", "assay label-next runs/loans --measure"),
        ),
    ),
    "anomalies": Entry(
        "assay.study.unsupervised.anomalies.find_anomalies(data)",
        "assay.study.unsupervised.anomalies.find_anomalies",
        (
            ("The oddest rows, with why", "assay anomalies sensors.csv --drop id --out odd.html"),
            ("Which new rows are unlike the old?", "assay anomalies january.csv --new february.csv"),
        ),
    ),
    "clusters": Entry(
        "assay.study.unsupervised.clusters.find_clusters(data)",
        "assay.study.unsupervised.clusters.find_clusters",
        (("Groups that are found again in other rows", "assay clusters customers.csv --out groups.html"),),
    ),
    "project": Entry(
        "assay.study.unsupervised.projections.project(points)",
        "assay.study.unsupervised.projections.project",
        (("A map of the rows, and what it keeps", "assay project cells.csv --target class --methods pca,t-sne --out map.html"),),
    ),
    "compare": Entry(
        'result.verdict("boosting", "logistic")',
        "assay.study.result.StudyResult.verdict",
        (
            ("Is one better than the other?", "assay compare runs/loans boosting logistic"),
            ("Are they the same, for what it matters?", "assay compare runs/loans boosting boosting+smote --margin 0.005"),
            ("How do all stand by now?", "assay compare runs/loans"),
        ),
    ),
    "compare-data": Entry(
        "assay.study.drift.compare_data(first, second)",
        "assay.study.drift.compare_data",
        (("Can last year's rows be told from this year's?", "assay compare-data 2025.csv 2026.csv --target denied"),),
    ),
    "nested": Entry(
        'assay.study.nested.run_nested(prepare_nested(result, "boosting"))',
        "assay.study.nested.run_nested",
        (("The error of a way of training, with an honest interval", "assay nested runs/loans logistic --metric log_loss"),),
    ),
    "correct": Entry(
        'assay.load("spelling.assay").predict(texts)',
        "assay.bundle.model.Model.predict",
        (
            ("A text with its spelling corrected", "assay correct runs/spelling/model letter.txt -o corrected.txt"),
            (
                "A column of a table, and what was changed as JSON",
                "assay correct spelling.assay posts.csv -o posts-right.csv --json",
            ),
        ),
    ),
    "predict": Entry(
        'assay.load("loans.assay").predict(rows)',
        "assay.bundle.model.Model.predict",
        (
            ("Answers for a file", "assay predict runs/loans/model new.csv -o answers.csv"),
            ("With sets of labels that hold the truth nine times of ten", "assay predict loans.assay new.csv --level 0.9"),
        ),
    ),
    "complete": Entry(
        "assay.language.completing.suggest(learner, vocabulary, ids)",
        "assay.language.completing.suggest",
        (
            ("The likeliest next words", 'assay complete runs/novel/model "it was a"'),
            ("Of those that begin with some letters", 'assay complete runs/novel/model "it was a" --prefix d --top 3'),
            ("Three continuations, none of them wild", 'assay complete novel.assay "it was" --sample 3 --top-p 0.9'),
        ),
    ),
    "rank": Entry(
        'assay.study.across.rank_across({"loans": result, "cells": other})',
        "assay.study.across.rank_across",
        (("Which recipe is best over several data sets?", "assay rank runs/loans runs/cells runs/bank --out ranks.svg"),),
    ),
    "recommend": Entry(
        "assay.study.recommend.compare.compare(ratings, settings)",
        "assay.study.recommend.compare.compare",
        (
            (
                "Compare recommenders, keep the best",
                "assay recommend plays.csv --user user --item song --time day --finish --out runs/songs",
            ),
            ("Lists from a saved one", "assay recommend runs/songs/model -o lists.csv --top 20"),
        ),
    ),
    "attack": Entry(
        "assay.nets.attacks.measured.under_attack(victim, pictures, codes, settings)",
        "assay.nets.attacks.measured.under_attack",
        (
            ("Accuracy under two attacks at three bounds", "assay attack runs/digits/model new --out attacked"),
            ("Can one pixel make an 8 of it?", "assay attack digits.assay new --attack one-pixel --target 8 --rows 10"),
            ("Noise, blur, light and JPEG in five strengths", "assay attack digits.assay new --corruptions"),
        ),
    ),
    "cloak": Entry(
        'cloak_picture(assay.load("faces.assay").fitted, "me.jpg")',
        "assay.recipes.nets.cloaked.cloak_picture",
        (("Pictures that this model does not recognise", "assay cloak faces.assay me.jpg us.jpg --eps 8 --out cloaked"),),
    ),
    "serve": Entry(
        'assay.serve.serve(["runs/loans/model"])',
        "assay.serve.serve",
        (
            ("A model over HTTP", "assay serve runs/loans/model --port 8080"),
            (
                "Behind a key, with another beside it, unheard",
                "assay serve loans.assay --keys keys.txt --shadow loans=runs/new/model",
            ),
        ),
    ),
    "studio": Entry(
        'assay.serve.studio.server.serve_studio("runs")',
        "assay.serve.studio.server.serve_studio",
        (
            ("The runs of a folder in a browser", "assay studio runs"),
            ("Runs may be started on files of a folder", "assay studio runs --data tables"),
            ("For others of the network too, with a token", "assay studio runs --host 0.0.0.0 --token my-long-secret-word"),
        ),
    ),
    "train-report": Entry(
        "assay.nets.training.train(..., watch=Probes()); signs(probes.inside())",
        "assay.nets.inside.signs.signs",
        (
            (
                "Look into the training of a net",
                "assay train-report loans.csv --target denied --recipe mlp-ple --out training.html",
            ),
        ),
    ),
    "demo": Entry(
        'assay.data.examples.write_example("loanapp", folder)',
        "assay.data.examples.write_example",
        (("The whole job on real data", "assay demo loanapp"), ("Pictures of digits", "assay demo digits --out digits")),
    ),
    "list": Entry(
        "assay.list_recipes(), assay.list_treatments(), assay.list_metrics(), assay.list_tasks()",
        "assay.recipes.lists.list_recipes",
        (("What can be tried", "assay list recipes"), ("For a program", "assay list metrics --json")),
    ),
    "model show": Entry(
        'assay.bundle.model.read_manifest("loans.assay")',
        "assay.bundle.model.read_manifest",
        (("What a model is", "assay model show runs/loans/model"),),
    ),
    "model verify": Entry(
        'assay.bundle.card.verify("loans.assay")',
        "assay.bundle.card.verify",
        (
            ("Is it whole?", "assay model verify loans.assay"),
            ("And who made it?", "assay model verify loans.assay --key team.key.pub"),
        ),
    ),
    "model card": Entry(
        "assay.bundle.card.markdown(manifest)",
        "assay.bundle.card.markdown",
        (("One page to file with it", "assay model card loans.assay"),),
    ),
    "model export": Entry(
        'assay.bundle.export_onnx(model, "loans.onnx")',
        "assay.bundle.export_onnx",
        (
            ("For another runtime, checked against our own answers", "assay model export loans.assay -o loans.onnx"),
            ("A network for pictures in eight bits, judged", "assay model export digits.assay -o small.onnx --int8 digits.npz"),
        ),
    ),
    "model keygen": Entry(
        'assay.archive.signature.make_key(Path("team.key"))',
        "assay.archive.signature.make_key",
        (("A pair of keys, once", "assay model keygen team.key"),),
    ),
    "model sign": Entry(
        'assay.archive.signature.sign(Path("loans.assay"), Path("team.key"))',
        "assay.archive.signature.sign",
        (("Sign what you made", "assay model sign loans.assay --key team.key"),),
    ),
    "vectors train": Entry(
        "assay.language.vectors.training.train_vectors(corpus_of(sentences_of(path)), Training(), seed=0)",
        "assay.language.vectors.training.train_vectors",
        (
            ("word2vec, skip-gram", "assay vectors train war-and-peace.txt -o words"),
            ("With vectors for unknown words too", "assay vectors train war-and-peace.txt --method fasttext -o words"),
        ),
    ),
    "vectors nearest": Entry(
        'read_vectors("words").nearest("война")',
        "assay.language.vectors.vectors.WordVectors.nearest",
        (
            ("Which words are used alike?", "assay vectors nearest words война мир"),
            ("Which lines of a file say much the same?", "assay vectors nearest words князь вошел --texts war-and-peace.txt"),
        ),
    ),
    "vectors analogy": Entry(
        'assay.language.vectors.analogies.analogy(vectors, "man", "king", "woman")',
        "assay.language.vectors.analogies.analogy",
        (("king − man + woman", "assay vectors analogy words man king woman"),),
    ),
    "vectors evaluate": Entry(
        "assay.language.vectors.analogies.score_analogies(vectors, read_questions(path))",
        "assay.language.vectors.analogies.score_analogies",
        (("How many analogies are known, with an interval", "assay vectors evaluate words questions-words.txt"),),
    ),
    "vectors translate": Entry(
        'assay.language.vectors.alignment.translate(align(english, russian, pairs), "war", english, russian)',
        "assay.language.vectors.alignment.translate",
        (("Two languages in one space", "assay vectors translate english russian dictionary.csv war peace"),),
    ),
    "vectors map": Entry(
        "assay.language.vectors.map.word_map(vectors, words)",
        "assay.language.vectors.map.word_map",
        (
            ("A picture of the frequent words", "assay vectors map words -o map.svg"),
            ("Of a word and its nearest", "assay vectors map words --near война --count 40 --layout t-sne -o war.svg"),
        ),
    ),
    "vectors convert": Entry(
        'assay.language.vectors.files.reading.write_vectors(vectors, "words.bin", "word2vec-binary")',
        "assay.language.vectors.files.reading.write_vectors",
        (("For gensim", "assay vectors convert words --form word2vec-binary -o words.bin"),),
    ),
    "costs conv": Entry(
        "assay.nets.image.convolution_cost.convolution_costs(Convolution(6, 6, 3, filters=5, kernel=3))",
        "assay.nets.image.convolution_cost.convolution_costs",
        (
            ("What does a separable convolution save?", "assay costs conv --input 6x6x3 --filters 5 --kernel 3"),
            ("And a 3 × 1 with a 1 × 3?", "assay costs conv --input 28x28x64 --filters 64 --kernel 3 --padding same"),
        ),
    ),
    "costs network": Entry(
        'assay.recipes.nets.picture_costs.cost_of_network("resnet50@96", channels=3, classes=10)',
        "assay.recipes.nets.picture_costs.cost_of_network",
        (
            ("Will it fit, and how far does it see?", "assay costs network resnet50"),
            (
                "Layer by layer, on grey pictures of 28 pixels",
                "assay costs network resnet20@28 --channels 1 --classes 10 --layers",
            ),
        ),
    ),
}

COMMON = "-q, --quiet: no notes and no progress, only results and errors.  Exit codes: 0 done, 1 a defect of ours, 2 bad input."

ROOT = f"""\b
First steps:
  assay demo loanapp
  assay check FILE --target COLUMN
  assay run FILE --target COLUMN

{COMMON}"""


def epilog(command: str) -> str:
    """What stands below the options; the marks keep its lines as they are."""
    entry = MANUAL[command]
    lines = ["\b", "Examples:"]
    for what, line in entry.examples:
        lines += [f"  {line}", f"      {what}"]
    return "\n".join([*lines, "", "\b", "In Python:", f"  {entry.python}", "", COMMON])
