"""The metrics that ship with Assay; ``measure.registry`` names them."""
