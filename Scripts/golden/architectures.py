"""Parameter names, shapes and totals of published architectures, and eval-mode logits on the generator's weights.

The models are timm's, U-Net that of segmentation_models_pytorch, SegFormer that of transformers. The logits are computed in float64 (and in float32 beside it) on reduced images; the two largest models are only listed.
"""

import math

import numpy as np

import common

BATCH = 2
PUBLISHERS = {"unet": ["segmentation_models_pytorch"], "segformer": ["transformers"]}
HEADS = ("head", "fc", "segmentation_head", "decode_head")
SCALE = 2.0
POOLED = {"global_pool": "avg"}
ADAPTERS = {"r": 8, "alpha": 32, "dropout": 0.0, "targets": ["qkv"], "also_trainable": ["head.weight", "head.bias"]}

# File name: the published name, arguments, image [height, width] or None, LoRA or None.
MODELS = {
    "resnet18": ("resnet18", {"num_classes": 1000}, [64, 64], None),
    "resnet18_5": ("resnet18", {"num_classes": 5}, [40, 57], None),
    "resnet50": ("resnet50", {"num_classes": 1000}, [64, 64], None),
    "resnet50_5": ("resnet50", {"num_classes": 5}, [64, 48], None),
    "unet_resnet18": ("unet_resnet18", {"num_classes": 2}, [64, 96], None),
    "segformer_b0": ("segformer_b0", {"num_classes": 3}, [64, 96], None),
    "segformer_b2": ("segformer_b2", {"num_classes": 1}, None, None),
    "vit_tiny": ("vit_tiny_patch16_224", {"num_classes": 1000}, [224, 224], None),
    "vit_tiny_retfound": ("vit_tiny_patch16_224", {"img_size": 64, "num_classes": 5} | POOLED, [64, 64], None),
    "vit_tiny_lora": ("vit_tiny_patch16_224", {"img_size": 64, "num_classes": 5} | POOLED, [64, 64], ADAPTERS),
    "vit_tiny_features": ("vit_tiny_patch16_224", {"img_size": 64, "num_classes": 0}, [64, 64], None),
    "vit_small": ("vit_small_patch16_224", {"img_size": 64, "num_classes": 5}, [64, 64], None),
    "vit_small_rectangle": ("vit_small_patch16_224", {"img_size": [48, 80], "num_classes": 5}, [48, 80], None),
    "vit_base": ("vit_base_patch16_224", {"num_classes": 1000}, None, None),
    "vit_large": ("vit_large_patch16_224", {"num_classes": 1000}, None, None),
    "vit_large_retfound": ("vit_large_patch16_224", {"num_classes": 5} | POOLED, None, None),
    "vit_large_lora": ("vit_large_patch16_224", {"num_classes": 5} | POOLED, None, ADAPTERS),
}


# A map of logits is kept in part.
MAP_STRIDE = 97


def build(architecture, arguments, lora):
    if architecture == "unet_resnet18":
        return common.build_unet(arguments["num_classes"])
    if architecture in common.SEGFORMER:
        return common.build_segformer(architecture, arguments["num_classes"])
    timm = common.import_timm()
    model = timm.create_model(architecture, pretrained=False, **arguments)
    if lora:
        from peft import LoraConfig, get_peft_model

        config = LoraConfig(
            r=lora["r"], lora_alpha=lora["alpha"], lora_dropout=lora["dropout"], target_modules=lora["targets"], bias="none"
        )
        model = get_peft_model(model, config)
        for name, value in model.named_parameters():
            if common.canonical(name) in lora["also_trainable"]:
                value.requires_grad = True
    return model


def listed(model):
    """The entries that `common.fill` would return, without touching values (for models on the meta device)."""
    trainable = {common.canonical(name): value.requires_grad for name, value in model.named_parameters()}
    entries = []
    for raw, value in model.state_dict().items():
        name = common.canonical(raw)
        if name.endswith("num_batches_tracked"):
            continue
        scale, offset = common.rule(name, value.shape)
        kind = "parameter" if name in trainable else "buffer"
        entry = {"name": name, "shape": list(value.shape), "scale": scale, "offset": offset, "kind": kind}
        entries.append(entry | {"trainable": trainable.get(name, False)})
    return entries


def logits(model, size):
    """float64 and float32 logits of the generator's images `architecture.input`."""
    import torch

    images = torch.from_numpy(common.uniform("architecture.input", (BATCH, 3, *size), SCALE))
    model.eval()
    with torch.no_grad():
        single = model(images).numpy().copy()
        exact = model.double()(images.double()).numpy().copy()
    return exact, single


def write(name, architecture, arguments, size, lora):
    import torch

    if size is None:
        with torch.device("meta"):
            model = build(architecture, arguments, lora)
            entries = listed(model)
    else:
        model = build(architecture, arguments, lora)
        entries = common.fill(model)
    counts = {entry["name"]: math.prod(entry["shape"]) for entry in entries if entry["kind"] == "parameter"}
    total = sum(counts.values())
    adapters = sum(count for key, count in counts.items() if ".lora_" in key)
    head = sum(count for key, count in counts.items() if key.split(".")[0] in HEADS)
    record = {
        "tools": common.tools("torch", *PUBLISHERS.get(architecture.split("_")[0], ["timm", "peft"]), "numpy"),
        "generator": "Scripts/golden/common.py",
        "architecture": architecture,
        "arguments": arguments,
        "lora": lora,
        "total": total - adapters,
        "total_without_head": total - adapters - head,
        "adapter_total": adapters,
    }
    if architecture in common.SEGFORMER:
        record["drop_path"] = [layer.drop_prob for layer in model.modules() if type(layer).__name__ == "SegformerDropPath"]
    error = None
    if size is not None:
        exact, single = logits(model, size)
        error = float(np.abs(exact - single).max() / np.abs(exact).max())
        if exact.ndim > 2:
            record["logits_shape"] = list(exact.shape)
            record["logits_stride"] = MAP_STRIDE
            exact, single = (values.reshape(BATCH, -1)[:, ::MAP_STRIDE] for values in (exact, single))
        record["input"] = {"shape": [BATCH, 3, *size], "stream": "architecture.input", "scale": SCALE, "offset": 0.0}
        record["float32_error"] = error
        record["logits"] = exact.tolist()
        record["logits_float32"] = [[float(value) for value in row] for row in single]
        if architecture in common.SEGFORMER or architecture == "unet_resnet18":
            del record["logits_float32"]
        elif exact.shape[1] > 100:
            # Enough of a thousand logits to find any mistake.
            record["logits_count"] = exact.shape[1]
            record["logits"] = exact[:, :50].tolist()
            record["logits_l2"] = [float(np.linalg.norm(row)) for row in exact]
            del record["logits_float32"]
    record["parameters"] = entries
    common.write_json(f"architectures/{name}.json", record)
    print(f"architectures/{name}: {total - adapters} + {adapters} parameters, float32 error {error}")


def main():
    common.import_torch()
    common.clear("architectures", "*.json")
    for name, model in MODELS.items():
        write(name, *model)


if __name__ == "__main__":
    main()
