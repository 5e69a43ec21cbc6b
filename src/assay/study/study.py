"""A study: data, a plan, a metric, and the candidates that are tried on equal terms."""

import dataclasses
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import Any

from assay.core.errors import ConfigError, DataError, StudyError
from assay.core.memory import memory_bound
from assay.core.shown import show
from assay.core.threads import usable_threads
from assay.data.checks import check
from assay.data.checks.finding import Finding
from assay.data.copies import copies_across, drop_copies, like_groups, picture_columns, pictures_across
from assay.data.dataset import Dataset
from assay.data.decoded import PictureStore
from assay.recipes.learner import Context
from assay.recipes.tuning.search import USUAL_SEARCH, Search
from assay.splits.forward import Span
from assay.splits.making import make_holdout, make_plan
from assay.splits.plan import Plan, Scheme
from assay.study.blend import BLEND, is_derived
from assay.study.budget.duration import parse_duration
from assay.study.budget.running import check_budget, spend
from assay.study.cells import Candidate, Cell, Outcome
from assay.study.folder import Identity, Record, RunFolder
from assay.study.memory import jobs_within
from assay.study.pool import run_cells
from assay.study.result import StudyResult
from assay.study.settings import (
    Settings,
    choose_calibration,
    choose_cost,
    choose_device,
    choose_metric,
    choose_recipes,
    choose_threshold,
)
from assay.study.treated import choose_treated
from assay.study.versions import library_versions
from assay.study.work import Workload


class Progress:
    """What a run tells while it works; override what you want to show. The calls come from the caller's own thread."""

    def begin(self, total: int, done: int) -> None:
        """total cells of the study, done of them already in the folder."""

    def started(self, cell: Cell) -> None: ...

    def finished(self, outcome: Outcome) -> None: ...

    def note(self, text: str) -> None:
        """Something the user should know, in one line."""


