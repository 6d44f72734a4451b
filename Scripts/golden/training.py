"""Ten training steps of timm and peft models: losses, one step's gradients, logits before and after.

Everything is computed twice from the same float32 initial values and images: in float64 (the truth that tests compare
with) and in float32 (what the field's tools give, to show how far rounding alone moves the numbers).
"""

import math

import numpy as np

import common

STEPS = 10
BATCH = 8
CLASSES = 5
MAX_NORM = 1.0
STORED = 4096
SAMPLES = 512
IMAGE_SCALE = 2.0

# The decay is large enough for ten steps to show a wrong one, the rate small enough that a ReLU whose input lies within
# rounding of zero does not show.
SGD = {"name": "SGD", "lr": 0.004, "momentum": 0.9, "dampening": 0.0, "nesterov": False, "weight_decay": 0.01}


def adamw(lr, weight_decay):
    return {"name": "AdamW", "lr": lr, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": weight_decay}


RESNET = {"architecture": "resnet18", "arguments": {"num_classes": CLASSES}, "lora": None}
LORA = {"r": 8, "alpha": 32, "dropout": 0.0, "targets": ["qkv"], "also_trainable": ["head.weight", "head.bias"]}
RETFOUND = {"img_size": 64, "num_classes": CLASSES, "global_pool": "avg"}
TOKEN = {"img_size": 64, "num_classes": CLASSES, "global_pool": "token"}

# With these images no ReLU or max-pool input of the first step lies within 7e-6 of where its gradient jumps.
SMOOTH = {"size": 48, "images": "batch.26.{step}"}
PLAIN = {"size": 64, "images": "batch.{step}"}

VARIANTS = {
    "resnet18_sgd": {
        "input": SMOOTH,
        "model": RESNET,
        "optimizer": SGD,
        "loss": {"label_smoothing": 0.1, "class_weights": [0.5, 1.5, 0.75, 2.0, 1.25]},
    },
    "resnet18_adamw": {
        "input": SMOOTH,
        "model": RESNET,
        "optimizer": adamw(2e-5, 0.5),
        "loss": {"label_smoothing": 0.0, "class_weights": None},
    },
    "vit_tiny_lora": {
        "input": PLAIN,
        "model": {"architecture": "vit_tiny_patch16_224", "arguments": RETFOUND, "lora": LORA},
        "optimizer": adamw(5e-4, 0.01),
        "loss": {"label_smoothing": 0.0, "class_weights": None},
    },
    "vit_tiny_full": {
        "input": PLAIN,
        "model": {"architecture": "vit_tiny_patch16_224", "arguments": TOKEN, "lora": None},
        "optimizer": adamw(5e-4, 0.05),
        "loss": {"label_smoothing": 0.1, "class_weights": None},
    },
}


def build(spec):
    """The model with the generator's values, and the JSON entries of its parameters."""
    timm = common.import_timm()
    model = timm.create_model(spec["architecture"], pretrained=False, **spec["arguments"])
    lora = spec["lora"]
    if lora:
        from peft import LoraConfig, get_peft_model

        config = LoraConfig(
            r=lora["r"], lora_alpha=lora["alpha"], lora_dropout=lora["dropout"], target_modules=lora["targets"], bias="none"
        )
        model = get_peft_model(model, config)
        for name, value in model.named_parameters():
            if common.canonical(name) in lora["also_trainable"]:
                value.requires_grad = True
    return model, common.fill(model)


def optimizer_of(spec, parameters):
    import torch

    options = {key: value for key, value in spec.items() if key != "name"}
    if "betas" in options:
        options["betas"] = tuple(options["betas"])
    return getattr(torch.optim, spec["name"])(parameters, **options)


class Variant:
    """One of VARIANTS as `train` wants it: a model, batches and a loss."""

    def __init__(self, spec):
        self.spec = spec
        self.optimizer = spec["optimizer"]

    def model(self):
        return build(self.spec["model"])

    def input(self, step):
        size = self.spec["input"]["size"]
        name = self.spec["input"]["images"].replace("{step}", str(step))
        return common.uniform(name, (BATCH, 3, size, size), IMAGE_SCALE)

    def target(self, step):
        return common.integers(f"labels.{step}", (BATCH,), CLASSES)

    def criterion(self, dtype):
        import torch

        weights = self.spec["loss"]["class_weights"]
        return torch.nn.CrossEntropyLoss(
            weight=None if weights is None else torch.tensor(weights, dtype=dtype),
            label_smoothing=self.spec["loss"]["label_smoothing"],
        )


def train(variant, dtype, steps=STEPS, moved=0.0):
    """Runs the steps in one precision; returns everything that is compared.

    `moved` changes every parameter by up to that part of itself beforehand.
    """
    import torch

    model, entries = variant.model()
    model.to(dtype)
    if moved:
        with torch.no_grad():
            for name, value in model.named_parameters():
                value *= 1 + moved * torch.from_numpy(common.uniform("moved." + name, tuple(value.shape))).to(dtype)
    named = [(common.canonical(name), value) for name, value in model.named_parameters() if value.requires_grad]
    parameters = [value for _, value in named]
    optimizer = optimizer_of(variant.optimizer, parameters)
    criterion = variant.criterion(dtype)

    def input_of(step):
        return torch.from_numpy(variant.input(step)).to(dtype)

    def output():
        model.eval()
        with torch.no_grad():
            return model(input_of(0)).numpy().copy()

    result = {"entries": entries, "losses": [], "gradient_norms": [], "logits_before": output()}
    for step in range(steps):
        model.train()
        optimizer.zero_grad()
        loss = criterion(model(input_of(step)), torch.from_numpy(variant.target(step)))
        loss.backward()
        if step == 0:
            result["gradients"] = {name: value.grad.numpy().copy() for name, value in named}
        result["losses"].append(float(loss.detach()))
        norm = torch.nn.utils.clip_grad_norm_(parameters, MAX_NORM)
        result["gradient_norms"].append(float(norm))
        optimizer.step()
        if step == 0:
            result["after_one"] = state(model)
    result["after_all"] = state(model)
    result["logits_after"] = output()
    return result


def state(model):
    """L2 norms of every parameter and buffer."""
    norms = {}
    for name, value in model.state_dict().items():
        if value.is_floating_point():
            flat = value.detach().double().numpy().ravel()
            norms[common.canonical(name)] = math.sqrt(np.sum(flat * flat))
    return norms


def relative(actual, expected):
    """Largest difference over the largest magnitude."""
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    return float(np.abs(actual - expected).max() / max(np.abs(expected).max(), 1e-300))


def stored_gradients(gradients):
    """Tensors for the safetensors file and the JSON entries that describe them."""
    tensors, described = {}, []
    for name, gradient in gradients.items():
        flat = gradient.astype(np.float64).ravel()
        sampled = flat.size > STORED
        kept = flat[common.sample_indices(name, flat.size, SAMPLES)] if sampled else flat.reshape(gradient.shape)
        tensors["gradient/" + name] = kept.astype(np.float32)
        described.append(
            {
                "name": name,
                "shape": list(gradient.shape),
                "sampled": sampled,
                "l2": float(math.sqrt(math.fsum(flat * flat))),
                "sum": math.fsum(flat),
            }
        )
    return tensors, described


def record(path, variant, described, exact, single):
    """Writes what tests compare: `path`.safetensors and `path`.json, which begins with `described`."""
    tensors, gradients = stored_gradients(exact["gradients"])
    for entry in gradients:
        entry["float32_error"] = relative(single["gradients"][entry["name"]], exact["gradients"][entry["name"]])
    for key in ("logits_before", "logits_after"):
        tensors[key] = exact[key]
        tensors[key + ".float32"] = single[key]
    loss_errors = [abs(a - b) / abs(b) for a, b in zip(single["losses"], exact["losses"])]
    common.write_tensors(f"{path}.safetensors", tensors)
    common.write_json(
        f"{path}.json",
        described
        | {
            "losses": exact["losses"],
            "losses_float32": single["losses"],
            "gradient_norms": exact["gradient_norms"],
            "gradient_norms_float32": single["gradient_norms"],
            "float32_error": {
                "loss": max(loss_errors),
                "gradient": max(entry["float32_error"] for entry in gradients),
                "logits_before": relative(single["logits_before"], exact["logits_before"]),
                "logits_after": relative(single["logits_after"], exact["logits_after"]),
            },
            "sampling": {"above": STORED, "count": SAMPLES, "indices": "indices.{name}"},
            "parameters": [
                entry | {"l2_after_one": exact["after_one"][entry["name"]], "l2_after_all": exact["after_all"][entry["name"]]}
                for entry in exact["entries"]
            ],
            "gradients": gradients,
        },
    )
    worst = max(gradients, key=lambda entry: entry["float32_error"])
    print(f"{path}: loss {exact['losses'][0]:.4f} -> {exact['losses'][-1]:.4f}, float32 loss error "
          f"{max(loss_errors):.1e}, gradient error {worst['float32_error']:.1e} ({worst['name']})")


def write(name, spec):
    import torch

    variant = Variant(spec)
    described = {
        "tools": common.tools("torch", "timm", "peft", "numpy"),
        "generator": "Scripts/golden/common.py",
        "model": spec["model"],
        "optimizer": spec["optimizer"],
        "loss": spec["loss"],
        "max_norm": MAX_NORM,
        "steps": STEPS,
        "input": {
            "shape": [BATCH, 3, spec["input"]["size"], spec["input"]["size"]],
            "images": spec["input"]["images"],
            "scale": IMAGE_SCALE,
            "labels": "labels.{step}",
            "classes": CLASSES,
        },
    }
    record(f"training/{name}", variant, described, train(variant, torch.float64), train(variant, torch.float32))


def write_generator():
    """The first draws of a few streams, so that a port of the generator can be tested alone."""
    streams = []
    for name in ("conv1.weight", "blocks.0.attn.qkv.lora_B.weight", "batch.26.0", "labels.0", "indices.fc.weight", "", "é"):
        draws = common.bits(name, 8)
        streams.append(
            {
                "name": name,
                "seed": f"{common.fnv1a(name):016x}",
                "bits": [f"{int(draw):016x}" for draw in draws],
                "uniform": [float(value) for value in common.uniform(name, (8,))],
                "scaled": [float(value) for value in common.uniform(name, (8,), np.float32(0.02))],
                "with_offset": [float(value) for value in common.uniform(name, (8,), 0.125, 1.0)],
                "integers_below_5": common.integers(name, (8,), 5).tolist(),
                "integers_below_1000003": common.integers(name, (8,), 1000003).tolist(),
            }
        )
    record = {"scaled_by": float(np.float32(0.02)), "offset": [0.125, 1.0], "streams": streams}
    common.write_json("training/generator.json", record)


def main():
    common.clear("training", "*.json", "*.safetensors")
    write_generator()
    for name, variant in VARIANTS.items():
        write(name, variant)


if __name__ == "__main__":
    main()
