"""Settings chosen inside the training rows, so that a tuned recipe is one more candidate and no second look at anything."""
