#!/usr/bin/env python3
"""The fundus recipe in PyTorch, to stand beside `dr-train fit`: same data, split, initial weights and hyper-parameters.

usage: torch_recipe.py --csv LABELS.csv --images FOLDER [--init WEIGHTS.safetensors] [--epochs 20] [--batch 16] [--lr 5e-4]
                       [--size 256] [--threads 2] [--output held_out.csv] ...

LABELS.csv has `id_code,diagnosis,split` and optionally `patient_id`. Rows whose split is --train-split are trained on, rows
of --validation-split (if any) are reported after every epoch, rows of --held-out are predicted at the end with the last
weights (or those with the lowest validation loss: --select best).

Pictures: field of view cut out as Sources/Imaging/FundusCrop.swift describes it (left out with --preprocessed, for folders
of squares that are ready), Pillow's antialiased bilinear resize to --size, [0, 1], ImageNet mean and deviation.
Training pictures: flips, quarter turns, rotation with scale and shift (black border), brightness, contrast, saturation.
Optimisation: cross-entropy, AdamW or SGD with momentum, rate rising linearly over --warmup epochs and then falling by half
a cosine, set per step; total gradient norm clipped. The last short batch of an epoch is used.

Prints one JSON line per epoch and one for the result, whose intervals are 95 % bootstrap intervals over patients (over
pictures without `patient_id`). The random draws are torch's, so single runs differ from ours; compare the intervals.
"""

import argparse
import csv
import json
import math
import os
import pathlib
import sys
import time

SUFFIXES = ("", ".png", ".jpg", ".jpeg", ".JPG", ".JPEG", ".PNG")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--csv", type=pathlib.Path, required=True)
    add("--images", type=pathlib.Path, required=True)
    add("--preprocessed", action="store_true", help="the pictures are cropped squares")
    add("--architecture", default="resnet18", help="a timm name")
    add("--init", type=pathlib.Path, help="safetensors with timm's names; a head of another shape is left as it is")
    add("--classes", type=int, default=0, help="number of classes; by default the largest label + 1")
    add("--epochs", type=int, default=20)
    add("--batch", type=int, default=16)
    add("--size", type=int, default=256)
    add("--threads", type=int, default=2)
    add("--seed", type=int, default=42)
    add("--optimizer", choices=("adamw", "sgd"), default="adamw")
    add("--lr", type=float, default=5e-4)
    add("--min-lr", type=float, default=1e-6)
    add("--warmup", type=float, default=1.0, help="epochs")
    add("--weight-decay", type=float, default=0.01)
    add("--momentum", type=float, default=0.9)
    add("--clip", type=float, default=1.0, help="0 does not clip")
    add("--label-smoothing", type=float, default=0.0)
    add("--balanced", action="store_true", help="class weights inverse to the classes' shares")
    add("--flip", type=float, default=0.5, help="chance of each flip")
    add("--quarter-turns", type=float, default=0.0, help="chance of a random quarter turn")
    add("--rotation", type=float, default=15.0, help="degrees")
    add("--scale", type=float, default=0.1)
    add("--shift", type=float, default=0.05)
    add("--jitter", type=float, default=0.2, help="brightness, contrast and saturation by up to this factor")
    add("--select", choices=("last", "best"), default="last")
    add("--train-split", default="train")
    add("--validation-split", default="val")
    add("--held-out", default="test")
    add("--referable-from", type=int, default=2)
    add("--output", type=pathlib.Path, help="CSV of the held-out probabilities")
    return parser.parse_args()


OPTIONS = arguments()
os.environ["OMP_NUM_THREADS"] = str(OPTIONS.threads)
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Scripts" / "golden"))
sys.dont_write_bytecode = True

import numpy as np  # noqa: E402
import common  # noqa: E402
from PIL import Image, ImageOps  # noqa: E402


