"""A model behind HTTP: fit, save, serve on a free port, ask it about one row, stop it by its process id."""

import json
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

from sklearn.datasets import load_breast_cancer

import assay

folder = Path("runs/example-served")  # report.html is in its folder "run"
cells = load_breast_cancer(as_frame=True).frame
data = assay.read(cells, target="target", positive="0")
result = assay.Study(data, ["logistic"], folds=3).run(folder / "run")
model = result.finish()
row = cells.drop(columns="target").iloc[0].to_dict()
print("here:     ", model.predict([row]).to_dicts()[0])

command = [sys.executable, "-m", "assay", "serve", str(folder / "run" / "model"), "--port", "0"]
server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
try:
    for line in server.stdout:  # "serving on http://127.0.0.1:PORT (…" once requests are taken
        if found := re.search(r"http://[\d.]+:\d+", line):
            break
        print(line, end="")
    else:
        sys.exit("the server ended before it listened")
    with urllib.request.urlopen(f"{found[0]}/health", timeout=10) as answer:
        print("health:   ", json.load(answer)["status"])
    body = json.dumps({"rows": [row]}).encode()
    request = urllib.request.Request(f"{found[0]}/predict", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        print("over HTTP:", json.load(answer))
finally:
    server.terminate()  # by its process id; requests under way are answered first
    server.wait(timeout=20)
