"""Writes Tests/Golden/metrics/segmentation.json: overlap and outline distances of masks by medpy, MONAI, SciPy and scikit-learn.

The 18 figures of calculate_metrics and the boundary score are written out here in numpy with all pairs of outline pixels, and
must equal the libraries wherever these define the same figure; this file stops where they do not.
"""

import warnings

import numpy as np
from common import import_torch, tools, write_json

COLUMNS = [
    "Dice", "IoU", "Sensitivity", "Specificity", "Precision", "Recall", "F1", "Accuracy", "Balanced_Accuracy", "HD", "HD95",
    "ASD", "Volume_Similarity", "Relative_Volume_Diff", "MCC", "Cohen_Kappa", "FPR", "FNR",
]
NAN, INF = float("nan"), float("inf")


def finite(value):
    """JSON has no infinity and no undefined number: the first is a text, the second null."""
    return None if np.isnan(value) else "inf" if np.isinf(value) else float(value)


def pack(mask):
    return {"height": mask.shape[0], "width": mask.shape[1], "bits": np.packbits(mask.ravel()).tobytes().hex()}


def outline(mask):
    """Pixels with a neighbour outside the mask or the picture, [n, 2]."""
    padded = np.pad(mask, 1)
    inside = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return np.argwhere(mask & ~inside)


def directed(prediction, truth, spacing=(1.0, 1.0)):
    a, b = outline(prediction) * spacing, outline(truth) * spacing
    distance = np.sqrt(((a[:, None] - b[None]) ** 2).sum(2))
    return distance.min(1), distance.min(0)


def counts(prediction, truth):
    return [int(v) for v in (
        (prediction & truth).sum(), (~prediction & truth).sum(), (prediction & ~truth).sum(), (~prediction & ~truth).sum())]


def table(prediction, truth):
    """The figures of calculate_metrics with its rules for empty masks."""
    tp, fn, fp, tn = counts(prediction, truth)
    ratio = lambda part, whole, empty: part / whole if whole else empty
    sensitivity, specificity = ratio(tp, tp + fn, 1.0), ratio(tn, tn + fp, 1.0)
    precision = ratio(tp, tp + fp, 1.0)
    total = tp + fn + fp + tn
    agreement = (tp + tn) / total
    chance = ((tp + fp) * (tp + fn) + (fn + tn) * (fp + tn)) / total**2
    spread = np.sqrt(float(tp + fp)) * np.sqrt(float(tp + fn)) * np.sqrt(float(tn + fp)) * np.sqrt(float(tn + fn))
    if tp + fp and tp + fn:
        a, b = directed(prediction, truth)
        distances = [max(a.max(), b.max()), np.percentile(np.concatenate([a, b]), 95), (a.mean() + b.mean()) / 2]
    else:
        distances = [0.0 if tp + fp + fn == 0 else NAN] * 3
    values = [
        ratio(2 * tp, 2 * tp + fp + fn, 1.0), ratio(tp, tp + fp + fn, 1.0), sensitivity, specificity, precision, sensitivity,
        ratio(2 * precision * sensitivity, precision + sensitivity, 0.0), agreement, (sensitivity + specificity) / 2, *distances,
        1 - ratio(abs(fp - fn), 2 * tp + fp + fn, 0.0),
        (fp - fn) / (tp + fn) if tp + fn else (INF if fp else 0.0),
        ratio(tp * tn - fp * fn, spread, 0.0), (agreement - chance) / (1 - chance) if chance != 1 else float(agreement == 1),
        1 - specificity, 1 - sensitivity,
    ]
    return values


def boundary(prediction, truth, tolerance):
    from scipy.ndimage import binary_erosion, distance_transform_edt, generate_binary_structure

    cross = generate_binary_structure(2, 1)
    edges = [mask ^ binary_erosion(mask, cross) for mask in (prediction, truth)]
    if not edges[0].any() or not edges[1].any():
        return 1.0 if not edges[0].any() and not edges[1].any() else 0.0
    near = [float((distance_transform_edt(~edges[1 - i])[edges[i]] < tolerance).mean()) for i in (0, 1)]
    return 2 * near[0] * near[1] / (near[0] + near[1]) if sum(near) else 0.0


def evaluator(prediction, truth):
    """The figures of the evaluator with medpy's rules and 224 for the distance to nothing."""
    from medpy.metric import binary

    tp, fn, fp, tn = counts(prediction, truth)
    both, one = tp + fn + fp == 0, (tp + fp == 0) != (tp + fn == 0)
    distance = 0.0 if both else 224.0
    return {
        "Dice": 0.0 if both else binary.dc(prediction, truth), "IoU": 1.0 if both else binary.jc(prediction, truth),
        "Sensitivity": binary.recall(prediction, truth) if tp + fn else 0.0,
        "Specificity": tn / (tn + fp + 1e-8), "Accuracy": (tp + tn) / (tp + fn + fp + tn),
        "HD95": distance if both or one else binary.hd95(prediction, truth), "BFScore": boundary(prediction, truth, 2),
    }


