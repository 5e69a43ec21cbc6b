"""Phrases of what was run, and where the time went."""

PHRASES: dict[str, tuple[str, str]] = {}
