"""The studio: pages over a folder of runs.  State lives on disk and in the address, never in a session."""
