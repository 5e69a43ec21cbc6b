"""Phrases of the leaderboard and the verdicts."""

PHRASES: dict[str, tuple[str, str]] = {}
