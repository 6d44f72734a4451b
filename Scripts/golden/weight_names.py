"""The names under which a SegFormer's weights were published: by transformers 5, by transformers before it, and by NVlabs.

The older transformers' names are those of the file that transformers itself writes; which tensor is which is told by its
content. NVlabs' are those of the modules in its mix_transformer.py and segformer_head.py; there keys and values are one tensor,
keys first, so both have its name.
"""

import re
import tempfile

import common

NVLABS = [
    (r"segformer\.stages\.(\d)\.patch_embeddings\.proj", "backbone.patch_embed{0}.proj"),
    (r"segformer\.stages\.(\d)\.patch_embeddings\.layer_norm", "backbone.patch_embed{0}.norm"),
    (r"segformer\.stages\.(\d)\.layer_norm", "backbone.norm{0}"),
    (r"segformer\.stages\.(\d)\.blocks\.(\d+)\.layernorm_before", "backbone.block{0}.{1}.norm1"),
    (r"segformer\.stages\.(\d)\.blocks\.(\d+)\.layernorm_after", "backbone.block{0}.{1}.norm2"),
    (r"segformer\.stages\.(\d)\.blocks\.(\d+)\.attention\.q_proj", "backbone.block{0}.{1}.attn.q"),
    (r"segformer\.stages\.(\d)\.blocks\.(\d+)\.attention\.[kv]_proj", "backbone.block{0}.{1}.attn.kv"),
    (r"segformer\.stages\.(\d)\.blocks\.(\d+)\.attention\.o_proj", "backbone.block{0}.{1}.attn.proj"),
    (
        r"segformer\.stages\.(\d)\.blocks\.(\d+)\.attention\.sequence_reduction\.sequence_reduction",
        "backbone.block{0}.{1}.attn.sr",
    ),
    (
        r"segformer\.stages\.(\d)\.blocks\.(\d+)\.attention\.sequence_reduction\.layer_norm",
        "backbone.block{0}.{1}.attn.norm",
    ),
    (r"segformer\.stages\.(\d)\.blocks\.(\d+)\.mlp\.(fc1|fc2|dwconv\.dwconv)", "backbone.block{0}.{1}.mlp.{2}"),
    (r"decode_head\.linear_projections\.(\d)\.proj", "decode_head.linear_c{0}.proj"),
    (r"decode_head\.linear_fuse", "decode_head.linear_fuse.conv"),
    (r"decode_head\.batch_norm", "decode_head.linear_fuse.bn"),
    (r"decode_head\.classifier", "decode_head.linear_pred"),
]


def nvlabs(name):
    module, leaf = name.rsplit(".", 1)
    for pattern, target in NVLABS:
        match = re.fullmatch(pattern, module)
        if match:
            groups = list(match.groups())
            if groups:
                groups[0] = str(int(groups[0]) + 1)
            return target.format(*groups) + "." + leaf
    raise ValueError(f"{name} has no name")


def older(model):
    """The name in the file that `save_pretrained` writes, by the name in the model."""
    from safetensors.numpy import load_file
    from transformers import SegformerForSemanticSegmentation

    model.__class__ = SegformerForSemanticSegmentation
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        saved = load_file(f"{folder}/model.safetensors")
    by_content = {array.tobytes(): name for name, array in saved.items()}
    return {name: by_content[value.numpy().tobytes()] for name, value in model.state_dict().items()}


def main():
    common.clear("names", "*.json")
    common.import_transformers().utils.logging.disable_progress_bar()
    model = common.build_segformer("segformer_b0", 3)
    entries = common.fill(model)
    legacy = older(model)
    names = [entry["name"] for entry in entries]
    record = {
        "tools": common.tools("torch", "transformers"),
        "published": names,
        "legacy": [legacy[name] for name in names],
        "nvlabs": [nvlabs(name) for name in names],
    }
    common.write_json("names/segformer_b0.json", record)
    print(f"names/segformer_b0: {len(names)} names, {sum(legacy[name] != name for name in names)} of them others before")


if __name__ == "__main__":
    main()
