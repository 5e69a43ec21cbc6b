"""A budget of time, spent where it pays: cheap recipes first, losers stopped early, winners tuned, a blend of all last."""
