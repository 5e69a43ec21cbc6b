"""The notebook that benchmarks/bank.py compares with: scikit-learn, imbalanced-learn and LightGBM, glued by hand."""

import json
import sys

import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import Pipeline
from lightgbm import LGBMClassifier
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_score, train_test_split
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def main(path: str) -> None:
    table = pd.read_csv(path).drop(columns="duration")
    target = (table.pop("y") == "yes").to_numpy().astype(int)
    words = [name for name in table.columns if not pd.api.types.is_numeric_dtype(table[name])]
    numbers = [name for name in table.columns if name not in words]
    columns = ColumnTransformer(
        [("words", OneHotEncoder(handle_unknown="ignore"), words), ("numbers", StandardScaler(), numbers)]
    )
    learners = {
        "logistic": LogisticRegression(max_iter=1000),
        "boosting": LGBMClassifier(n_estimators=150, learning_rate=0.05, n_jobs=1, verbose=-1),
    }
    train, test = train_test_split(np.arange(len(target)), test_size=0.2, stratify=target, random_state=0)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    found = {}
    models = {}
    for name, learner in learners.items():
        for treatment in ("none", "class-weight", "smote"):
            steps = [("columns", columns), ("learner", clone(learner))]
            if treatment == "smote":
                steps.insert(1, ("smote", SMOTE(random_state=0)))
            if treatment == "class-weight":
                steps[-1][1].set_params(class_weight="balanced")
            models[f"{name}+{treatment}"] = model = Pipeline(steps)
            scores = cross_val_score(model, table.iloc[train], target[train], cv=folds, scoring="roc_auc", n_jobs=2)
            found[f"{name}+{treatment}"] = float(scores.mean())
    best = max(found, key=found.__getitem__)
    winner = models[best].fit(table.iloc[train], target[train])
    test_auc = roc_auc_score(target[test], winner.predict_proba(table.iloc[test])[:, 1])
    print(json.dumps({"roc_auc": found, "best": found[best], "winner": best, "test_roc_auc": float(test_auc)}))


if __name__ == "__main__":
    main(sys.argv[1])
