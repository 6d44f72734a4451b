"""Writes Tests/Golden/metrics/{retrieval,neighbors,multilabel}.json: rankings, nearest neighbours and multi-label F1.

Graded relevance with a truncated average precision and a floor below NDCG is no library's definition: those figures are
written out here in numpy. On relevance of 0 and 1 they must equal torchmetrics, and without the floor scikit-learn's
ndcg_score; this file stops where they do not.
"""

import numpy as np
from common import import_timm, tools, write_json

CUTOFFS = [1, 3, 5, 10, 20]
FIGURES = ["precision", "recall", "averagePrecision", "ndcg"]
# The eight legal label vectors of the chest CT system, by class id.
TABLE = ["1000", "0100", "0010", "0001", "0101", "0110", "0011", "0111"]


def flags(text):
    return np.array([character == "1" for character in text])


def jaccard(query, result):
    union = (query | result).sum()
    return 1.0 if union == 0 else (query & result).sum() / union


def figures(relevance, ideal, floor):
    """[cutoff][figure] of one ranking; `relevance` and `ideal` cover all items that can be found."""
    rows = []
    for cutoff in CUTOFFS:
        k = min(cutoff, len(relevance))
        top = relevance[:k]
        precision_at = np.cumsum(top) / np.arange(1, k + 1)
        discount = 1 / np.log2(np.arange(2, k + 2))
        best = max(floor, float((ideal[:k] * discount).sum()))
        rows.append([
            float(top.sum() / k),
            float(top.sum() / max(1.0, relevance.sum())),
            float((precision_at * top).sum() / top.sum()) if top.sum() > 0 else 0.0,
            float((top * discount).sum() / best) if best > 0 else 0.0,
        ])
    return rows


def ideal_order(query, labels, overall):
    """Positions by falling relevance; where `overall`, equal ones by their place in TABLE, others last."""
    places = {text: place for place, text in enumerate(TABLE)}
    name = lambda row: "".join("1" if flag else "0" for flag in row)
    return sorted(range(len(labels)), key=lambda i: (
        -jaccard(query, labels[i]), places.get(name(labels[i]), len(TABLE)) if overall else 0, name(labels[i])))


def ranking(query, points, removed, remove_nearest):
    distance = ((points.astype(np.float64) - query.astype(np.float64)) ** 2).sum(1)
    order = np.argsort(distance, kind="stable")
    if remove_nearest:
        removed = order[0]
    return [i for i in order if i != removed], distance


def judge(problem, floor, overall, count_lone):
    points, labels = problem["points"], problem["labels"]
    queries, query_labels = problem["queries"], problem["queryLabels"]
    classes = labels.shape[1]
    every, by_class, excluded = [], [[] for _ in range(classes)], 0
    class_excluded = [0] * classes
    for number, (query, wanted) in enumerate(zip(queries, query_labels)):
        removed = number if problem["selfMatch"] == "remove_same_index" else None
        order, _ = ranking(query, points, removed, problem["selfMatch"] == "remove_nearest")
        found = labels[order]
        relevance = np.array([jaccard(wanted, row) for row in found])
        best = found[ideal_order(wanted, found, overall)]
        if relevance.sum() == 0 and not count_lone:
            excluded += 1
            for c in np.flatnonzero(wanted):
                class_excluded[c] += 1
            continue
        every.append(figures(relevance, np.array([jaccard(wanted, row) for row in best]), floor))
        for c in np.flatnonzero(wanted):
            of_class = found[:, c].astype(float)
            if of_class.sum() == 0 and not count_lone:
                class_excluded[c] += 1
                continue
            ideal = best[:, c].astype(float) if overall else np.sort(of_class)[::-1]
            by_class[c].append(figures(of_class, ideal, floor))
    mean = lambda rows: np.mean(rows, 0).tolist() if rows else None
    # Every query of a class has the same weight, so the weighted mean of class means is the mean over all of them.
    together = [row for rows in by_class for row in rows]
    return {
        "idealFloor": floor, "overall": overall, "countLone": count_lone, "excluded": excluded, "scores": mean(every),
        "classes": [mean(rows) for rows in by_class], "classQueries": [len(rows) for rows in by_class],
        "classExcluded": class_excluded, "aggregated": mean(together),
    }


