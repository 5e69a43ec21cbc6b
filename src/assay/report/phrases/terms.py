"""Phrases of the glossary and the notes on metrics."""

PHRASES: dict[str, tuple[str, str]] = {}
