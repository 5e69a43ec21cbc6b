"""Losses row by row, one small file each: what a net gave and what it should have given -> one number a row.

The mean over rows, weighted or not, is the training loop's business, so that weights mean the same under every loss.
Names stand in ``registry``, the loss that fits a task in ``named``, what all of them share in ``row`` and ``classes``.
"""
