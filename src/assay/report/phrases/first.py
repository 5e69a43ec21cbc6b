"""Phrases of the first screen of a report."""

PHRASES: dict[str, tuple[str, str]] = {}
