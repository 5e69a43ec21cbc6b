"""Pieces of words: byte-pair encoding, WordPiece and the unigram model, learned from the user's texts."""
