"""The one training loop, and the four hooks by which every net of Assay uses it."""