def libraries(torch, prediction, truth):
    """What medpy, MONAI and scikit-learn say where neither mask is empty."""
    from medpy.metric import binary
    from monai.metrics import compute_average_surface_distance, compute_hausdorff_distance
    from sklearn import metrics as skm

    spacing = (0.7, 1.3)
    tensor = lambda mask: torch.from_numpy(mask[None, None].astype(np.float64))
    p, t = tensor(prediction), tensor(truth)
    a, b = prediction.ravel(), truth.ravel()
    result = {
        "Dice": binary.dc(prediction, truth), "IoU": binary.jc(prediction, truth), "HD": binary.hd(prediction, truth),
        "HD95": binary.hd95(prediction, truth), "fromPrediction": binary.asd(prediction, truth),
        "fromTruth": binary.asd(truth, prediction), "assd": binary.assd(prediction, truth),
        "Sensitivity": skm.recall_score(b, a), "Precision": skm.precision_score(b, a), "F1": skm.f1_score(b, a),
        "Accuracy": skm.accuracy_score(b, a), "MCC": skm.matthews_corrcoef(b, a),
        "spacedHD": binary.hd(prediction, truth, spacing), "spacedHD95": binary.hd95(prediction, truth, spacing),
        "spacedAssd": binary.assd(prediction, truth, spacing),
        "monaiHD": compute_hausdorff_distance(p, t, include_background=True),
        "monaiHD95": compute_hausdorff_distance(p, t, include_background=True, percentile=95),
        "monaiASD": compute_average_surface_distance(p, t, include_background=True, symmetric=True),
    }
    if not truth.all():
        result["Specificity"] = binary.specificity(prediction, truth)
    if len(set(a) | set(b)) == 2 and (a != a[0]).any() and (b != b[0]).any():
        result["Cohen_Kappa"] = skm.cohen_kappa_score(b, a)
    return {name: float(value) for name, value in result.items()}


def ellipse(height, width, row, column, a, b):
    y, x = np.mgrid[:height, :width]
    return (y - row) ** 2 * b**2 + (x - column) ** 2 * a**2 <= a**2 * b**2


def box(height, width, top, bottom, left, right):
    mask = np.zeros((height, width), bool)
    mask[top : bottom + 1, left : right + 1] = True
    return mask


def blobs(rng, height, width, sigma, level):
    from scipy.ndimage import gaussian_filter

    field = gaussian_filter(rng.normal(size=(height, width)), sigma)
    return field > level * field.std()


def pairs(rng):
    specified = box(12, 12, 2, 7, 3, 8)
    specified[10, 10] = True
    empty, full = np.zeros((9, 14), bool), np.ones((9, 14), bool)
    some, dot = box(9, 14, 2, 6, 3, 9), box(9, 14, 4, 4, 12, 12)
    ring = ellipse(40, 50, 20, 24, 15, 18) & ~ellipse(40, 50, 20, 24, 9, 11)
    return [
        ("specification", specified, box(12, 12, 3, 9, 2, 7)),
        ("equal", some, some), ("single pixels", dot, box(9, 14, 0, 0, 0, 0)), ("single pixel in a box", dot, some),
        ("same single pixel", dot, dot), ("touching all borders", box(9, 14, 0, 8, 0, 5), box(9, 14, 0, 4, 0, 13)),
        ("prediction everywhere", full, some), ("truth everywhere", some, full), ("everywhere", full, full),
        ("both empty", empty, empty), ("empty prediction", empty, some), ("empty truth", some, empty),
        ("one row", box(1, 17, 0, 0, 2, 9), box(1, 17, 0, 0, 5, 16)),
        ("one column", box(23, 1, 0, 4, 0, 0), box(23, 1, 11, 22, 0, 0)),
        ("ring", ring, ellipse(40, 50, 22, 25, 14, 18)),
        ("blobs", blobs(rng, 37, 53, 2.5, 0.3), blobs(rng, 37, 53, 2.5, 0.4)),
        ("speckles", blobs(rng, 64, 48, 0.7, 1.2), blobs(rng, 64, 48, 1.5, 0.9)),
        ("far apart", box(60, 60, 1, 5, 1, 4), box(60, 60, 50, 58, 52, 59)),
    ]


def cases(torch, rng):
    result = []
    for name, prediction, truth in pairs(rng):
        values = table(prediction, truth)
        entry = {
            "name": name, "prediction": pack(prediction), "truth": pack(truth), "table": [finite(v) for v in values],
            "evaluator": evaluator(prediction, truth), "libraries": None,
        }
        if prediction.any() and truth.any():
            entry["libraries"] = libraries(torch, prediction, truth)
            for column, value in zip(COLUMNS, values):
                if column in entry["libraries"]:
                    assert abs(entry["libraries"][column] - value) < 1e-9, (name, column)
        result.append(entry)
    return result