def rows(path):
    """The CSV's rows as dictionaries; stops with a message that names what is wrong."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        missing = {"id_code", "diagnosis", "split"} - set(reader.fieldnames or [])
        if missing:
            sys.exit(f"torch_recipe: {path.name} lacks the column {', '.join(sorted(missing))}")
        return list(reader)


def fundus_square(image):
    """The square around the field of view as a box, or None when the picture has no dark border."""
    from scipy import ndimage

    bright = np.asarray(image).max(-1).astype(np.float64)
    cell = (max(bright.shape) + 511) // 512
    height, width = -(-bright.shape[0] // cell), -(-bright.shape[1] // cell)
    padded = np.full((height * cell, width * cell), np.nan)
    padded[: bright.shape[0], : bright.shape[1]] = bright
    cells = np.floor(np.nanmean(padded.reshape(height, cell, width, cell), axis=(1, 3)) + 0.5)
    dark, light = (np.percentile(cells, part, method="inverted_cdf") for part in (1, 95))
    if light - dark < 24 or dark > 60:
        return None
    above = cells > dark + max(6, (light - dark) // 10)
    ring = np.concatenate([above[0], above[-1], above[:, 0], above[:, -1]])
    if (~ring).sum() * 20 < ring.size:
        return None
    labels, count = ndimage.label(above)
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    if not count or areas.max() * 10 < cells.size:
        return None
    field = labels == areas.argmax() + 1

    def extent(lengths):
        inside = np.flatnonzero(lengths >= max(1, lengths.max() // 50))
        return inside[0], inside[-1] + 1, lengths[inside[0]], lengths[inside[-1]]

    columns, lines = extent(field.sum(0)), extent(field.sum(1))
    side = max(columns[1] - columns[0], lines[1] - lines[0])

    def start(low, high, first, last, limit):
        middle, missing = (low + high) / 2, side - (high - low)
        if missing * 50 > side:
            if low == 0 and high < limit:
                middle = high - side / 2
            elif low > 0 and high == limit:
                middle = low + side / 2
            else:
                shift = (last * last - first * first) / (8 * (high - low))
                middle += min(max(shift, -missing / 2), missing / 2)
        return math.floor((middle - side / 2) * cell)

    x, y = start(*columns, width), start(*lines, height)
    return x, y, x + side * cell, y + side * cell


def load(name):
    """One picture as uint8 [3, size, size]."""
    path = next((p for p in (OPTIONS.images / (name + s) for s in SUFFIXES) if p.is_file()), None)
    if path is None:
        sys.exit(f"torch_recipe: no picture for {name}")
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    if not OPTIONS.preprocessed:
        box = fundus_square(image)
        image = image.crop(box) if box else image
    if image.size != (OPTIONS.size, OPTIONS.size):
        image = image.resize((OPTIONS.size, OPTIONS.size), Image.BILINEAR)
    return np.asarray(image).transpose(2, 0, 1)


def load_all(chosen):
    """uint8 [N, 3, size, size] and int64 labels."""
    import torch
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(OPTIONS.threads) as pool:
        pictures = list(pool.map(load, [row["id_code"] for row in chosen]))
    labels = torch.tensor([int(row["diagnosis"]) for row in chosen], dtype=torch.int64)
    empty = np.zeros((0, 3, OPTIONS.size, OPTIONS.size), np.uint8)
    return torch.from_numpy(np.stack(pictures) if pictures else empty), labels


def normalised(pictures):
    import torch

    mean = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
    deviation = torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    return (pictures - mean) / deviation


def augmented(pictures):
    """Random changes of float pictures [N, 3, S, S] in [0, 1]."""
    import torch

    count = len(pictures)

    def between(low, high):
        return torch.empty(count).uniform_(low, high)

    def where(chance, changed, plain):
        return torch.where((torch.rand(count) < chance)[:, None, None, None], changed, plain)

    pictures = where(OPTIONS.flip, pictures.flip(3), pictures)
    pictures = where(OPTIONS.flip, pictures.flip(2), pictures)
    if OPTIONS.quarter_turns > 0:
        turned = torch.stack([torch.rot90(p, int(k), (1, 2)) for p, k in zip(pictures, torch.randint(0, 4, (count,)))])
        pictures = where(OPTIONS.quarter_turns, turned, pictures)
    if OPTIONS.rotation > 0 or OPTIONS.scale > 0 or OPTIONS.shift > 0:
        angle = between(-OPTIONS.rotation, OPTIONS.rotation) * math.pi / 180
        scale = between(1 - OPTIONS.scale, 1 + OPTIONS.scale)
        cosine, sine = torch.cos(angle) / scale, torch.sin(angle) / scale
        shifts = [2 * between(-OPTIONS.shift, OPTIONS.shift) for _ in range(2)]
        matrix = torch.stack([torch.stack([cosine, -sine, shifts[0]], 1), torch.stack([sine, cosine, shifts[1]], 1)], 1)
        grid = torch.nn.functional.affine_grid(matrix, list(pictures.shape), align_corners=False)
        pictures = torch.nn.functional.grid_sample(pictures, grid, align_corners=False)
    if OPTIONS.jitter > 0:
        weights = torch.tensor([0.299, 0.587, 0.114])[:, None, None]

        def factor():
            return between(max(0.0, 1 - OPTIONS.jitter), 1 + OPTIONS.jitter)[:, None, None, None]

        pictures = (pictures * factor()).clamp(0, 1)
        grey = (pictures * weights).sum(1, keepdim=True)
        middle = grey.mean((2, 3), keepdim=True)
        pictures = (middle + (pictures - middle) * factor()).clamp(0, 1)
        grey = (pictures * weights).sum(1, keepdim=True)
        pictures = (grey + (pictures - grey) * factor()).clamp(0, 1)
    return pictures


def rate(step, per_epoch):
    """Learning rate of a step, from 0."""
    epoch = step / per_epoch
    if epoch < OPTIONS.warmup:
        return OPTIONS.lr * (step + 1) / (OPTIONS.warmup * per_epoch)
    progress = min((epoch - OPTIONS.warmup) / max(OPTIONS.epochs - OPTIONS.warmup, 1e-12), 1)
    return OPTIONS.min_lr + (OPTIONS.lr - OPTIONS.min_lr) * 0.5 * (1 + math.cos(math.pi * progress))


def predict(model, pictures):
    """Softmax probabilities as float64."""
    import torch

    model.eval()
    parts = []
    with torch.inference_mode():
        for start in range(0, len(pictures), 32):
            logits = model(normalised(pictures[start : start + 32].float() / 255))
            parts.append(logits.double().softmax(-1).numpy())
    return np.concatenate(parts)


def figures(labels, probabilities):
    """Accuracy, quadratic weighted kappa and the areas under the ROC curve that exist for these labels."""
    from sklearn.metrics import accuracy_score, cohen_kappa_score, roc_auc_score

    classes = probabilities.shape[1]
    predicted = probabilities.argmax(1)
    result = {"accuracy": float(accuracy_score(labels, predicted))}
    names = list(range(classes))
    kappa = cohen_kappa_score(labels, predicted, weights="quadratic", labels=names)
    result["kappa"] = float(kappa) if math.isfinite(kappa) else None
    areas = []
    for k in range(classes):
        if 0 < (labels == k).sum() < len(labels):
            areas.append(roc_auc_score(labels == k, probabilities[:, k]))
    result["auroc_macro"] = float(np.mean(areas)) if areas else None
    for name, first in (("auroc_any", 1), ("auroc_referable", OPTIONS.referable_from)):
        positive = labels >= first
        if first < classes and 0 < positive.sum() < len(labels):
            result[name] = float(roc_auc_score(positive, probabilities[:, first:].sum(1)))
        else:
            result[name] = None
    return result


def intervals(labels, probabilities, groups, count=1000):
    """95 % bootstrap intervals of the same figures; groups are drawn with replacement."""
    random = np.random.default_rng(7)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    drawn = {}
    for _ in range(count):
        chosen = np.concatenate([members[i] for i in random.integers(0, len(members), len(members))])
        for name, value in figures(labels[chosen], probabilities[chosen]).items():
            if value is not None:
                drawn.setdefault(name, []).append(value)
    return {name: [float(np.percentile(values, 2.5)), float(np.percentile(values, 97.5))] for name, values in drawn.items()}


def network(classes):
    timm = common.import_timm()
    import torch

    torch.manual_seed(OPTIONS.seed)
    torch.use_deterministic_algorithms(False)
    torch.set_num_threads(OPTIONS.threads)
    model = timm.create_model(OPTIONS.architecture, pretrained=False, num_classes=classes)
    if OPTIONS.init:
        from safetensors.torch import load_file

        given, own = load_file(str(OPTIONS.init)), model.state_dict()
        heads = [name for name in given if name in own and given[name].shape != own[name].shape]
        wrong = [name for name in heads if name.split(".")[0] not in ("fc", "head")]
        if wrong:
            sys.exit(f"torch_recipe: {wrong[0]} has the shape {list(given[wrong[0]].shape)}")
        result = model.load_state_dict({name: value for name, value in given.items() if name not in heads}, strict=False)
        missing = [name for name in result.missing_keys if not name.endswith("num_batches_tracked") and name not in heads]
        if missing or result.unexpected_keys:
            sys.exit(f"torch_recipe: missing {missing[:3]}, unexpected {result.unexpected_keys[:3]}")
    return model


def fit(model, pictures, labels, classes, validation):
    import torch

    weights = None
    if OPTIONS.balanced:
        shares = torch.bincount(labels, minlength=classes).clamp(min=1)
        weights = len(labels) / (classes * shares.float())
    criterion = torch.nn.CrossEntropyLoss(weight=weights, label_smoothing=OPTIONS.label_smoothing)
    if OPTIONS.optimizer == "adamw":
        optimizer = torch.optim.AdamW(model.parameters(), lr=OPTIONS.lr, weight_decay=OPTIONS.weight_decay)
    else:
        options = {"momentum": OPTIONS.momentum, "weight_decay": OPTIONS.weight_decay}
        optimizer = torch.optim.SGD(model.parameters(), lr=OPTIONS.lr, **options)
    per_epoch = math.ceil(len(labels) / OPTIONS.batch)
    best, kept, step = math.inf, None, 0
    for epoch in range(OPTIONS.epochs):
        started, total = time.perf_counter(), 0.0
        model.train()
        for indices in torch.randperm(len(labels)).split(OPTIONS.batch):
            for group in optimizer.param_groups:
                group["lr"] = rate(step, per_epoch)
            batch = normalised(augmented(pictures[indices].float() / 255))
            optimizer.zero_grad()
            loss = criterion(model(batch), labels[indices])
            loss.backward()
            if OPTIONS.clip > 0:
                torch.nn.utils.clip_grad_norm_(model.parameters(), OPTIONS.clip)
            optimizer.step()
            total += float(loss.detach()) * len(indices)
            step += 1
        record = {"epoch": epoch + 1, "loss": round(total / len(labels), 5), "seconds": round(time.perf_counter() - started, 2)}
        if validation is not None:
            probabilities = predict(model, validation[0])
            truth = validation[1].numpy()
            loss = float(-np.log(np.maximum(probabilities[np.arange(len(truth)), truth], 1e-30)).mean())
            record |= {"validation_loss": round(loss, 5)} | figures(truth, probabilities)
            if loss < best:
                best, kept = loss, {name: value.clone() for name, value in model.state_dict().items()}
        print(json.dumps(record), flush=True)
    if OPTIONS.select == "best" and kept is not None:
        model.load_state_dict(kept)


def main():
    table = rows(OPTIONS.csv)
    parts = {name: [row for row in table if row["split"] == name] for name in (OPTIONS.train_split, OPTIONS.validation_split)}
    train, held = parts[OPTIONS.train_split], [row for row in table if row["split"] == OPTIONS.held_out]
    if not train or not held:
        sys.exit(f"torch_recipe: {len(train)} training and {len(held)} held-out rows")
    classes = OPTIONS.classes or max(int(row["diagnosis"]) for row in table) + 1
    model = network(classes)
    started = time.perf_counter()
    pictures, labels = load_all(train)
    validation = load_all(parts[OPTIONS.validation_split]) if parts[OPTIONS.validation_split] else None
    held_pictures, held_labels = load_all(held)
    loaded = time.perf_counter() - started

    started = time.perf_counter()
    fit(model, pictures, labels, classes, validation)
    seconds = time.perf_counter() - started
    probabilities, truth = predict(model, held_pictures), held_labels.numpy()
    groups = np.array([row.get("patient_id") or row["id_code"] for row in held])
    result = {"train": len(train), "held_out": len(held), "load_seconds": round(loaded, 1), "fit_seconds": round(seconds, 1)}
    result |= figures(truth, probabilities) | {"intervals": intervals(truth, probabilities, groups)}
    print(json.dumps(result))
    if OPTIONS.output:
        with open(OPTIONS.output, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["id_code", "diagnosis", *[f"p{k}" for k in range(classes)]])
            for row, values in zip(held, probabilities):
                writer.writerow([row["id_code"], row["diagnosis"], *[repr(float(value)) for value in values]])


if __name__ == "__main__":
    main()
