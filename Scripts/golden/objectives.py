"""Ten training steps for segmentation and distillation.

The models are segmentation_models_pytorch's and transformers'. Everything is computed in float64 (the truth that tests
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

def build(model):
    """The model with the generator's values, some of them scaled anew, and the JSON entries of its parameters."""
    import torch

    name, classes = model["architecture"], model["classes"]
    if name == "unet_resnet18":
        network = common.build_unet(classes)
    else:
        network = common.build_segformer(name, classes, drop_path_rate=0.0, classifier_dropout_prob=0.0)
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


CRITERIA = {
    "segmentation": segmentation,
    "distillation": distillation,
}
UNET = {"architecture": "unet_resnet18", "classes": 1}
SEGFORMER = {"architecture": "segformer_b0", "classes": 1}
BINARY = {"kind": "segmentation", "dice_weight": 0.5}

CASES = {
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