def large():
    """A picture of 1168 by 779 pixels; the masks are ellipses of whole numbers, so that they need not be stored."""
    from medpy.metric import binary

    shapes = [[779, 1168, 380, 590, 250, 400], [779, 1168, 391, 575, 262, 377]]
    prediction, truth = (ellipse(*shape) for shape in shapes)
    return {
        "prediction": shapes[0], "truth": shapes[1], "Dice": float(binary.dc(prediction, truth)),
        "HD": float(binary.hd(prediction, truth)), "HD95": float(binary.hd95(prediction, truth)),
        "fromPrediction": float(binary.asd(prediction, truth)), "fromTruth": float(binary.asd(truth, prediction)),
        "BFScore": boundary(prediction, truth, 2),
    }


def transforms(rng):
    from scipy.ndimage import distance_transform_edt

    result = []
    sizes = ((1, 9, 0.3, (1, 1)), (13, 1, 0.2, (1, 1)), (16, 21, 0.02, (1, 1)), (15, 18, 0.1, (2.5, 0.4)))
    for height, width, share, spacing in sizes:
        marks = rng.random((height, width)) < share
        marks[height // 2, width // 2] = True
        result.append({
            "marks": pack(marks), "spacing": list(spacing),
            "distances": distance_transform_edt(~marks, sampling=spacing).ravel().tolist(),
        })
    return result


def summary(entries):
    """Rows of the summary table over the pictures of `cases`, undefined values left out; infinite ones are not."""
    values = np.array([[INF if v == "inf" else NAN if v is None else v for v in entry["table"]] for entry in entries])
    with np.errstate(all="ignore"):
        rows = [np.nanmean(values, 0), np.nanstd(values, 0, ddof=1)]
        rows += [figure(values, axis=0) for figure in (np.nanmin, np.nanmax, np.nanmedian)]
    return {"rows": [[finite(v) for v in row] for row in rows], "undefined": np.isnan(values).sum(0).tolist()}


def multiclass(rng):
    images = []
    for present in ([0, 1, 2], [0, 1, 3], [0, 1]):
        maps = []
        for _ in range(2):
            labels = np.zeros((20, 26), int)
            for c in present[1:]:
                labels[blobs(rng, 20, 26, 2, 0.6)] = c
            maps.append(labels)
        images.append(maps)
    images[1][0][images[1][0] == 3] = 0
    metrics = ["Dice", "IoU", "Sensitivity", "Specificity", "Accuracy", "HD95", "BFScore"]
    values = np.full((3, 4, len(metrics)), NAN)
    for i, (prediction, truth) in enumerate(images):
        for c in range(4):
            masks = prediction == c, truth == c
            if masks[0].any() or masks[1].any():
                found = evaluator(*masks)
                values[i, c] = [found[name] for name in metrics]
            else:
                values[i, c, :2] = 1
    classes = np.nanmean(values, 0)
    return {
        "height": 20, "width": 26,
        "images": [{"prediction": p.ravel().tolist(), "truth": t.ravel().tolist()} for p, t in images],
        "metrics": metrics, "classMeans": [[finite(v) for v in row] for row in classes],
        "means": np.nanmean(classes[1:], 0).tolist(),
        "deviations": np.nanstd(values[:, 1:].reshape(-1, len(metrics)), 0).tolist(),
    }


def calibration(rng):
    """Foreground probabilities over two pictures, some exactly 0, 1 and on the edges of bins that float32 can hold."""
    pictures = []
    for _ in range(2):
        p = np.round(rng.random((12, 15)), 3).astype(np.float32)
        p[0, :5] = [0, 1, 0.5, 0, 1]
        pictures.append((p, rng.random((12, 15)) < p))
    p = np.concatenate([picture[0].ravel() for picture in pictures]).astype(np.float64)
    y = np.concatenate([picture[1].ravel() for picture in pictures])
    error = 0.0
    for b in range(10):
        inside = (p > b / 10) & (p <= (b + 1) / 10)
        if inside.any():
            error += inside.mean() * abs(p[inside].mean() - y[inside].mean())
    return {
        "height": 12, "width": 15, "error": float(error),
        "pictures": [{"probabilities": [float(v) for v in p.ravel()], "truth": pack(y)} for p, y in pictures],
    }


def main():
    warnings.filterwarnings("ignore")
    torch = import_torch()
    rng = np.random.default_rng(20250117)
    entries = cases(torch, rng)
    content = {
        "columns": COLUMNS, "cases": entries, "summary": summary(entries), "large": large(), "transforms": transforms(rng),
        "multiclass": multiclass(rng), "calibration": calibration(rng),
    }
    versions = tools("numpy", "scipy", "scikit-learn", "torch", "medpy", "monai")
    write_json("metrics/segmentation.json", {"versions": versions, "content": content})


if __name__ == "__main__":
    main()
