"""Writes Tests/Golden/metrics/*.json: metric values by scikit-learn, numpy and torch for tests of Metrics and splits.

Run from the package root with an interpreter that has scikit-learn, numpy, scipy and torch.
"""

import json
import random
import warnings
from pathlib import Path

import numpy as np
import scipy
import sklearn
import torch
from scipy.stats import binomtest
from sklearn import metrics as skm
from sklearn.model_selection import train_test_split

warnings.filterwarnings("ignore")
OUT = Path(__file__).resolve().parents[2] / "Tests" / "Golden" / "metrics"
VERSIONS = {
    "numpy": np.__version__, "scikit-learn": sklearn.__version__, "scipy": scipy.__version__, "torch": torch.__version__,
}


def number(value):
    value = float(value)
    return value if np.isfinite(value) else None


def delong(scores, positive):
    x, y = scores[positive], scores[~positive]
    if len(x) < 2 or len(y) < 2:
        return None
    psi = (x[:, None] > y[None, :]) + 0.5 * (x[:, None] == y[None, :])
    return number(psi.mean(1).var(ddof=1) / len(x) + psi.mean(0).var(ddof=1) / len(y))


def classification(name, rng, cases, classes, present, decimals):
    truth = rng.choice(present, cases)
    logits = rng.normal(size=(cases, classes))
    logits[np.arange(cases), truth] += 1.2
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    if decimals is not None:
        p = np.round(p, decimals)
    predicted = p.argmax(1)
    labels = list(range(classes))
    pr = skm.precision_recall_fscore_support(truth, predicted, labels=labels, zero_division=0)
    kappa = lambda w: number(skm.cohen_kappa_score(truth, predicted, labels=labels, weights=w))
    prf = lambda average, labels: [
        number(v) for v in skm.precision_recall_fscore_support(
            truth, predicted, labels=labels, average=average, zero_division=0)[:3]
    ]
    per_class = []
    for k in labels:
        positive = truth == k
        per_class.append(number(skm.roc_auc_score(positive, p[:, k])) if 0 < positive.sum() < cases else None)
    defined = [k for k in labels if per_class[k] is not None]
    support = np.array([np.sum(truth == k) for k in labels])
    onehot = np.eye(classes)[truth]
    result = {
        "name": name, "classes": classes, "truth": truth.tolist(), "probabilities": p.tolist(),
        "predicted": predicted.tolist(),
        "confusion": skm.confusion_matrix(truth, predicted, labels=labels).tolist(),
        "accuracy": number(skm.accuracy_score(truth, predicted)),
        "precision": pr[0].tolist(), "recall": pr[1].tolist(), "f1": pr[2].tolist(), "support": pr[3].tolist(),
        "macro": prf("macro", labels), "macroOccurring": prf("macro", None), "weighted": prf("weighted", labels),
        "kappaPlain": kappa(None), "kappaLinear": kappa("linear"), "kappaQuadratic": kappa("quadratic"),
        "mcc": number(skm.matthews_corrcoef(truth, predicted)),
        "balanced": number(skm.balanced_accuracy_score(truth, predicted)),
        "aurocPerClass": per_class,
        "aurocMacro": number(np.mean([per_class[k] for k in defined])),
        "aurocWeighted": number(np.average([per_class[k] for k in defined], weights=support[defined])),
        "aurocPairs": None,
        "logLoss": number(-np.mean(np.log(np.clip(p[np.arange(cases), truth], np.finfo(float).eps, 1 - np.finfo(float).eps)))),
        "brier": number(((p - onehot) ** 2).sum(1).mean()),
        "questions": [],
    }
    if decimals is None:
        result["logLoss"] = number(skm.log_loss(truth, p, labels=labels))
        result["brier"] = number(skm.brier_score_loss(truth, p, labels=labels, scale_by_half=False))
        if len(set(truth)) == classes and classes > 2:
            result["aurocMacro"] = number(skm.roc_auc_score(truth, p, multi_class="ovr", average="macro"))
            result["aurocPairs"] = number(skm.roc_auc_score(truth, p, multi_class="ovo", average="macro"))
    for grade in (1, 2):
        if grade >= classes:
            continue
        positive = truth >= grade
        scores = 1 - p[:, 0] if grade == 1 else p[:, grade:].sum(1)
        both = 0 < positive.sum() < cases
        result["questions"].append({
            "grade": grade,
            "auroc": number(skm.roc_auc_score(positive, scores)) if both else None,
            "averagePrecision": number(skm.average_precision_score(positive, scores)) if positive.any() else None,
        })
    return result


