"""Nets that learn how the rows of a table are distributed: projections, anomaly scores, and rows that were never seen."""
