"""What each step, column, doubling of rows or of the net is worth: a candidate of a run fitted again with less, and compared."""
