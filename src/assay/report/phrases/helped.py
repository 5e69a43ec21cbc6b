"""Phrases of what treatments did."""

PHRASES: dict[str, tuple[str, str]] = {}
