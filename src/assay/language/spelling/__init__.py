"""Spelling: candidates by edits, distances with any costs, and a noisy channel whose costs are learned from pairs."""
