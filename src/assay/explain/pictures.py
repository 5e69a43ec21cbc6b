"""Everything that explains a model of pictures, on pictures that it has not seen: what the command prints and the page shows.

For some pictures, the most wrong first, then some by the seed: where the last maps spoke for the answer (Grad-CAM), what each
pixel added to it (integrated gradients), what covering takes away (occlusion), and which training pictures lie nearest.  For
the model: what it confuses, its first filters, its maps, and what its classes and maps answer most to.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from assay.core.errors import AssayError, ConfigError
from assay.core.seeds import derive, generator
from assay.explain.confused import Gallery, Judged, gallery, judged
from assay.explain.held import HeldOut
from assay.explain.occlusion import occlusion
from assay.explain.picture_explanation import Near, PictureExplanation, PictureLook, PictureSettings, Training
from assay.explain.picture_eyes import Eye, NetEye, eye_of, score_of, shown
from assay.explain.similar import nearest
from assay.explain.unjudged import unjudged
from assay.measure.evaluate import evaluate
from assay.measure.interval import Interval
from assay.measure.parts import Part
from assay.measure.registry import metric_named

if TYPE_CHECKING:
    from assay.nets.seeing.layers import MapLayer
    from assay.nets.seeing.visualise import Climbed

Made = TypeVar("Made")

MOST_WRONG, MOST_PAIRS, MOST_EACH = 24, 12, 4
MOST_TRAINING = 5000
"""Training pictures among which the nearest are looked for: more are drawn from, by the seed."""

MAPPED_PICTURES = 3
SMALL_SIDE = 64
POINTS_SMALL, POINTS_LARGE = 256, 64
"""At most so many points on the way of integrated gradients, for pictures up to ``SMALL_SIDE`` and for larger ones."""


def explain_pictures(
    held: HeldOut,
    settings: PictureSettings,
    training: Sequence[Training] = (),
    tell: Callable[[str], None] = lambda _: None,
) -> PictureExplanation:
    """Of models that read pictures and nothing else (see ``picture_eyes.is_of_pictures``); what cannot be said is named with
    its reason.

    training: what each model learnt from, one a part of ``held``, or nothing: then no nearest pictures are looked for.
    tell: is told what is being done.  Raises ConfigError for a layer, a baseline or a row that there is not.
    """
    left_out: list[tuple[str, str]] = []
    made = _Making(held, settings, training, left_out, tell)
    tell("predictions")
    rows = made.judged()
    found = None
    if held.knows_target:
        found = gallery(list(rows.values()), held.task, most_wrong=MOST_WRONG, most_pairs=MOST_PAIRS, most_each=MOST_EACH)
    else:
        left_out.append(("the most wrong and the confused pictures", f"the rows do not say {held.task.target!r}"))
    chosen = _chosen(list(rows.values()), found, settings)
    looks = made.looks([(rows[unit], why) for unit, why in chosen])
    model = made.of_model([unit for unit, _ in chosen])
    return PictureExplanation(
        recipe=held.recipe,
        about=held.about,
        rows=held.n_rows,
        models=len(held.parts),
        right=made.right(),
        gallery=found,
        looks=looks,
        baseline=settings.baseline,
        training=training[0].about if training else "",
        gallery_pixels={} if found is None else made.pixels_of(found.units),
        warnings=held.warnings,
        left_out=tuple(dict.fromkeys(left_out)),
        **model,
    )


def _chosen(rows: list[Judged], found: Gallery | None, settings: PictureSettings) -> list[tuple[int, str]]:
    """(row, why) of the pictures that are looked at: the one asked for, half of the rest the most wrong, the others drawn."""
    units = [one.unit for one in rows]
    chosen = {} if settings.row is None else {settings.row: "asked"}
    for one in found.wrong if found is not None else ():
        if len(chosen) < (settings.pictures + 1) // 2:
            chosen.setdefault(one.unit, "most wrong")
    for place in generator(settings.seed, "pictures to look at").permutation(len(units)).tolist():
        if len(chosen) < settings.pictures:
            chosen.setdefault(units[place], "drawn")
    return list(chosen.items())


class _Making:
    """The steps of ``explain_pictures`` with what they share; lives for one call."""

    def __init__(
        self,
        held: HeldOut,
        settings: PictureSettings,
        training: Sequence[Training],
        left_out: list[tuple[str, str]],
        tell: Callable[[str], None],
    ) -> None:
        self._held, self._settings, self._training = held, settings, training
        self._left_out, self._tell = left_out, tell
        self._measured: list[Part] = []
        self._eyes: list[Eye] = [eye_of(part.fitted, part.features) for part in held.parts]
        self._layers: dict[int, MapLayer] = {}
        self._near: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self._where = {
            int(unit): (number, place) for number, part in enumerate(held.parts) for place, unit in enumerate(part.units.tolist())
        }
        if settings.row is not None and settings.row not in self._where:
            raise ConfigError(f"row {settings.row} is none of these pictures; rows are counted from 0.")
        if isinstance(self._eyes[0], NetEye):
            self._layer(0)  # a layer that there is not is the user's fault, and known before the work
            self._check_baseline()

    def _check_baseline(self) -> None:
        from assay.core.names import did_you_mean
        from assay.nets.seeing.integrated import BASELINES

        if self._settings.baseline not in BASELINES:
            raise ConfigError(f"no baseline {self._settings.baseline!r}{did_you_mean(self._settings.baseline, BASELINES)}")

    def _attempt(self, what: str, make: Callable[[], Made]) -> Made | None:
        try:
            return make()
        except AssayError as error:
            self._left_out.append((what, str(error)))
            return None

    def judged(self) -> dict[int, Judged]:
        """Every row by its number."""
        if self._held.knows_target:
            self._measured = self._held.measured()
            rows = [one for part in self._measured for one in judged(part, self._held.task)]
        else:
            rows = [one for part in self._held.parts for one in unjudged(part, self._held.cut)]
        return {one.unit: one for one in rows}

    def right(self) -> Interval | None:
        """The accuracy of the rows that were judged; None where nobody knows what was so."""
        held = self._held
        if not self._measured or not held.task.is_classification:
            return None
        measured = {held.recipe: self._measured}
        metric = metric_named("accuracy")
        found = evaluate(measured, [metric], held.design, level=held.level, estimand=held.estimand, seed=self._settings.seed)
        return found.interval(held.recipe, metric.name)

    def pixels_of(self, units: list[int]) -> dict[int, np.ndarray]:
        return {unit: shown(self._pixels(unit)) for unit in units}

    def _pixels(self, unit: int) -> np.ndarray:
        number, place = self._where[unit]
        return np.asarray(self._eyes[number].pixels(self._held.parts[number].features[[place]])[0])

    def looks(self, chosen: list[tuple[Judged, str]]) -> tuple[PictureLook, ...]:
        found = []
        for number, (row, why) in enumerate(chosen, 1):
            self._tell(f"picture {number} of {len(chosen)}")
            found.append(self._look(row, why))
        return tuple(found)

    def _look(self, row: Judged, why: str) -> PictureLook:
        number, _ = self._where[row.unit]
        eye, pixels = self._eyes[number], self._pixels(row.unit)
        classes = self._held.task.classes
        target = classes.index(str(row.said)) if classes else 0
        look = PictureLook(row, why, self._held.parts[number].fold, shown(pixels))
        look = replace(look, occluded=self._attempt("occlusion", lambda: self._occluded(eye, pixels, target)))
        if not isinstance(eye, NetEye):
            what = "Grad-CAM, integrated gradients, filters, maps and nearest pictures"
            self._left_out.append((what, f"recipe {self._held.recipe!r} is no net, so it has no gradients and no features"))
            return look
        look = replace(look, cam=self._attempt("Grad-CAM", lambda: self._cam(number, eye, pixels, target)))
        look = self._with_integrated(look, eye, pixels, target)
        near = self._attempt("the nearest training pictures", lambda: self._nearest(number, eye, pixels))
        return replace(look, near=near or ())

    def _occluded(self, eye: Eye, pixels: np.ndarray, target: int) -> np.ndarray:
        side = min(pixels.shape[1:])
        window = self._settings.window or max(1, side // 4)
        cover = pixels.mean(axis=(1, 2)).round()
        return occlusion(score_of(eye, target), pixels, window=window, stride=max(1, window // 2), cover=cover)

    def _layer(self, number: int) -> "MapLayer":
        if number not in self._layers:
            from assay.nets.seeing.layers import layer_named, map_layers

            eye = self._eyes[number]
            if not isinstance(eye, NetEye):
                raise TypeError("only a net has layers")
            pixels = eye.pixels(self._held.parts[number].features[:1])
            layers = map_layers(eye.model, pixels.shape[1], pixels.shape[2])
            self._layers[number] = layer_named(layers, self._settings.layer)
        return self._layers[number]

    def _cam(self, number: int, eye: NetEye, pixels: np.ndarray, target: int) -> np.ndarray:
        from assay.nets.seeding import threads
        from assay.nets.seeing.grad_cam import grad_cam

        with threads(1):
            return np.asarray(grad_cam(eye.model, pixels[None], np.array([target]), self._layer(number))[0])

    def _with_integrated(self, look: PictureLook, eye: NetEye, pixels: np.ndarray, target: int) -> PictureLook:
        from assay.nets.seeding import threads
        from assay.nets.seeing.integrated import integrated_gradients

        most = self._settings.points or (POINTS_SMALL if pixels.shape[2] <= SMALL_SIDE else POINTS_LARGE)
        with threads(1):
            found = integrated_gradients(
                eye.model, pixels[None], np.array([target]), baseline=self._settings.baseline, most_points=most
            )
        difference = float(found.difference[0])
        missed = None if difference == 0 else float(found.missed[0]) / difference
        return replace(look, integrated=found.values[0].sum(axis=0), missed=missed)

    def _nearest(self, number: int, eye: NetEye, pixels: np.ndarray) -> tuple[Near, ...]:
        from assay.nets.seeding import threads
        from assay.nets.seeing.features import features_of

        if not self._settings.near or not self._training:
            return ()
        training = self._training[number]
        with threads(1):
            own, (features, places) = features_of(eye.model, pixels[None]), self._training_features(number, eye)
        found = nearest(own, features, self._settings.near)
        rows = places[found.rows[0]].tolist()
        return tuple(
            Near(training.units[row], training.labels[row], like, shown(eye.pixels(training.features[[row]])[0]))
            for row, like in zip(rows, found.similarity[0].tolist(), strict=True)
        )

    def _training_features(self, number: int, eye: NetEye) -> tuple[np.ndarray, np.ndarray]:
        """(features, positions) of training pictures as this model reads them."""
        from assay.nets.seeing.features import features_of

        if number not in self._near:
            rows = self._training[number].features
            places = np.arange(rows.height)
            if rows.height > MOST_TRAINING:
                draws = generator(self._settings.seed, "training pictures", number)
                places = np.sort(draws.choice(places, MOST_TRAINING, replace=False))
            parts = [features_of(eye.model, eye.pixels(rows[places[at : at + 512]])) for at in range(0, len(places), 512)]
            self._near[number] = (np.concatenate(parts), places)
        return self._near[number]

    def of_model(self, units: list[int]) -> dict[str, Any]:
        """What is seen of the (first) model itself: the fields of the explanation by name.

        units: rows that are shown; the maps are those of the first few that this model has not seen.
        """
        nothing: dict[str, Any] = {"layer": "", "filters": None, "maps": (), "mapped": (), "climbed": ()}
        eye = self._eyes[0]
        if not isinstance(eye, NetEye):
            return nothing
        from assay.nets.seeding import threads
        from assay.nets.seeing.filters import activation_maps, first_filters
        from assay.nets.seeing.layers import map_layers, stages

        self._tell("filters and maps")
        mapped = tuple(unit for unit in units if self._where[unit][0] == 0)[:MAPPED_PICTURES]
        mapped = mapped or tuple(self._held.parts[0].units[:1].tolist())
        pixels = np.stack([self._pixels(unit) for unit in mapped])
        layers = stages(map_layers(eye.model, pixels.shape[1], pixels.shape[2]))
        with threads(1):
            maps = self._attempt("maps", lambda: activation_maps(eye.model, pixels, layers)) or ()
        return {
            "layer": self._layer(0).name,
            "filters": self._attempt("filters", lambda: first_filters(eye.model)),
            "maps": maps,
            "mapped": mapped,
            "climbed": self._climbed(eye, pixels),
        }

    def _climbed(self, eye: NetEye, pixels: np.ndarray) -> "tuple[Climbed, ...]":
        from assay.nets.seeing.filters import activation_maps
        from assay.nets.seeing.objectives import Objective
        from assay.nets.seeing.visualise import ClimbSettings, visualise

        most, layer = self._settings.climbed, self._layer(0)
        if not most:
            return ()
        aims = [Objective("class", None, number) for number in range(min(most, len(self._held.task.classes)))]
        strongest = activation_maps(eye.model, pixels, [layer], most)[0].which
        aims += [Objective("channel", layer, int(number)) for number in strongest]
        settings = ClimbSettings(steps=self._settings.steps, total_variation=1.0, l2=0.1)
        found = []
        for number, aim in enumerate(aims, 1):
            self._tell(f"what excites it, {number} of {len(aims)}")
            seed = derive(self._settings.seed, "climb", aim.name)
            one = visualise(eye.model, aim, pixels.shape[1], pixels.shape[2], seed=seed, settings=settings)
            name = f"class {self._held.task.classes[aim.number]}" if aim.layer is None else one.name
            found.append(replace(one, name=name))
        return tuple(found)
