"""Ten training steps for every objective: metric learning, multi-label, segmentation and distillation.

The models are timm's, segmentation_models_pytorch's and transformers'. Everything is computed in float64 (the truth that tests
compare with), in float32, and in float64 from parameters moved by their last bit or two: a stream of images is taken only where
all three agree far better than tests ask for, so that no ReLU, no maximum and no mined triplet sits within rounding of a jump.
"""

import numpy as np

import common
import training

SAMPLES = 64
# Losses as parts of themselves, or of 1 where they are smaller; gradients as parts of their largest element.
AGREEMENT = 4e-5
MOVED = 2.0**-22

# What the labels of an example can be, a bit for each; the last shares one with the first and one with the second.
LABELS = [1, 2, 4, 3]


def embedder(classifier):
    """A ResNet-18 whose features an adapter brings to unit length, and the logits of `classifier` labels if there are any."""
    timm = common.import_timm()
    import torch

    network = timm.create_model("resnet18", pretrained=False, num_classes=0)

    class Embedder(type(network)):
        def forward(self, images):
            embedding = torch.nn.functional.normalize(self.adapter(super().forward(images)), dim=1)
            return self.classifier(embedding) if classifier else embedding

    network.__class__ = Embedder
    network.adapter = torch.nn.Sequential(
        torch.nn.Linear(512, 512), torch.nn.BatchNorm1d(512), torch.nn.ReLU(), torch.nn.Dropout(0.0), torch.nn.Linear(512, 128)
    )
    if classifier:
        network.classifier = torch.nn.Linear(128, classifier)
    return network


def build(model):
    """The model with the generator's values, some of them scaled anew, and the JSON entries of its parameters."""
    import torch

    name, classes = model["architecture"], model["classes"]
    if name == "unet_resnet18":
        network = common.build_unet(classes)
    elif name == "segformer_b0":
        network = common.build_segformer(name, classes, drop_path_rate=0.0, classifier_dropout_prob=0.0)
    else:
        network = embedder(classes)
    entries = common.fill(network)
    values = network.state_dict()
    for entry in entries:
        if entry["name"] in model.get("scales", {}):
            entry["scale"] = model["scales"][entry["name"]]
            fresh = common.uniform(entry["name"], tuple(entry["shape"]), entry["scale"], entry["offset"])
            values[entry["name"]].copy_(torch.from_numpy(fresh))
    return network, entries


class Kinks:
    """The smallest distance of a ReLU's or a max-pool's input from where its gradient jumps, over the modules of a network."""

    def __init__(self, network):
        import torch

        self.distance = float("inf")
        for module in network.modules():
            if isinstance(module, torch.nn.ReLU):
                module.register_forward_pre_hook(self.relu)
            if isinstance(module, torch.nn.MaxPool2d):
                module.register_forward_pre_hook(self.pool)

    def relu(self, module, inputs):
        self.distance = min(self.distance, float(inputs[0].detach().abs().min()))

    def pool(self, module, inputs):
        import torch

        x = inputs[0].detach()
        # What lies beyond the edge is below every ReLU's output.
        x = torch.nn.functional.pad(x, [module.padding] * 4, value=-1.0)
        windows = x.unfold(2, module.kernel_size, module.stride).unfold(3, module.kernel_size, module.stride)
        best = windows.flatten(-2).topk(2).values
        gaps = (best[..., 0] - best[..., 1])[best[..., 0] > 0]
        self.distance = min(self.distance, float(gaps.min()))


class Case:
    """A model, its batches and its loss, as `training.train` wants them."""

    def __init__(self, model, optimizer, images, shape, loss):
        self.description = {"model": model, "optimizer": optimizer, "loss": loss}
        self.optimizer = optimizer
        self.images, self.shape, self.loss = images, shape, loss
        self.description["input"] = {"shape": shape, "images": images, "scale": training.IMAGE_SCALE}

    def model(self):
        return build(self.description["model"])

    def input(self, step):
        return common.uniform(self.images.replace("{step}", str(step)), tuple(self.shape), training.IMAGE_SCALE)

    def target(self, step):
        kind, batch = self.loss["kind"], self.shape[0]
        if kind in ("triplet", "batch_hard"):
            return np.array(LABELS)[common.integers(f"labels.{step}", (batch,), len(LABELS))]
        if kind == "micro_f1":
            return common.integers(f"targets.{step}", (batch, self.description["model"]["classes"]), 2).astype(np.float32)
        masks = common.integers(f"masks.{step}", (batch, 1, *self.shape[2:]), 2).astype(np.float32)
        # The teacher wants the images too.
        return np.concatenate([masks, self.input(step)], axis=1) if kind == "distillation" else masks

    def criterion(self, dtype):
        return CRITERIA[self.loss["kind"]](self.loss, dtype)


