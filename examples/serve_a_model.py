"""A model behind HTTP: fit, save, serve on a free port, ask it about one row, stop it by its process id."""

import json
import re
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from sklearn.datasets import load_breast_cancer

import assay

folder = Path(tempfile.mkdtemp())
cells = load_breast_cancer(as_frame=True).frame
data = assay.read(cells, target="target", positive="0")
result = assay.Study(data, ["logistic"], folds=3).run(folder / "run")
model = result.finish()
row = cells.drop(columns="target").iloc[0].to_dict()
print("here:     ", model.predict([row]).to_dicts()[0])

command = [sys.executable, "-m", "assay", "serve", str(folder / "run" / "model"), "--port", "0"]
server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
print("WAIT")
