"""What an installation of the table part weighs: `pip install .` into an empty virtual environment, without PyTorch."""

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

from harness import main

MOST_MB = 700
ROOT = Path(__file__).resolve().parents[1]
HARMLESS = "from assay.core.loops import has_compiler; from assay.cli.main import run; assert not has_compiler(); run()"


def benchmark(_arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    environment, python = folder / "venv", str(folder / "venv" / "bin" / "python")
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", str(ROOT / "constraints.txt")]
    subprocess.run([*install, str(ROOT)], check=True, stdout=sys.stderr)
    table = folder / "table.csv"
    table.write_text("x,z,y\n" + "".join(f"{k % 17},{k % 5},{'yes' if k % 17 > 11 else 'no'}\n" for k in range(400)))
    command = [python, "-c", HARMLESS, "run", str(table), "--target", "y", "--positive", "yes", "--treatments", "none,smote"]
    done = subprocess.run([*command, "--out", str(folder / "run"), "--finish"], capture_output=True, text=True)
    packages = sorted(environment.glob("lib/*/site-packages/*"), key=lambda path: -_bytes(path))
    total = _bytes(environment) / 1e6
    return {
        "megabytes": total,
        "largest": {path.name: _bytes(path) / 1e6 for path in packages[:12]},
        "checks": {
            f"at most {MOST_MB} MB": total <= MOST_MB,
            "a study with a sampler runs to its model": done.returncode == 0 and (folder / "run" / "model").is_dir(),
            "PyTorch is not there": not any(path.name == "torch" for path in packages),
        },
    }


def _bytes(path: Path) -> int:
    files = [path] if path.is_file() else path.rglob("*")
    return sum(file.stat().st_blocks * 512 for file in files if file.is_file() and not file.is_symlink())


if __name__ == "__main__":
    main("install", benchmark, needs_data=False)
