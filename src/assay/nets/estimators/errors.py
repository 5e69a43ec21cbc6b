"""The user's faults as scikit-learn's users expect them: a ValueError, that is an error of Assay too, in the same words."""

from collections.abc import Iterator
from contextlib import contextmanager

from assay.core.errors import AssayError, ConfigError, DataError, UnknownNameError


class SettingError(ConfigError, ValueError):
    """A parameter of an estimator is impossible, or contradicts another one."""


class InputError(DataError, ValueError):
    """X, y or the row weights cannot be learnt from, or cannot be answered."""


@contextmanager
def as_value_errors() -> Iterator[None]:
    """Within it what the parts of Assay say of data and settings is raised as a ValueError, in their words.

    Here and nowhere else: the parts need not know who calls them.
    """
    try:
        yield
    except AssayError as error:
        if isinstance(error, ValueError):
            raise
        if isinstance(error, DataError):
            raise InputError(str(error)) from error
        if isinstance(error, ConfigError | UnknownNameError):
            raise SettingError(str(error)) from error
        raise