class Study:
    """Recipes × treatments on shared folds, with the test rows locked.

    Raises ConfigError or DataError from ``prepare`` (and so from ``run``) when the study cannot be done.

    data: with a target.  recipes: names ("boosting", "logistic:target", "boosting:tpe@50"), or None for the first choice for
    this kind of data.
    treatments: names ("smote", "smote@0.25", "cost-weight@5,1"), or "all" that can work here; "none" is always among them.
    prepare_by: preparations ("target", "pca"): each recipe is tried prepared by each as well, where it can be.
    trials, search: each recipe that can be tuned is tried tuned as well, by so many trials of this search (``METHODS``).
    budget: a length of time ("3m") that is spent where it pays: recipes, the treatments that are named, tuning (see
        ``study.budget``).
    ratios: each treatment that takes a ratio is tried with each (the size of a smaller class over the largest).
    metric: orders the leaderboard; None for the task's default.
    copies: what to do with rows that are exact copies: "warn", "group" (a group never stands on two sides; with it
        pictures that are almost the same), "drop".
    cost: (of a false negative, of a false positive): the threshold is then chosen by expected cost, cost-weight weighs by it.
    threshold: another rule for it, such as "recall:0.8" or "capacity:5%" (ThresholdRule.parse); None: by metric, or F1.
    calibration: a calibrator's name for every candidate, or None for what each needs.  device: where nets are trained.
    memory: what the process and its workers may use, in bytes or as "8g" (None: three quarters of the machine's).  A fit of all
    rows that would take more runs on some of them, and its notes say so.
    scheme, gap, window: how folds are cut (see ``make_plan``); a "hold-out" has one, fitted ``repeats`` times by other seeds.
    shares: of a hold-out, in percent: "80/10/10" to learn from, to compare on and locked (None: 64/16/20).
    interval: how intervals are made (``evaluate.METHODS``).
    """

    def __init__(  # more than 8 arguments: they mirror the command line, and all but two have defaults
        self,
        data: Dataset,
        recipes: Sequence[str] | None = None,
        treatments: Sequence[str] = ("none",),
        *,
        metric: str | None = None,
        folds: int = 5,
        repeats: int = 1,
        seed: int = 0,
        copies: str = "warn",
        cost: tuple[float, float] | None = None,
        threshold: str | None = None,
        calibration: str | None = None,
        device: str = "cpu",
        scheme: Scheme = "k-fold",
        gap: Span | None = None,
        window: Span | None = None,
        shares: str | None = None,
        interval: str = "default",
        ratios: Sequence[float] | None = None,
        prepare_by: Sequence[str] = (),
        trials: int | None = None,
        search: str = USUAL_SEARCH,
        budget: str | None = None,
        memory: str | int | None = None,
        read: Mapping[str, Any] | None = None,
    ):
        self.given = data
        self.recipes = recipes
        self.treatments = treatments
        self.metric = metric
        self.folds = folds
        self.repeats = repeats
        self.seed = seed
        self.copies = copies
        self.cost = cost
        self.threshold = threshold
        self.calibration = calibration
        self.device = device
        self.scheme = scheme
        self.gap = gap
        self.window = window
        self.shares = shares
        self.interval = interval
        self.ratios = ratios
        self.prepare_by = prepare_by
        self.trials = trials
        self.search = search
        self.budget = budget
        self.memory = memory
        self.read = read

    @cached_property
    def data(self) -> Dataset:
        """The rows that are studied: those given, or what is left of them without copies."""
        self.given.question  # noqa: B018 - raises when there is no target
        return drop_copies(self.given) if self.copies == "drop" else self.given

    def _repr_html_(self) -> str:
        """For a notebook: what is going to be tried, on what."""
        settings = self.settings
        told = {
            "rows": len(self.data),
            "target": f"{self.data.question.target} ({self.data.question.name})",
            "metric": settings.metric,
            "recipes": list(settings.recipes),
            "treatments": list(settings.treatments),
            "folds": f"{settings.folds}, {settings.repeats} times",
            "findings": [finding.message for finding in self.findings if finding.level != "note"],
        }
        return show(f"Study of {self.data.source}", told)

    @cached_property
    def settings(self) -> Settings:
        searched = None if self.trials is None else Search(self.search, self.trials)
        recipes = choose_recipes(self.data, self.recipes, searched, self.prepare_by)
        cost = choose_cost(self.data, self.cost)
        fitted = [name for name in recipes if name != BLEND.recipe]
        treated = choose_treated(self.data, fitted, self.treatments, self.ratios, cost)
        return Settings(
            recipes=recipes,
            treatments=treated.names,
            left_out=treated.left_out,
            notes=treated.notes,
            metric=choose_metric(self.data, self.metric),
            folds=self.folds,
            repeats=self.repeats,
            seed=self.seed,
            copies=self.copies,
            cost=cost,
            threshold=choose_threshold(self.data, self.threshold),
            calibration=choose_calibration(self.data, self.calibration, treated.names),
            device=choose_device(self.device),
            scheme=self.scheme,
            gap=self.gap,
            window=self.window,
            shares=self.shares,
            interval=self.interval,
            memory=memory_bound(self.memory),
            read=self.read or {},
        )

    @cached_property
    def findings(self) -> list[Finding]:
        """What the checks say of the data, copies across the lock among it."""
        found = check(self.data, folds=self.folds)
        if self.copies == "warn":
            found += [
                one for one in (copies_across(self.data, self.plan.locked), self._pictures_across(found)) if one is not None
            ]
        return found

    def _pictures_across(self, found: Sequence[Finding]) -> Finding | None:
        """Looked for only where some pictures are like others, which takes as long again."""
        is_alike = any(one.code == "like-pictures" for one in found)
        return pictures_across(self.data, self.plan.locked) if is_alike else None

    @cached_property
    def plan(self) -> Plan:
        groups = None
        if self.copies == "group":
            if self.data.groups is not None:
                raise ConfigError("copies='group' and a group column are both given; choose one of them.")
            groups = like_groups(self.data)
        if self.scheme == "hold-out":
            shares = self.settings.hold_out_shares
            return make_holdout(
                self.data,
                self.repeats,
                seed=self.seed,
                held_share=shares.held,
                test_share=shares.locked,
                groups=groups,
                gap=self.gap,
                window=self.window,
            )
        return make_plan(
            self.data,
            folds=self.folds,
            repeats=self.repeats,
            seed=self.seed,
            groups=groups,
            scheme=self.scheme,
            gap=self.gap,
            window=self.window,
        )

    @cached_property
    def identity(self) -> Identity:
        question = self.settings.question
        return Identity(self.data.fingerprint, self.plan.digest, question, self.data.question.asked, self.data.source)

    def prepare(self) -> None:
        """Check everything that can be checked before the first fit; raises on the first thing that cannot work."""
        self.settings  # noqa: B018 - raises on the first setting that cannot work
        check_budget(self)
        errors = [finding for finding in self.findings if finding.level == "error"]
        if errors:
            more = f" ({len(errors) - 1} more: see assay check)" if len(errors) > 1 else ""
            raise DataError(f"{errors[0].message} {errors[0].advice}".rstrip() + more)

    def run(
        self, out: str | os.PathLike[str] | None = None, *, jobs: int | None = None, progress: Progress | None = None
    ) -> StudyResult:
        """Compute every cell that the folder does not hold yet.

        out: the run folder (default: runs/NAME after the data).  jobs: worker processes (default: the cores).
        A run that was killed goes on where it was; recipes may be added to a folder.
        """
        progress = progress or Progress()
        jobs = usable_threads() if jobs is None else jobs
        if jobs < 1:
            raise ConfigError(f"jobs={jobs}: at least 1.")
        self.prepare()
        for note in self.settings.notes:
            progress.note(note)
        folder = RunFolder(Path(out) if out is not None else default_folder(self.data))
        folder.refuse_foreign()
        with folder.locked(), folder.decoded():
            folder.clear_unfinished()
            stored = {**self.settings.to_json(), **{f"read.{key}": value for key, value in self.settings.read.items()}}
            known_versions = (folder.read_study() or {}).get("settings", {}).get("versions")
            versions = library_versions()
            kept = {**stored, "versions": versions}
            first = self.settings.candidates if self.budget is None else []
            candidates = folder.join(self.identity, first, kept, self.settings.treatments)
            if known_versions is not None and known_versions != versions:
                progress.note("library versions have changed since this study began: older cells may differ in last digits.")
            if self.budget is None:
                records = self._compute(folder, candidates, jobs, progress)
            else:
                candidates = self._spend(folder, kept, jobs, progress)
                records = folder.records()[0]
            result = self._result(folder, candidates, records)
            result.write_leaderboard()
        return result

    def open(self, out: str | os.PathLike[str]) -> StudyResult:
        """The result of a run folder as it stands, without computing anything."""
        folder = RunFolder(Path(out))
        if folder.read_study() is None:
            raise StudyError(f"{folder.path} holds no study; assay run DATA --out {folder.path} makes one.")
        candidates = folder.join(self.identity, [], {})
        records, _ = folder.records(cut=False)
        return self._result(folder, candidates, records)

    def _result(self, folder: RunFolder, candidates: Sequence[Candidate], records: Mapping[Cell, Record]) -> StudyResult:
        treatments = dict.fromkeys([*self.settings.treatments, *folder.treatments])
        recipes = dict.fromkeys(candidate.recipe for candidate in candidates)
        settings = dataclasses.replace(self.settings, recipes=tuple(recipes), treatments=tuple(treatments))
        return StudyResult(
            data=self.data,
            plan=self.plan,
            settings=settings,
            folder=folder,
            candidates=tuple(candidates),
            records=records,
            findings=tuple(self.findings),
            identity=self.identity,
        )

    def _compute(self, folder: RunFolder, candidates: Sequence[Candidate], jobs: int, progress: Progress) -> dict[Cell, Record]:
        records, torn = folder.records()
        if torn:
            progress.note(f"{folder.journal}: the last record was torn; {torn} bytes were cut off, and its cell is run again.")
        fitted = [candidate for candidate in candidates if not is_derived(candidate)]
        cells = [Cell(candidate, fold.repeat, fold.fold) for candidate in fitted for fold in self.plan.folds]
        missing = [cell for cell in cells if cell not in records or not folder.has(records[cell])]
        progress.begin(len(cells), len(cells) - len(missing))
        work = self._workload(folder)
        jobs = self._jobs(work, [cell.candidate for cell in missing], jobs, progress)
        # closing(): Ctrl-C here must end the workers too, not leave them to the garbage collector.
        with closing(run_cells(work, missing, jobs=jobs, started=progress.started)) as outcomes:
            for outcome in outcomes:
                folder.keep(outcome)
                progress.finished(outcome)
        return folder.records()[0]

    def _jobs(self, work: Workload, candidates: Sequence[Candidate], jobs: int, progress: Progress) -> int:
        fit, note = jobs_within(work, list(dict.fromkeys(candidates)), jobs)
        if note is not None:
            progress.note(note)
        return fit

    def _workload(self, folder: RunFolder) -> Workload:
        settings = self.settings
        store = PictureStore.new(folder.pictures, settings.memory) if settings.memory and picture_columns(self.data) else None
        context = Context(device=settings.device, scratch=folder.scratch, memory=settings.memory, pictures=store)
        return Workload(self.data, self.plan, settings.seed, settings.metric, calibration=settings.calibration, context=context)

    def _spend(self, folder: RunFolder, kept: Mapping[str, Any], jobs: int, progress: Progress) -> list[Candidate]:
        """The candidates that the budget was spent on, the blend of them last."""

        def join(candidate: Candidate) -> None:
            folder.join(self.identity, [candidate], kept, self.settings.treatments)

        work = self._workload(folder)
        jobs = self._jobs(work, self.settings.candidates, jobs, progress)
        spend(self, folder, work, parse_duration(self.budget or ""), jobs, progress, join)
        return folder.join(self.identity, [BLEND], kept, self.settings.treatments)


def default_folder(data: Dataset) -> Path:
    """runs/NAME after the data's source."""
    stem = Path(data.source).name.split(".")[0] or "study"
    return Path("runs") / (re.sub(r"[^\w-]+", "-", stem).strip("-") or "study")
