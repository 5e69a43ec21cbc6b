"""The endpoint that one writes by hand: scikit-learn behind FastAPI.  Called by serve.py: serve_peer.py TABLE PORT."""

import sys

import numpy as np
import polars as pl
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, create_model
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def make_app(path: str) -> FastAPI:
    table = pl.read_csv(path)
    features = table.drop("y")
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(features.to_numpy(), table["y"].to_numpy())
    row: type[BaseModel] = create_model("Row", **dict.fromkeys(features.columns, (float | None, ...)))  # type: ignore[call-overload]
    app = FastAPI()

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/predict")
    async def predict(one: row) -> dict[str, float]:  # type: ignore[valid-type]
        values = np.array([list(one.model_dump().values())], dtype=float)  # type: ignore[attr-defined]
        return {"probability": float(model.predict_proba(values)[0, 1])}

    return app


if __name__ == "__main__":
    uvicorn.run(make_app(sys.argv[1]), port=int(sys.argv[2]), log_level="warning", access_log=False)
