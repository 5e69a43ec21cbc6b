"""Changes to a cell that leave its class as it is: one file a kind of column."""
