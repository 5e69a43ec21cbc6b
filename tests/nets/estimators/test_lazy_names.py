"""What is imported when: naming an estimator loads torch and scikit-learn, importing ``assay.nets`` does not."""

import subprocess
import sys

import pytest

import assay.nets


def test_importing_the_nets_loads_neither_torch_nor_scikit_learn():
    code = "import sys, assay.nets; dir(assay.nets); sys.exit(any(name in sys.modules for name in ('torch', 'sklearn', 'numpy')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", assay.nets.__all__)
def test_every_exported_name_is_there_and_listed(name):
    assert getattr(assay.nets, name).__name__ == name
    assert name in dir(assay.nets)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="MLPClasifier"):
        assay.nets.MLPClasifier


def test_without_torch_the_error_names_the_extra():
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from assay.core.errors import MissingExtraError\n"
        "import assay.nets\n"
        "try:\n    assay.nets.MLPClassifier\n"
        "except MissingExtraError as error:\n    sys.exit('assay[nets]' not in str(error))\n"
        "sys.exit(2)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
