"""Phrases of a comparison of runs."""

PHRASES: dict[str, tuple[str, str]] = {}
