"""Proximity100x100 in PyTorch on timm's ResNet-18: embedding and logits, and ten training steps with the graded micro-F1 loss.

As for the topic `training`, everything is computed in float64 and in float32. A third time it is computed in float64 from
parameters that are moved by 2^-22 of themselves: where no ReLU or max-pool input lies so near to a jump of its gradient that
the order of a sum decides, all three agree far within the tests' bound of 1e-4, and this is checked here.
"""

import math

import numpy as np

import common
import training

BATCH, SLICES, HEIGHT, WIDTH = 6, 6, 65, 97
EMBEDDING, CLASSES = 32, 4
SCALE = 2.0
# With this stream the three computations agree.
INPUT = "proximity.8.{step}"
TARGET = "proximity.target.{step}"
BOUND = 1e-4
OPTIMIZER = training.adamw(2e-5, 0.5)
# Slices, height and width, embedding and classes whose parameters are counted.
COUNTED = [(300, 150, 150, 1024, 4), (300, 150, 150, 512, 4), (300, 270, 270, 1024, 4), (270, 150, 150, 1024, 4)]


def network(slices, height, width, embedding, classes):
    """The module, without dropout; its result is (embedding, logits)."""
    timm = common.import_timm()
    import torch
    from torch import nn

    trunk = timm.create_model("resnet18", pretrained=False)
    sides = (-(-height // 32) - 2, -(-width // 32) - 2)
    depth = 512
    for _ in range(3):
        depth = (depth - 3) // 3 + 1
    flat = 16 * depth * sides[0] * sides[1]
    first, second = (max(min(hidden, flat), embedding) for hidden in (4096, 2048))

    class Proximity(nn.Module):
        def __init__(self):
            super().__init__()
            self.features = nn.Sequential(*list(trunk.children())[:-2])
            self.reducingconvs = nn.Sequential(
                nn.Conv3d(slices // 3, 64, kernel_size=(3, 3, 3), stride=(3, 1, 1)),
                nn.ReLU(),
                nn.Conv3d(64, 32, kernel_size=(3, 1, 1), stride=(3, 1, 1)),
                nn.ReLU(),
                nn.Conv3d(32, 16, kernel_size=(3, 1, 1), stride=(3, 1, 1)),
                nn.ReLU(),
            )
            self.fc = nn.Sequential(
                nn.Linear(flat, first, bias=False),
                nn.ReLU(),
                nn.Dropout(0),
                nn.Linear(first, second, bias=False),
                nn.ReLU(),
                nn.Dropout(0),
                nn.Linear(second, embedding, bias=False),
            )
            self.classifier = nn.Linear(embedding, classes)

        def both(self, x):
            maps = self.features(x.reshape(x.shape[0] * slices // 3, 3, height, width))
            x = self.reducingconvs(maps.reshape(-1, slices // 3, *maps.shape[1:]))
            x = nn.functional.normalize(self.fc(x.flatten(1)), p=2, dim=1, eps=1e-12)
            return x, self.classifier(x)

        def forward(self, x):
            return self.both(x)[1]

    return Proximity()


def graded_micro_f1(logits, targets):
    """1 - mean over samples of F1 with sigmoid(logits) instead of decisions."""
    p = logits.sigmoid()
    y = targets.to(p.dtype)
    tp = (p * y).sum(1)
    fp = (p * (1 - y)).sum(1)
    fn = ((1 - p) * y).sum(1)
    precision, recall = tp / (tp + fp + 1e-7), tp / (tp + fn + 1e-7)
    return 1 - (2 * precision * recall / (precision + recall + 1e-7)).mean()


class Variant:
    """The training problem as `training.train` wants it."""

    optimizer = OPTIMIZER

    def model(self):
        model = network(SLICES, HEIGHT, WIDTH, EMBEDDING, CLASSES)
        return model, common.fill(model)

    def input(self, step):
        return common.uniform(INPUT.replace("{step}", str(step)), (BATCH, SLICES, 1, HEIGHT, WIDTH), SCALE)

    def target(self, step):
        return common.integers(TARGET.replace("{step}", str(step)), (BATCH, CLASSES), 2)

    def criterion(self, dtype):
        return graded_micro_f1


def described():
    return {
        "tools": common.tools("torch", "timm", "numpy"),
        "generator": "Scripts/golden/common.py",
        "model": {
            "architecture": "proximity100x100",
            "arguments": {"num_classes": CLASSES, "embedding": EMBEDDING, "dropout": 0.0},
            "lora": None,
        },
        "optimizer": OPTIMIZER,
        "loss": {"kind": "graded_micro_f1", "label_smoothing": 0.0, "class_weights": None},
        "max_norm": training.MAX_NORM,
        "steps": training.STEPS,
        "input": {
            "shape": [BATCH, SLICES, 1, HEIGHT, WIDTH],
            "images": INPUT,
            "scale": SCALE,
            "labels": TARGET,
            "classes": CLASSES,
        },
    }


def check(exact, others):
    """Refuses a problem in which rounding alone moves a loss or a gradient by a tenth of the bound."""
    for other in others:
        worst = max(abs(a - b) / abs(b) for a, b in zip(other["losses"], exact["losses"]))
        worst = max([worst] + [training.relative(other["gradients"][name], value) for name, value in exact["gradients"].items()])
        if worst > BOUND / 10:
            raise SystemExit(f"proximity: rounding moves this problem by {worst:.1e}; choose another input stream")


def count(slices, height, width, embedding, classes):
    """Parameters by name, on the meta device."""
    import torch

    with torch.device("meta"):
        model = network(slices, height, width, embedding, classes)
    shapes = {name: list(value.shape) for name, value in model.state_dict().items() if not name.endswith("num_batches_tracked")}
    total = sum(value.numel() for value in model.parameters())
    return {"slices": slices, "height": height, "width": width, "embedding": embedding, "classes": classes, "total": total,
            "fc": {name: shape for name, shape in shapes.items() if name.startswith(("fc.", "reducingconvs.0."))}}


def write_network():
    """Inference on two volumes in float64 and float32, and the parameters of the sizes that are used."""
    import torch

    model = network(SLICES, HEIGHT, WIDTH, EMBEDDING, CLASSES)
    entries = common.fill(model)
    model.eval()
    volumes = torch.from_numpy(common.uniform("proximity.volumes", (2, SLICES, 1, HEIGHT, WIDTH), SCALE))
    with torch.no_grad():
        single = [value.numpy().copy() for value in model.both(volumes)]
        exact = [value.numpy().copy() for value in model.double().both(volumes.double())]
    common.write_json(
        "proximity/network.json",
        {
            "tools": common.tools("torch", "timm", "numpy"),
            "generator": "Scripts/golden/common.py",
            "embedding_size": EMBEDDING,
            "classes": CLASSES,
            "input": {"shape": [2, SLICES, 1, HEIGHT, WIDTH], "stream": "proximity.volumes", "scale": SCALE},
            "float32_error": [training.relative(a, b) for a, b in zip(single, exact)],
            "embedding": exact[0].tolist(),
            "logits": exact[1].tolist(),
            "total": sum(math.prod(entry["shape"]) for entry in entries if entry["kind"] == "parameter"),
            "parameters": entries,
            "counted": [count(*sizes) for sizes in COUNTED],
        },
    )
    print(f"proximity/network: float32 error {[f'{training.relative(a, b):.1e}' for a, b in zip(single, exact)]}, "
          f"embedding's largest {np.abs(exact[0]).max():.3f}")


def main():
    import torch

    common.import_torch()
    common.clear("proximity", "*.json", "*.safetensors")
    write_network()
    variant = Variant()
    exact, single = training.train(variant, torch.float64), training.train(variant, torch.float32)
    check(exact, [single, training.train(variant, torch.float64, moved=2.0**-22)])
    training.record("proximity/training", variant, described(), exact, single)


if __name__ == "__main__":
    main()
