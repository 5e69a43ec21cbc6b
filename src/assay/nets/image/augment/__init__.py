"""Changes to training pictures that leave their class as it is, drawn anew for every batch, one file an idea.

Each is a frozen dataclass, called with a batch's inputs (one tensor, pictures (n, channels, h, w) of uint8 or floats in pixel
units, 0 … 255) and the training's generator, which is on the processor; every picture gets a draw of its own, and all are
changed at once on their own device.  What comes in as uint8 goes out as uint8: what is computed between is rounded to the
nearest whole number (halves to even) and held within 0 … 255.  Floats stay floats.  The same state of the generator gives the
same bytes.  Policies by name: ``nets.image.augmentation``.
"""

from assay.nets.image.augment.shift import RandomShift

__all__ = ["RandomShift"]
