"""The errors of Assay and what each of them means to the caller.

Everything that is the user's to mend is an ``AssayError``: one sentence that says
what is wrong, where, and what to do.  The command line prints it and exits with 2,
the server answers 4xx with the same sentence.  Any other exception is a defect of
ours (exit 1), so nothing in Assay catches ``Exception`` to turn it into one of these.
"""

import re

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""What would break a line, or move the cursor of whoever reads it."""


class AssayError(Exception):
    """The user's input is at fault; the message says what, where and what to do, in one line whatever names it quotes.

    >>> print(DataError("a\\nb.csv: there is no such file."))
    a\\nb.csv: there is no such file.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(_CONTROLS.sub(lambda found: repr(found[0])[1:-1], message))


class DataError(AssayError):
    """The data cannot be read, or cannot answer the question that was asked of them."""


class ConfigError(AssayError):
    """A setting is impossible, or contradicts another one."""


class LeakageError(AssayError):
    """Rows that must stay apart are on both sides of a split."""


class StudyError(AssayError):
    """A run folder does not fit the study, or the study is not far enough for the call."""


class BundleError(AssayError):
    """A saved model is corrupt, foreign, or from a newer version."""


class MissingExtraError(AssayError):
    """An optional library is not installed; the message names the extra that brings it."""


class UnknownNameError(AssayError):
    """No member of a registry has this name."""


class DefectError(RuntimeError):
    """A defect of Assay itself, met where going on would give a wrong number."""


class AssayWarning(UserWarning):
    """Something the user should know and that no number shows."""
