"""Writes Tests/Golden/index: neighbours by FAISS and numpy, k-nearest-neighbour votes by scikit-learn, checksums by xxhash.

Vectors are those of the generator in common.py, of no particular length: both sides scale them to length 1.
"""

import numpy as np

import common

NEIGHBOURS = [
    # name, vectors, dimensions, queries, k
    ("uniform", 300, 48, 5, 20),
    ("one_dimension_more_than_lanes", 100, 17, 3, 7),
    ("embedding", 200, 1024, 4, 10),
]


def unit(x):
    x = x.astype(np.float64)
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def neighbours():
    import faiss

    faiss.omp_set_num_threads(1)
    cases = []
    for name, count, dimension, queries, k in NEIGHBOURS:
        vectors = unit(common.uniform(f"index.{name}.vectors", (count, dimension)))
        asked = unit(common.uniform(f"index.{name}.queries", (queries, dimension)))
        index = faiss.IndexFlatIP(dimension)
        index.add(vectors)
        _, rows = index.search(asked, k)
        distances = np.linalg.norm(asked[:, None].astype(np.float64) - vectors[rows].astype(np.float64), axis=2)
        gaps = np.diff(np.sort(np.linalg.norm(asked[:, None].astype(np.float64) - vectors[None], axis=2), axis=1)[:, : k + 1])
        if gaps.min() < 1e-6:
            raise ValueError(f"{name}: two neighbours are so close that float32 may exchange them; use another name")
        cases.append({
            "name": name, "count": count, "dimension": dimension, "queries": queries, "k": k,
            "rows": rows.tolist(), "distances": distances.tolist(),
            "cosines": np.einsum("qd,qkd->qk", asked.astype(np.float64), vectors[rows].astype(np.float64)).tolist(),
        })
    return cases


def votes():
    """Nearest neighbours of few points, with a query on a point and with several classes."""
    from sklearn.neighbors import KNeighborsClassifier

    cases = []
    points = np.array([[0, 0], [1, 0], [0, 1], [1, 1], [2, 2], [3, 1]], dtype=np.float64)
    sets = [("two classes", points, np.array([0, 0, 1, 1, 1, 0]), np.array([[0.2, 0.1], [1.5, 1.5], [1, 1]]), 3)]
    rng = np.random.default_rng(3)
    sets.append(("five classes", rng.normal(size=(80, 4)), rng.integers(0, 5, 80), rng.normal(size=(6, 4)), 15))
    doubled = np.concatenate([rng.normal(size=(10, 3)), np.zeros((3, 3))])
    sets.append(("several at distance 0", doubled, np.array([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 2]), np.zeros((1, 3)), 5))
    for name, x, y, asked, k in sets:
        model = KNeighborsClassifier(n_neighbors=k, weights="distance", algorithm="brute").fit(x, y)
        distances, rows = model.kneighbors(asked)
        cases.append({
            "name": name, "classes": int(y.max()) + 1, "distances": distances.tolist(), "neighbours": y[rows].tolist(),
            "probabilities": model.predict_proba(asked).tolist(), "labels": model.predict(asked).tolist(),
        })
    return cases


def checksums():
    """XXH64 of the low bytes of the generator's integers, for lengths around the sizes of its steps."""
    import xxhash

    lengths = [0, 1, 3, 4, 5, 7, 8, 9, 12, 15, 31, 32, 33, 39, 63, 64, 95, 100, 4096, 10007]
    data = common.integers("index.checksum", (max(lengths),), 256).astype(np.uint8).tobytes()
    return [{"length": n, "xxh64": f"{xxhash.xxh64_intdigest(data[:n]):016x}"} for n in lengths]


def main():
    common.clear("index", "*.json")
    versions = common.tools("faiss-cpu", "numpy", "scikit-learn", "xxhash")
    common.write_json("index/neighbours.json", {"versions": versions, "content": neighbours()})
    common.write_json("index/votes.json", {"versions": versions, "content": votes()})
    common.write_json("index/checksums.json", {"versions": versions, "content": checksums()})
