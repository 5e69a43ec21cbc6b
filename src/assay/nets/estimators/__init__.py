"""Nets for tables as scikit-learn estimators; their names are those of ``assay.nets``.

An estimator is a net (what stands between a row and its outputs) joined with a kind of answer (classes, a number, ordered
classes, quantiles).  Both are dataclasses, whose constructors only store: the fields of both, and of what all share, are
its parameters.  The work is done by the recipes' own parts: the encoders of ``prepare``, the architectures, the losses and
the one training loop.
"""