def segmentation(loss, dtype):
    """(1 - w) BCE + w Dice, the Dice coefficient over the whole batch."""
    import torch

    def criterion(logits, masks):
        y = masks.to(dtype)
        p = torch.sigmoid(logits)
        dice = 1 - (2 * (p * y).sum() + 1e-5) / ((p * p).sum() + (y * y).sum() + 1e-5)
        entropy = torch.nn.functional.binary_cross_entropy_with_logits(logits, y)
        return (1 - loss["dice_weight"]) * entropy + loss["dice_weight"] * dice

    return criterion


def distillation(loss, dtype):
    """alpha task + beta KL of two-channel logits [0, x] at a temperature, which sums over pixels and divides by their number."""
    import torch

    teacher, loss["teacher"]["parameters"] = build(loss["teacher"])
    teacher.to(dtype).eval()
    task = segmentation(loss, dtype)

    def two(logits):
        return torch.cat([torch.zeros_like(logits), logits], dim=1) / loss["temperature"]

    def criterion(logits, target):
        masks, images = target[:, :1], target[:, 1:].to(dtype)
        with torch.no_grad():
            p = torch.softmax(two(teacher(images)), dim=1)
        divergence = torch.nn.functional.kl_div(torch.log_softmax(two(logits), dim=1), p, reduction="batchmean")
        divergence = divergence * loss["temperature"] ** 2 / (logits.shape[2] * logits.shape[3])
        return loss["alpha"] * task(logits, masks) + loss["beta"] * divergence

    return criterion


