"""What is imported when: listing treatments loads no scikit-learn."""

import subprocess
import sys

import pytest

import assay.balance


def test_the_registry_and_the_package_load_no_scikit_learn():
    code = (
        "import sys, assay.balance; from assay.balance.registry import TREATMENTS; TREATMENTS.names();"
        "sys.exit(any(m.split('.')[0] in {'sklearn', 'imblearn', 'torch'} for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_no_treatment_loads_scikit_learn_before_it_is_applied():
    code = (
        "import sys; from assay.balance.registry import TREATMENTS; [TREATMENTS.get(n)() for n in TREATMENTS.names()];"
        "sys.exit('sklearn' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", assay.balance.__all__)
def test_every_exported_name_is_there_and_listed(name):
    assert getattr(assay.balance, name).__name__ == name
    assert name in dir(assay.balance)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="SMOTTE"):
        assay.balance.SMOTTE