def library(torch, problem):
    """The same by torchmetrics for relevance 0 and 1 and by scikit-learn's ndcg_score, over queries that are not alone."""
    from sklearn.metrics import ndcg_score
    from torchmetrics.functional import retrieval as tm

    rows, plain = [], []
    for number, (query, wanted) in enumerate(zip(problem["queries"], problem["queryLabels"])):
        removed = number if problem["selfMatch"] == "remove_same_index" else None
        order, distance = ranking(query, problem["points"], removed, problem["selfMatch"] == "remove_nearest")
        relevance = np.array([jaccard(wanted, row) for row in problem["labels"][order]])
        if relevance.sum() == 0:
            continue
        # torchmetrics takes a score of 0 or less for not found.
        scores = 1 / (1 + distance[order])
        assert len(np.unique(scores)) == len(scores), problem["name"]
        plain.append([float(ndcg_score([relevance], [scores], k=k)) for k in CUTOFFS])
        if set(relevance) <= {0.0, 1.0}:
            p, t = torch.from_numpy(scores), torch.from_numpy(relevance).long()
            rows.append([[
                float(tm.retrieval_precision(p, t, top_k=k, adaptive_k=True)), float(tm.retrieval_recall(p, t, top_k=k)),
                float(tm.retrieval_average_precision(p, t, top_k=k)), float(tm.retrieval_normalized_dcg(p, t, top_k=k)),
            ] for k in CUTOFFS])
    return {
        "torchmetrics": np.mean(rows, 0).tolist() if len(rows) == len(plain) else None,
        "plainNdcg": np.mean(plain, 0).tolist(),
    }


def retrieval(torch):
    rng = np.random.default_rng(20250114)
    points = lambda count, dimension: np.round(rng.normal(size=(count, dimension)), 3).astype(np.float32)
    legal = lambda count: np.array([flags(TABLE[i]) for i in rng.integers(len(TABLE), size=count)])
    one_of = lambda classes: np.eye(5, dtype=bool)[classes]
    grades = rng.choice(5, 40, p=[0.45, 0.1, 0.25, 0.15, 0.05])
    grades[grades == 4] = 3
    grades[7] = 4
    same = points(40, 3)
    mixed = legal(30)
    mixed[3] = False
    few = points(4, 2)
    grid = np.array([[x, y] for x in range(4) for y in range(4)] * 2, dtype=np.float32)
    grid_labels = legal(32)
    problems = [
        {"name": "graded", "points": points(60, 3), "labels": legal(60), "queries": points(15, 3), "queryLabels": legal(15),
         "selfMatch": "keep"},
        {"name": "one class each, self removed", "points": same, "labels": one_of(grades), "queries": same,
         "queryLabels": one_of(grades), "selfMatch": "remove_same_index"},
        {"name": "no labels", "points": points(30, 2), "labels": mixed, "queries": points(6, 2),
         "queryLabels": np.vstack([legal(5), np.zeros((1, 4), bool)]), "selfMatch": "keep"},
        {"name": "fewer items than k", "points": few, "labels": legal(4), "queries": points(5, 2), "queryLabels": legal(5),
         "selfMatch": "keep"},
        {"name": "ties", "points": grid, "labels": legal(32), "queries": np.round(points(8, 2)), "queryLabels": legal(8),
         "selfMatch": "keep"},
        {"name": "nearest removed", "points": grid, "labels": grid_labels, "queries": grid, "queryLabels": grid_labels,
         "selfMatch": "remove_nearest"},
    ]
    result = []
    for problem in problems:
        reports = [judge(problem, 1.0, False, False), judge(problem, 0.0, False, False), judge(problem, 1.0, True, True)]
        entry = {"name": problem["name"], "selfMatch": problem["selfMatch"], "reports": reports}
        for key in ("points", "labels", "queries", "queryLabels"):
            entry[key] = [[float(x) for x in row] if "abel" not in key else [bool(x) for x in row] for row in problem[key]]
        tied = problem["name"] in ("ties", "nearest removed")
        entry["library"] = None if tied else library(torch, problem)
        if entry["library"]:
            assert np.allclose(entry["library"]["plainNdcg"], np.array(reports[1]["scores"])[:, 3], atol=1e-12)
            if entry["library"]["torchmetrics"]:
                assert np.allclose(entry["library"]["torchmetrics"], reports[0]["scores"], atol=1e-6)
        result.append(entry)
    assert result[1]["library"]["torchmetrics"]
    return result