def philox(seed, step, stream, element):
    """The 32-bit word of an element: Philox4x32-10 (Salmon et al. 2011), in tiles of 32 elements as the trainer draws them."""
    counter = element // 32 * 8 + element % 8
    block = [counter & 0xFFFFFFFF, counter >> 32, step, stream]
    key = [seed & 0xFFFFFFFF, seed >> 32]
    for _ in range(10):
        low, high = block[0] * 0xD2511F53, block[2] * 0xCD9E8D57
        block = [(high >> 32) ^ block[1] ^ key[0], high & 0xFFFFFFFF, (low >> 32) ^ block[3] ^ key[1], low & 0xFFFFFFFF]
        key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return block[element % 32 // 8]


def mined(distances, labels, loss, step):
    """The triplets (anchor, positive, negative) of a batch: every pair of equal labels with one negative that shares none."""
    count, margin, triplets = len(labels), loss["margin"], []
    for a in range(count):
        for p in (row for row in range(count) if row != a and labels[row] == labels[a]):
            excess = {n: distances[a][p] - distances[a][n] + margin for n in range(count) if labels[n] & labels[a] == 0}
            hard = [n for n, value in excess.items() if value > 0]
            semi = [n for n in hard if excess[n] < margin]
            if not hard:
                continue
            if loss["choice"] == "hardest":
                triplets.append((a, p, max(hard, key=excess.get)))
            else:
                word = philox(loss["seed"], step, loss["stream"], a * (count - 1) + p - (p > a))
                choices = semi or hard
                triplets.append((a, p, choices[word * len(choices) >> 32]))
    return triplets


def triplet(loss, dtype):
    """The mean over mined triplets of max(d(a, p) - d(a, n) + margin, 0) with squared distances."""
    import torch

    step, loss["triplets"] = 0, []

    def criterion(embeddings, labels):
        nonlocal step
        d = (embeddings[:, None] - embeddings[None]).square().sum(2)
        triplets = torch.tensor(mined(d.tolist(), labels.tolist(), loss, step), dtype=torch.int64).reshape(-1, 3)
        step += 1
        loss["triplets"].append(len(triplets))
        a, p, n = triplets.T
        return torch.relu(d[a, p] - d[a, n] + loss["margin"]).mean()

    return criterion


def batch_hard(loss, dtype):
    """The mean over examples of max(farthest positive - nearest negative + margin, 0), themselves among the positives."""
    import torch

    def criterion(embeddings, labels):
        d = (embeddings[:, None] - embeddings[None]).square().sum(2).clamp(min=1e-12).sqrt()
        same = labels[:, None] == labels[None]
        farthest = torch.where(same, d, torch.zeros_like(d)).amax(1)
        nearest = torch.where(same, torch.full_like(d, 1e5), d).amin(1)
        return torch.relu(farthest - nearest + loss["margin"]).mean()

    return criterion


def micro_f1(loss, dtype):
    """One minus the mean over examples of F1 with probabilities instead of decisions."""
    import torch

    def criterion(logits, targets):
        p, y = torch.sigmoid(logits), targets.to(dtype)
        hits, false, missed = (p * y).sum(1), (p * (1 - y)).sum(1), ((1 - p) * y).sum(1)
        precision, recall = hits / (hits + false + 1e-7), hits / (hits + missed + 1e-7)
        return 1 - (2 * precision * recall / (precision + recall + 1e-7)).mean()

    return criterion


CRITERIA = {
    "triplet": triplet,
    "batch_hard": batch_hard,
    "micro_f1": micro_f1,
    "segmentation": segmentation,
    "distillation": distillation,
}
EMBEDDER = {"architecture": "resnet18", "classes": 0, "embedding": {"hidden": 512, "length": 128}}
RESNET = training.adamw(2e-5, 0.5)
# Random numbers come from the first stream of seed 7.
MINING = {"kind": "triplet", "margin": 0.2, "seed": 7, "stream": 1}
UNET = {"architecture": "unet_resnet18", "classes": 1}
SEGFORMER = {"architecture": "segformer_b0", "classes": 1}
BINARY = {"kind": "segmentation", "dice_weight": 0.5}

CASES = {
    "triplet_hardest": (EMBEDDER, RESNET, "metric.29.{step}", [8, 3, 32, 32], MINING | {"choice": "hardest"}),
    "triplet_semi_hard": (EMBEDDER, RESNET, "metric.10.{step}", [8, 3, 32, 32], MINING | {"choice": "semi_hard"}),
    "batch_hard": (EMBEDDER, RESNET, "metric.9.{step}", [8, 3, 32, 32], {"kind": "batch_hard", "margin": 0.5}),
    "micro_f1": (EMBEDDER | {"classes": 5}, RESNET, "metric.9.{step}", [8, 3, 32, 32], {"kind": "micro_f1"}),
    "unet_resnet18": (UNET, training.adamw(1e-5, 1.0), "segmentation.28.{step}", [2, 3, 32, 64], BINARY),
    "segformer_b0": (SEGFORMER, training.adamw(1e-4, 0.05), "segmentation.32.{step}", [2, 3, 64, 64], BINARY),
    "distillation": (
        SEGFORMER,
        training.adamw(1e-4, 0.05),
        "distillation.8.{step}",
        [2, 3, 64, 64],
        {
            "kind": "distillation",
            "dice_weight": 0.5,
            "alpha": 0.5,
            "beta": 0.5,
            "temperature": 4.0,
            "teacher": UNET | {"scales": {"segmentation_head.0.weight": 2.0}},
        },
    ),
}


def vanishes(gradient):
    """Whether a float64 gradient is zero but for rounding, as that of a bias before a normalisation."""
    return float(np.abs(gradient).max()) < 1e-12


def errors(exact, other):
    """How far a run's losses and first gradients are from the exact ones."""
    losses = max(abs(a - b) / max(1.0, abs(b)) for a, b in zip(other["losses"], exact["losses"]))
    gradients = {
        name: training.relative(other["gradients"][name], gradient)
        for name, gradient in exact["gradients"].items()
        if not vanishes(gradient)
    }
    worst = max(gradients, key=gradients.get)
    return {"loss": losses, "gradient": gradients[worst], "worst": worst}


def distance(case):
    """How near the first step comes to a jump of a gradient."""
    import torch

    network, _ = case.model()
    network.double().train()
    kinks = Kinks(network)
    with torch.no_grad():
        network(torch.from_numpy(case.input(0)).double())
    return kinks.distance


def write(name, case):
    import torch

    exact = training.train(case, torch.float64)
    single = errors(exact, training.train(case, torch.float32))
    moved = errors(exact, training.train(case, torch.float64, moved=MOVED))
    kinks = distance(case)
    print(
        f"objectives/{name}: loss {exact['losses'][0]:.4f} -> {exact['losses'][-1]:.4f}, {kinks:.1e} from a jump\n"
        f"  float32 {single}\n  moved {moved}"
    )
    if max(single["loss"], single["gradient"], moved["loss"], moved["gradient"]) > AGREEMENT:
        raise SystemExit(f"objectives/{name}: take other images, these are within rounding of a jump")
    tensors, parameters = {}, []
    for entry in exact["entries"]:
        row = {key: entry[key] for key in ("name", "shape", "scale", "offset", "trainable")}
        row["l2_after_all"] = exact["after_all"][entry["name"]]
        gradient = exact["gradients"].get(entry["name"])
        if gradient is not None:
            flat = gradient.ravel()
            row["gradient_l2"] = float(np.linalg.norm(flat))
            row["gradient_largest"] = float(np.abs(flat).max())
            row["vanishes"] = vanishes(flat)
            kept = flat if flat.size <= SAMPLES else flat[common.sample_indices(entry["name"], flat.size, SAMPLES)]
            tensors["gradient/" + entry["name"]] = kept.astype(np.float32)
        parameters.append(row)
    common.write_tensors(f"objectives/{name}.safetensors", tensors)
    tools = common.tools("torch", "timm", "segmentation_models_pytorch", "transformers", "numpy")
    record = {"tools": tools, "generator": "Scripts/golden/common.py"} | case.description
    record |= {
        "max_norm": training.MAX_NORM,
        "losses": exact["losses"],
        "gradient_norms": exact["gradient_norms"],
        "float32_error": single,
        "moved_error": moved,
        "distance_from_jump": kinks,
        "sampling": {"above": SAMPLES, "count": SAMPLES, "indices": "indices.{name}"},
        "parameters": parameters,
    }
    common.write_json(f"objectives/{name}.json", record)


def main():
    common.import_torch()
    common.clear("objectives", "*.json", "*.safetensors")
    for name, (model, optimizer, images, shape, loss) in CASES.items():
        write(name, Case(model, optimizer, images, shape, dict(loss)))


if __name__ == "__main__":
    main()
