"""What a fitted thing is made of, in a form that can be saved without pickle.

A state is a dict of JSON values and numpy arrays, nested as it likes.  Every fitted
component writes its own ``kind`` into it, and a registry in our code (never the file)
says which class reads a kind back.
"""

from typing import Any

State = dict[str, Any]
"""str keys; values are None, bool, int, float, str, numpy arrays, or lists and dicts of these."""
