"""Phrases of the data checks and the columns."""

PHRASES: dict[str, tuple[str, str]] = {}
