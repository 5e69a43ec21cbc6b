"""Which rows train and which measure: the plan, the splits inside training rows, and the ledger of the lock."""
