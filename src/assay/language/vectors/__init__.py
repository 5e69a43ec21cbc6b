"""Word vectors without a net: counts and their SVD, word2vec, subwords, GloVe; what they are good for, and their files."""
