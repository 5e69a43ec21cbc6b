"""Samplers with imbalanced-learn's interface, for users' own code; imported through ``assay.balance``."""
