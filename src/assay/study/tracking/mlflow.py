"""A run on a tracking server of MLflow: one run there for the study, and one below it for each candidate.

Values stand there as metrics under Assay's names, the ends of their intervals beside them ("roc_auc", "roc_auc.low",
"roc_auc.high"); what was measured on the locked rows begins with "test.".  A second export of the same run folder replaces
the first: MLflow keeps the old one as deleted.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.core.errors import ConfigError
from assay.core.files import sha256_bytes
from assay.core.optional import require
from assay.study.result import StudyResult

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

KEY, RECIPE, TREATMENT, PARENT, NAME = "assay.key", "assay.recipe", "assay.treatment", "mlflow.parentRunId", "mlflow.runName"
FILES = ("report.html", "leaderboard.json", "test.json", "study.toml")
"""Of the run folder, kept as artifacts where they are there; and the saved model."""
LONGEST_PARAMETER = 6000  # MLflow's own bound


def log_to_mlflow(result: StudyResult, uri: str, experiment: str) -> str:
    """Log a run to the MLflow server at ``uri`` ("sqlite:///mlflow.db", "http://host:5000"); the id of its run there.

    experiment: made where there is none of that name.
    Raises MissingExtraError without MLflow, ConfigError when the server refuses or cannot be reached.
    """
    require("mlflow", extra="mlflow", purpose="an export to MLflow")
    from mlflow.exceptions import MlflowException
    from mlflow.tracking import MlflowClient

    try:
        with _few_tries():
            client = MlflowClient(tracking_uri=uri)
            return _log(client, result, _experiment(client, experiment))
    except MlflowException as error:
        raise ConfigError(f"--mlflow {uri}: MLflow says: {' '.join(str(error).split())[:300]}") from error


@contextmanager
def _few_tries() -> Iterator[None]:
    """An address that is wrong is said now, not in minutes; whoever has set the number of tries is heard."""
    name = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"
    if name in os.environ:
        yield
        return
    os.environ[name] = "1"
    try:
        yield
    finally:
        del os.environ[name]


def _experiment(client: "MlflowClient", name: str) -> str:
    found = client.get_experiment_by_name(name)
    return str(client.create_experiment(name) if found is None else found.experiment_id)


def _log(client: "MlflowClient", result: StudyResult, experiment: str) -> str:
    summary, key = result.summary(), key_of(result)
    for old in client.search_runs([experiment], f"tags.`{KEY}` = '{key}'", max_results=10_000):
        client.delete_run(old.info.run_id)
    test = summary["test"]
    tags = {KEY: key, NAME: result.folder.path.name, "assay.winner": str(summary["winner"])}
    tags |= {} if test is None else {"assay.openings": str(test["openings"])}
    top = str(client.create_run(experiment, tags=tags).info.run_id)
    _batch(client, top, {} if test is None else _values(test["metrics"], "test."), dict(_parameters(result)))
    for row in summary["rows"]:
        _candidate(client, experiment, row, {KEY: key, PARENT: top})
    _artifacts(client, top, result.folder.path)
    client.set_terminated(top)
    return top


def key_of(result: StudyResult) -> str:
    """The same for every export of one study in one folder."""
    return sha256_bytes(json.dumps([str(result.folder.path.absolute()), result.identity.to_json()], sort_keys=True).encode())[:32]


def _parameters(result: StudyResult) -> Iterator[tuple[str, str]]:
    study = result.folder.read_study() or {}
    for part in ("identity", "settings"):
        for name, value in sorted(study.get(part, {}).items()):
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield f"{part}.{name}", text[:LONGEST_PARAMETER]


def _candidate(client: "MlflowClient", experiment: str, row: Mapping[str, Any], tags: Mapping[str, str]) -> None:
    named = {NAME: row["name"], RECIPE: row["recipe"], TREATMENT: row["treatment"], **tags}
    named |= {"assay.failure": row["failure"]} if row["failure"] else {}
    run = client.create_run(experiment, tags=named).info.run_id
    chosen = {"recipe": row["recipe"], "treatment": row["treatment"]}
    _batch(client, run, {"seconds": row["seconds"], **_values(row["metrics"], "")}, chosen)
    client.set_terminated(run, "FAILED" if row["failure"] else "FINISHED")


def _batch(client: "MlflowClient", run: str, metrics: Mapping[str, float], parameters: Mapping[str, str]) -> None:
    from mlflow.entities import Metric, Param

    now = time.time_ns() // 1_000_000
    logged = [Metric(name, value, now, 0) for name, value in metrics.items()]
    client.log_batch(run, metrics=logged, params=[Param(name, value) for name, value in parameters.items()])


def _values(metrics: Mapping[str, Mapping[str, Any]], prefix: str) -> dict[str, float]:
    """MLflow's names may hold no @ and no %; what is undefined is not logged."""
    found = {}
    for metric, interval in metrics.items():
        name = prefix + metric.replace("@", "_at_").replace("%", "pct")
        for ending, value in (("", interval["value"]), (".low", interval["low"]), (".high", interval["high"])):
            if value is not None:
                found[name + ending] = float(value)
    return found


def _artifacts(client: "MlflowClient", run: str, folder: Path) -> None:
    for name in FILES:
        if (folder / name).is_file():
            client.log_artifact(run, str(folder / name))
    if (folder / "model").is_dir():
        client.log_artifacts(run, str(folder / "model"), "model")
