"""Sizes as people write them, and a bound that does not depend on who else is working."""

import pytest

from assay.core import memory
from assay.core.errors import ConfigError
from assay.core.memory import free_memory, machine_memory, memory_bound, size_text


@pytest.mark.parametrize(
    ("said", "found"),
    [("8g", 8 * 2**30), ("512m", 2**29), ("0.5 GiB", 2**29), (2**30, 2**30), ("1073741824", 2**30), ("1T", 2**40)],
)
def test_a_size_is_read_as_it_is_written(said: str | int, found: int) -> None:
    assert memory_bound(said) == found


@pytest.mark.parametrize("said", ["", "much", "8x", "-1g", "10m", "1e9"])
def test_what_is_no_size_or_too_small_is_refused(said: str) -> None:
    with pytest.raises(ConfigError):
        memory_bound(said)


def test_without_a_word_it_is_a_share_of_the_machine_and_not_of_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_memory", lambda: 1)
    assert memory_bound() == int(0.75 * machine_memory())
    assert 0 < free_memory() <= machine_memory()


def test_a_container_bounds_the_machine(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(memory, "_CGROUP", (str(limit), str(tmp_path / "none")))
    limit.write_text("max\n")
    whole = machine_memory()
    limit.write_text("123456789\n")
    assert machine_memory() == 123456789 < whole


def test_bytes_in_words_are_rounded() -> None:
    assert [size_text(size) for size in (2**40, 3 * 2**29, 2**20, 100_000)] == ["1 TiB", "1.5 GiB", "1 MiB", "97.7 KiB"]