def neighbors():
    from sklearn.neighbors import KNeighborsClassifier

    rng = np.random.default_rng(20250115)
    truth = rng.integers(3, size=60)
    points = np.round(rng.normal(size=(60, 4)) + 0.8 * np.eye(4)[truth], 3).astype(np.float32)
    # Two points at one place with different labels.
    points[11] = points[10]
    truth[10], truth[11] = 0, 2
    wanted = rng.integers(3, size=25)
    queries = np.round(rng.normal(size=(25, 4)) + 0.8 * np.eye(4)[wanted], 3).astype(np.float32)
    queries[3], queries[4] = points[10], points[20]

    def fitted(k, weights, x, y):
        return KNeighborsClassifier(k, weights=weights, algorithm="kd_tree").fit(x.astype(np.float64), y)

    cases = []
    for weights in ("uniform", "distance"):
        for k in (1, 3, 7, 15):
            model = fitted(k, weights, points, truth)
            # Which of two points at one distance is nearer is the library's choice: queries where it matters are left out.
            distance = np.sort(np.linalg.norm(queries[:, None].astype(float) - points[None].astype(float), axis=2), axis=1)
            clear = np.flatnonzero(distance[:, k - 1] < distance[:, k])
            chosen = queries[clear].astype(np.float64)
            cases.append({
                "weights": weights, "k": k, "queries": clear.tolist(), "probabilities": model.predict_proba(chosen).tolist(),
                "labels": model.predict(chosen).tolist(),
            })
    automatic = [
        {"k": k, "accuracy": float(fitted(k, "distance", points, truth).score(queries.astype(np.float64), wanted))}
        for k in (5, 9, 15, 20, 25, 30, 40, 50)
    ]
    alone = []
    for i in range(60):
        rest = np.delete(np.arange(60), i)
        distance = np.sort(np.linalg.norm(points[rest].astype(float) - points[i].astype(float), axis=1))
        answer = fitted(5, "distance", points[rest], truth[rest]).predict(points[i : i + 1].astype(np.float64))[0]
        alone.append(int(answer) if distance[4] < distance[5] else None)
    return {
        "points": [[float(x) for x in row] for row in points], "labels": truth.tolist(),
        "queries": [[float(x) for x in row] for row in queries], "truth": wanted.tolist(), "cases": cases,
        "automatic": automatic, "leaveOneOut": alone,
    }


def multilabel():
    from sklearn.metrics import precision_recall_fscore_support

    rng = np.random.default_rng(20250116)
    problems = []
    for name, cases, present in (("plain", 40, 4), ("absent class", 30, 3), ("nothing true", 12, 0)):
        truth = rng.random((cases, 4)) < np.array([0.5, 0.3, 0.2, 0.1])
        truth[:, present:] = False
        logits = np.round(rng.normal(size=(cases, 4)) + 1.2 * truth - 0.4, 3)
        logits[0] = 0
        answers = logits > 0
        scores = lambda average: [
            None if v is None else np.asarray(v, float).tolist()
            for v in precision_recall_fscore_support(truth, answers, average=average, zero_division=0)[:3]
        ]
        problems.append({
            "name": name, "logits": logits.tolist(), "truth": truth.tolist(), "perClass": scores(None), "micro": scores("micro"),
            "macro": scores("macro"), "weighted": scores("weighted"), "support": truth.sum(0).tolist(),
        })
    return problems


def main():
    import_timm()
    import torch

    versions = tools("numpy", "scikit-learn", "torch", "torchmetrics")
    for name, content in (("retrieval", retrieval(torch)), ("neighbors", neighbors()), ("multilabel", multilabel())):
        write_json(f"metrics/{name}.json", {"versions": versions, "content": content})


if __name__ == "__main__":
    main()
