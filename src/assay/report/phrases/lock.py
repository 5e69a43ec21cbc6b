"""Phrases of the locked rows."""

PHRASES: dict[str, tuple[str, str]] = {}
