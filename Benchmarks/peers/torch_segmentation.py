#!/usr/bin/env python3
"""The segmentation recipe in PyTorch, to stand beside `dr-train fit task=segmentation`: same pictures, split and settings.

usage: torch_segmentation.py --split RUN/split.csv --images FOLDER --masks FOLDER [--size H W] [--epochs 20] [--batch 8]
                             [--lr 1e-3] [--threads 2] ...

RUN/split.csv is that of our run (`id_code`, `split`). The network is segmentation_models_pytorch's U-Net with a ResNet-18
encoder and random weights; the loss 0.5 BCE + 0.5 Dice over the batch; AdamW with weight decay 0.01, rate rising linearly
over the first epoch and then falling by half a cosine to 1e-6, per step; gradient norm clipped at 1. Pictures are resized
with Pillow's antialiased bilinear filter, masks to the nearest pixel. Random changes: horizontal flip, rotation with scale,
brightness and contrast.

Prints a JSON line per epoch and one for the epoch with the best Dice: the mean over held-out pictures whose mask is not
empty, at the network's size. The random draws are torch's, so single runs differ from ours.
"""

import argparse
import csv
import json
import math
import os
import pathlib
import sys
import time

PARSER = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
ADD = PARSER.add_argument
ADD("--split", type=pathlib.Path, required=True)
ADD("--images", type=pathlib.Path, required=True)
ADD("--masks", type=pathlib.Path, required=True)
ADD("--size", type=int, nargs=2, default=(224, 224))
ADD("--epochs", type=int, default=20)
ADD("--batch", type=int, default=8)
ADD("--lr", type=float, default=1e-3)
ADD("--threads", type=int, default=2)
ADD("--seed", type=int, default=42)
ADD("--flip", type=float, default=0.5)
ADD("--rotation", type=float, default=15.0)
ADD("--scale", type=float, default=0.1)
ADD("--jitter", type=float, default=0.2)
OPTIONS = PARSER.parse_args()
os.environ["OMP_NUM_THREADS"] = str(OPTIONS.threads)
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Scripts" / "golden"))
sys.dont_write_bytecode = True

import numpy as np  # noqa: E402
import torch  # noqa: E402
import common  # noqa: E402
from PIL import Image  # noqa: E402
from torch.nn import functional  # noqa: E402

SUFFIXES = (".png", ".jpg", ".jpeg", ".JPG")


def find(folder, name):
    path = next((folder / (name + suffix) for suffix in SUFFIXES if (folder / (name + suffix)).is_file()), None)
    if path is None:
        raise SystemExit(f"torch_segmentation: {folder} has no {name}")
    return path


def load(names):
    """uint8 [N, 3, H, W] and float [N, 1, H, W]."""
    height, width = OPTIONS.size
    pictures, masks = [], []
    for name in names:
        picture = Image.open(find(OPTIONS.images, name)).convert("RGB").resize((width, height), Image.BILINEAR)
        mask = Image.open(find(OPTIONS.masks, name)).convert("L").resize((width, height), Image.NEAREST)
        pictures.append(np.asarray(picture).transpose(2, 0, 1))
        masks.append(np.asarray(mask)[None] > 127)
    return torch.from_numpy(np.stack(pictures)), torch.from_numpy(np.stack(masks)).float()


def normalised(pictures):
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    return (pictures - mean[:, None, None]) / deviation[:, None, None]


def augmented(pictures, masks):
    count = len(pictures)

    def between(low, high):
        return torch.empty(count).uniform_(low, high)

    flips = (torch.rand(count) < OPTIONS.flip)[:, None, None, None]
    pictures, masks = torch.where(flips, pictures.flip(3), pictures), torch.where(flips, masks.flip(3), masks)
    angle, scale = between(-OPTIONS.rotation, OPTIONS.rotation) * math.pi / 180, between(1 - OPTIONS.scale, 1 + OPTIONS.scale)
    ratio = pictures.shape[2] / pictures.shape[3]
    cosine, sine, zero = torch.cos(angle) / scale, torch.sin(angle) / scale, torch.zeros(count)
    matrix = torch.stack(
        [torch.stack([cosine, -sine * ratio, zero], 1), torch.stack([sine / ratio, cosine, zero], 1)], 1)
    grid = functional.affine_grid(matrix, list(pictures.shape), align_corners=False)
    pictures = functional.grid_sample(pictures, grid, align_corners=False)
    masks = functional.grid_sample(masks, grid, mode="nearest", align_corners=False)
    factors = [between(1 - OPTIONS.jitter, 1 + OPTIONS.jitter)[:, None, None, None] for _ in range(2)]
    pictures = (pictures * factors[0]).clamp(0, 1)
    mean = pictures.mean((1, 2, 3), keepdim=True)
    return ((pictures - mean) * factors[1] + mean).clamp(0, 1), masks


def loss(logits, target):
    p = logits.sigmoid()
    dice = 1 - (2 * (p * target).sum() + 1e-5) / ((p * p).sum() + (target * target).sum() + 1e-5)
    return 0.5 * functional.binary_cross_entropy_with_logits(logits, target) + 0.5 * dice


def main():
    torch.manual_seed(OPTIONS.seed)
    torch.set_num_threads(OPTIONS.threads)
    with open(OPTIONS.split, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    train = load([row["id_code"] for row in rows if row["split"] == "train"])
    held = load([row["id_code"] for row in rows if row["split"] == "val"])
    model = common.build_unet(1).to(memory_format=torch.channels_last)
    decayed = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.01}, {"params": others, "weight_decay": 0}])
    steps = -(-len(train[0]) // OPTIONS.batch)
    total, step, best = steps * OPTIONS.epochs, 0, {}
    start = time.time()
    for epoch in range(OPTIONS.epochs):
        model.train()
        for chosen in torch.randperm(len(train[0])).split(OPTIONS.batch):
            rise = min(1, (step + 1) / steps)
            fall = 0.5 * (1 + math.cos(math.pi * max(0, step - steps) / max(1, total - steps)))
            for group in optimizer.param_groups:
                group["lr"] = OPTIONS.lr * rise if step < steps else 1e-6 + (OPTIONS.lr - 1e-6) * fall
            pictures, masks = augmented(train[0][chosen].float() / 255, train[1][chosen])
            value = loss(model(normalised(pictures).contiguous(memory_format=torch.channels_last)), masks)
            optimizer.zero_grad()
            value.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            step += 1
        model.eval()
        scores = []
        with torch.no_grad():
            for picture, mask in zip(held[0], held[1]):
                answer = model(normalised(picture.float() / 255)[None])[0] > 0
                if mask.sum() > 0:
                    scores.append(float(2 * (answer * mask).sum() / (answer.sum() + mask.sum())))
        record = {"epoch": epoch + 1, "dice": float(np.mean(scores)), "seconds": time.time() - start, "pictures": len(scores)}
        print(json.dumps(record), flush=True)
        best = max(best, record, key=lambda r: r.get("dice", -1.0))
    print(json.dumps({"best": best}))


main()
