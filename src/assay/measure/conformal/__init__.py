"""Conformal prediction: sets and intervals that hold the truth as often as they say, and how often they did."""
