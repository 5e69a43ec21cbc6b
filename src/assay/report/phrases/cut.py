"""Phrases of the section on thresholds and costs."""

PHRASES: dict[str, tuple[str, str]] = {}
