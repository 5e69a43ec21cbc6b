"""Language models of counted runs of words (n-grams): counts, smoothing, scores, pruning, compact files."""