def binary(name, rng, cases, prevalence, levels):
    positive = rng.random(cases) < prevalence
    scores = 1 / (1 + np.exp(-(rng.normal(size=cases) + positive)))
    if levels:
        scores = np.round(scores * levels) / levels
    both = 0 < positive.sum() < cases
    threshold = float(np.median(scores))
    answer = scores >= threshold
    wilson = lambda k, n: list(binomtest(int(k), int(n)).proportion_ci(0.95, method="wilson")) if n else None
    hits, ill = int((answer & positive).sum()), int(positive.sum())
    quiet, healthy = int((~answer & ~positive).sum()), int((~positive).sum())
    return {
        "name": name, "scores": scores.tolist(), "positive": positive.tolist(),
        "auroc": number(skm.roc_auc_score(positive, scores)) if both else None,
        "averagePrecision": number(skm.average_precision_score(positive, scores)) if ill else None,
        "brier": number(skm.brier_score_loss(positive, scores)) if both else number(((scores - positive) ** 2).mean()),
        "delongVariance": delong(scores, positive),
        "threshold": threshold, "hits": hits, "ill": ill, "quiet": quiet, "healthy": healthy,
        "sensitivityInterval": wilson(hits, ill), "specificityInterval": wilson(quiet, healthy),
    }


def grouped_bootstrap(rng):
    """A case whose interval is compared loosely: other random numbers, same method."""
    patients = np.repeat(np.arange(60), 2)
    positive = (rng.random(60) < 0.4)[patients]
    scores = np.round(rng.normal(size=60)[patients] + 0.3 * rng.normal(size=120) + 1.1 * positive, 3)
    draws = np.random.RandomState(1)
    values = {"grouped": [], "single": []}
    for _ in range(20000):
        chosen = draws.randint(0, 60, 60)
        index = np.concatenate([2 * chosen, 2 * chosen + 1])
        values["grouped"].append(index)
        values["single"].append(draws.randint(0, 120, 120))
    area = lambda index: skm.roc_auc_score(positive[index], scores[index])
    interval = lambda name: [number(v) for v in np.percentile([area(i) for i in values[name][:4000]], [2.5, 97.5])]
    return {
        "scores": scores.tolist(), "positive": positive.tolist(), "patients": patients.tolist(),
        "grouped": interval("grouped"), "single": interval("single"),
    }


def splits(rng):
    result = {"numpy": [], "python": [], "torch": [], "uniform": [], "stratified": []}
    for n, seed in [(12, 42), (1, 3), (2, 0), (100, 7), (257, 2024), (1000, 4294967295)]:
        result["numpy"].append({"n": n, "seed": seed, "order": np.random.RandomState(seed).permutation(n).tolist()})
        items = list(range(n))
        random.Random(seed).shuffle(items)
        result["python"].append({"n": n, "seed": seed, "order": items})
        generator = torch.Generator().manual_seed(seed)
        result["torch"].append({"n": n, "seed": seed, "order": torch.randperm(n, generator=generator).tolist()})
    result["uniform"] = np.random.RandomState(42).rand(5).tolist()
    for n, classes, test, seed in [(50, 5, 0.2, 42), (61, 5, 0.3, 1), (200, 3, 0.15, 7), (37, 2, 0.25, 0), (333, 5, 0.1, 123)]:
        y = rng.choice(classes, n, p=np.array([2.0 ** -k for k in range(classes)]) / sum(2.0 ** -k for k in range(classes)))
        y[: 2 * classes] = np.repeat(np.arange(classes), 2)
        train, held = train_test_split(np.arange(n), stratify=y, test_size=test, random_state=seed)
        result["stratified"].append({
            "labels": y.tolist(), "testShare": test, "seed": seed, "train": train.tolist(), "test": held.tolist(),
        })
    return result


def main():
    rng = np.random.default_rng(20240611)
    OUT.mkdir(parents=True, exist_ok=True)
    files = {
        "classification.json": [
            classification("five grades", rng, 80, 5, [0, 1, 2, 3, 4], None),
            classification("ties", rng, 70, 5, [0, 1, 2, 3, 4], 1),
            classification("absent class", rng, 60, 5, [0, 1, 4], 2),
            classification("three classes", rng, 45, 3, [0, 1, 2], None),
            classification("two classes", rng, 30, 2, [0, 1], 1),
            classification("seven classes, few cases", rng, 25, 7, [1, 2, 3, 5, 6], None),
        ],
        "binary.json": [
            binary("plain", rng, 90, 0.4, None), binary("ties", rng, 80, 0.3, 8), binary("rare", rng, 120, 0.05, 20),
            binary("no positives", rng, 20, 0.0, None), binary("no negatives", rng, 20, 1.1, None),
            binary("one level", rng, 30, 0.5, 0.5),
        ],
        "bootstrap.json": grouped_bootstrap(rng),
        "splits.json": splits(rng),
    }
    values = np.round(rng.normal(size=23), 3)
    shares = [0, 0.025, 0.1, 1 / 3, 0.5, 0.77, 0.975, 1]
    files["percentile.json"] = {
        "values": values.tolist(), "shares": shares, "expected": [number(np.percentile(values, 100 * s)) for s in shares],
    }
    for name, content in files.items():
        (OUT / name).write_text(json.dumps({"versions": VERSIONS, "content": content}) + "\n")


if __name__ == "__main__":
    main()
