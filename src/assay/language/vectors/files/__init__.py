"""Files of word vectors: our own, and those that word2vec, GloVe, gensim and navec write."""
