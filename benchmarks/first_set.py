"""The first numbers a stranger meets: start-up, the demo, digits as pictures, messages as text.

Digits are the 1797 that scikit-learn ships; messages are text/sms_spam.csv of the data folder.
"""

import argparse
import statistics
from pathlib import Path
from typing import Any

from harness import assay, main, measure, spread, succeed


def benchmark(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    python = assay()[0]
    imports = [measure([python, "-c", "import assay"], folder).seconds for _ in range(9)]
    nothing = [measure([python, "-c", "pass"], folder).seconds for _ in range(9)]
    helps = [measure([str(Path(python).with_name("assay")), "--help"], folder).seconds for _ in range(9)]
    demos = [measure(assay("demo", "loanapp", "--out", f"demo-{run}"), folder) for run in range(arguments.runs)]
    measure(assay("demo", "digits", "--out", "digits"), folder)
    digits, pictures = [], {}
    messages, texts = [], {}
    sms = str((arguments.data / "text" / "sms_spam.csv").resolve())
    for run in range(arguments.runs):
        pictured = measure(
            assay("run", "digits/digits", "--recipes", "lenet", "--finish", "--json", "--out", f"lenet-{run}"), folder
        )
        pictures = succeed(pictured)
        digits.append(pictured.seconds)
        asked = ["--target", "label", "--recipes", "tfidf-logistic,tfidf-naive-bayes", "--metric", "f1", "--copies", "group"]
        written = measure(assay("run", sms, *asked, "--finish", "--json", "--out", f"sms-{run}"), folder)
        texts = succeed(written)
        messages.append(written.seconds)
    accuracy = pictures["rows"][0]["metrics"]["accuracy"]
    f1 = {row["name"]: row["metrics"]["f1"] for row in texts["rows"]}["tfidf-logistic"]
    start = statistics.median(imports) - statistics.median(nothing)
    peak = max(demo.peak_mib for demo in demos)
    return {
        "start": {"import_seconds": start, "help_seconds": spread(helps)},
        "demo": {"seconds": spread([demo.seconds for demo in demos]), "peak_mib": peak, "codes": [demo.code for demo in demos]},
        "digits": {"seconds": spread(digits), "accuracy": accuracy, "test": pictures["test"]["metrics"]["accuracy"]},
        "messages": {"seconds": spread(messages), "f1": f1, "test": texts["test"]["metrics"]["f1"]},
        "checks": {
            "import assay takes less than 0.1 s": start < 0.1,
            "assay --help takes less than 0.5 s": statistics.median(helps) < 0.5,
            "the demo ends well": all(demo.code == 0 for demo in demos),
            "the demo takes at most 120 s": statistics.median(demo.seconds for demo in demos) <= 120,
            "the demo needs at most 2 GB": peak <= 2000,
            "lenet reaches 0.97 accuracy on digits": accuracy["value"] >= 0.97,
            "the digits take at most 180 s": statistics.median(digits) <= 180,
            "tfidf-logistic reaches F1 0.90 on messages": f1["value"] >= 0.90,
        },
    }


if __name__ == "__main__":
    main("first set", benchmark, needs_data=True)
