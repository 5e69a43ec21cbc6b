"""The container of a saved model: files and their hashes, states as JSON and arrays, signatures; not what is saved in it."""
