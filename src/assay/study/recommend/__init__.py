"""Recommendation: reading the table, cutting it forward in time, measuring by users, opening the lock."""
