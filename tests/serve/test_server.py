"""The process: it takes a port, answers, and stops when it is told to."""

import json
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest
from tests.bundle.models import model, records

from assay.core.errors import BundleError, ConfigError
from assay.serve import serve
from assay.serve.server import listen, named_paths

_PROGRAM = "import sys; from assay.serve import serve; serve(sys.argv[1:], port=0, announce=lambda line: print(line, flush=True))"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_real_server_answers_as_the_model_and_stops_cleanly(tmp_path, number):
    model().save(tmp_path / "loans.assay")
    command = [sys.executable, "-c", _PROGRAM, str(tmp_path / "loans.assay")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            address = line.split()[2]
            assert address.startswith("http://127.0.0.1:"), line
            body = json.dumps({"rows": records()}).encode()
            request = urllib.request.Request(address + "/predict", body, {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=30) as response:
                assert "server" not in response.headers
                answer = json.load(response)
            assert answer["predictions"] == model().predict(records()).to_dicts()
            process.send_signal(number)
            _, problems = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 0
    assert problems == ""


def test_a_taken_port_is_one_clear_line(tmp_path):
    model().save(tmp_path / "loans.assay")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port} on 127.0.0.1 is taken"):
            serve([tmp_path / "loans.assay"], port=port)


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70_000), ("127.0.0.1", -1), ("no.host.invalid", 0), ("192.0.2.1", 0)])
def test_an_address_that_cannot_be_had_is_one_clear_line(host, port):
    with pytest.raises(ConfigError) as caught:
        listen(host, port)
    assert "\n" not in str(caught.value)


def test_models_are_named_by_their_files_and_runs(tmp_path):
    for place in ("my loans.assay", "run-1/model", "folder"):
        model().save(tmp_path / place)
    names = named_paths([tmp_path / "my loans.assay", tmp_path / "run-1" / "model", str(tmp_path / "folder")])
    assert list(names) == ["my-loans", "run-1", "folder"]
    with pytest.raises(ConfigError, match="'folder'"):
        named_paths([tmp_path / "folder", tmp_path / "folder"])
    with pytest.raises(BundleError, match="no saved model"):
        serve([tmp_path / "gone.assay"])


def test_serve_package_loads_no_library_until_it_is_used():
    code = "import sys, assay.serve; print([m for m in ('fastapi', 'uvicorn', 'pydantic', 'numpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
