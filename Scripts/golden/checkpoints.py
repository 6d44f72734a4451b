"""Writes Tests/Golden/checkpoints with PyTorch, safetensors and PEFT.

Run from anywhere: python Scripts/golden/checkpoints.py
`expected.json` holds, per file, every tensor's type, shape and little-endian bytes in hexadecimal.
"""

import argparse
import collections
import io
import json
import os
import pathlib
import pickle
import shutil
import struct
import sys
import warnings
import zipfile

import numpy
import safetensors
import safetensors.torch
import torch
import torch.nn.functional as F

OUT = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Golden" / "checkpoints"
NAMES = {
    torch.float32: "float32", torch.float64: "float64", torch.float16: "float16", torch.bfloat16: "bfloat16",
    torch.int64: "int64", torch.int32: "int32", torch.int16: "int16", torch.int8: "int8", torch.uint8: "uint8",
    torch.bool: "bool",
}


def described(tensors):
    result = {}
    for name, tensor in sorted(tensors.items()):
        dense = tensor.detach().contiguous().reshape(-1).view(torch.uint8) if tensor.numel() else torch.zeros(0, dtype=torch.uint8)
        result[name] = {"type": NAMES[tensor.dtype], "shape": list(tensor.shape), "bytes": bytes(dense.tolist()).hex()}
    return result


def all_types():
    torch.manual_seed(0)
    tensors = {
        f"t.{name}": (torch.randn(2, 3) * 50).to(dtype) if dtype.is_floating_point
        else torch.randint(0, 2 if dtype == torch.bool else 100, (2, 3)).to(dtype)
        for dtype, name in NAMES.items()
    }
    tensors["scalar"] = torch.tensor(2.5)
    tensors["empty"] = torch.zeros(0, 4)
    tensors["é \"quoted\""] = torch.arange(5, dtype=torch.int16)
    return tensors


def state_dictionary():
    torch.manual_seed(1)
    base = torch.randn(4, 6)
    tensors = collections.OrderedDict(all_types())
    tensors["shared.whole"] = base
    tensors["shared.rows"] = base[1:3]
    tensors["strided.columns"] = base[:, 1::2]
    tensors["strided.transposed"] = base.t()
    tensors["strided.expanded"] = torch.randn(1, 3).expand(4, 3)
    tensors["parameter"] = torch.nn.Parameter(torch.randn(3))
    tensors["strided.permuted"] = torch.randn(2, 3, 4, dtype=torch.float64).permute(2, 0, 1)
    return tensors


def same_weights(path, tensors):
    if not path.exists():
        return False
    return described(torch.load(path, weights_only=False)["model"]) == described(tensors)


def pytorch_files(expected):
    tensors = state_dictionary()
    wrapped = {
        "model": collections.OrderedDict(("module." + name, tensor) for name, tensor in tensors.items()),
        "epoch": 7, "best": 0.25, "big": 1 << 70, "negative": -70000, "flag": True, "nothing": None,
        "args": argparse.Namespace(lr=1e-3, name="mae", scale=numpy.float64(1.5), nested={"a": [1, 2, (3,)]}),
        "optimizer": {"state": {0: {"step": torch.tensor(3.0), "exp_avg": torch.ones(2)}}, "param_groups": [{"lr": 0.1, "params": [0]}]},
    }
    torch.save(wrapped, OUT / "zip.pth")
    # The old format names storages by address, so an earlier file of the same content stays.
    if not same_weights(OUT / "legacy.pth", wrapped["model"]):
        torch.save(wrapped, OUT / "legacy.pth", _use_new_zipfile_serialization=False)
    expected["zip.pth"] = expected["legacy.pth"] = described(tensors)

    linear = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
    torch.save(linear.state_dict(), OUT / "plain.pth")
    expected["plain.pth"] = described(linear.state_dict())

    # A ZIP64 directory and an odd alignment, through Python's zipfile.
    source = zipfile.ZipFile(OUT / "plain.pth")
    with open(OUT / "zip64_misaligned.pth", "wb") as file, zipfile.ZipFile(file, "w") as target:
        for item in source.infolist():
            name = item.filename.replace("plain/", "oddnames/")
            with target.open(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), "w", force_zip64=True) as member:
                member.write(source.read(item))
    expected["zip64_misaligned.pth"] = described(linear.state_dict())
    data = bytearray((OUT / "zip64_misaligned.pth").read_bytes())
    end = data.rindex(b"PK\x05\x06")
    count, size, offset = struct.unpack("<HII", data[end + 10:end + 20])
    record = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, size, offset)
    locator = struct.pack("<IIQI", 0x07064B50, 0, end, 1)
    tail = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    (OUT / "zip64_misaligned.pth").write_bytes(bytes(data[:end]) + record + locator + tail)
    assert torch.load(OUT / "zip64_misaligned.pth", weights_only=True).keys() == linear.state_dict().keys()

    with zipfile.ZipFile(OUT / "deflated.pth", "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            target.writestr(zipfile.ZipInfo(item.filename, (1980, 1, 1, 0, 0, 0)), source.read(item), zipfile.ZIP_DEFLATED)


class Calls:
    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


def zipped(name, pickled):
    with zipfile.ZipFile(OUT / name, "w") as target:
        for member, content in [("x/data.pkl", pickled), ("x/byteorder", b"little"), ("x/data/0", b"\0" * 16), ("x/version", b"3\n")]:
            target.writestr(zipfile.ZipInfo(member, (1980, 1, 1, 0, 0, 0)), content)


def hostile_files():
    """Pickles that must be refused; the name of the file says why."""
    system = Calls(os.system, "touch /tmp/this-file-must-not-exist")
    zipped("forbidden_system.pth", pickle.dumps({"model": system}, protocol=2))
    zipped("forbidden_eval.pth", pickle.dumps({"model": Calls(eval, "1")}, protocol=2))
    zipped("forbidden_getattr.pth", pickle.dumps({"model": Calls(getattr, "a", "b")}, protocol=2))
    zipped("forbidden_stack_global.pth", b"\x80\x02\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.")
    zipped("forbidden_inst.pth", b"\x80\x02(X\x02\x00\x00\x00idiposix\nsystem\n.")
    zipped("forbidden_obj.pth", b"\x80\x02(cposix\nsystem\nX\x02\x00\x00\x00ido.")
    zipped("forbidden_newobj.pth", b"\x80\x02csubprocess\nPopen\nX\x02\x00\x00\x00id\x85\x81.")
    zipped("forbidden_build.pth", b"\x80\x02cbuiltins\nstr\n}b.")
    zipped("forbidden_ext.pth", b"\x80\x02\x82\x01.")
    zipped("malformed_call_of_string.pth", b"\x80\x02X\x01\x00\x00\x00a)R.")
    zipped("malformed_empty_stack.pth", b"\x80\x02R.")
    zipped("malformed_memo.pth", b"\x80\x02h\x05.")
    zipped("malformed_append.pth", b"\x80\x02}K\x01a.")
    storage = b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu%stQ"
    tensor = b"\x80\x02}X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"%s%s%s\x89}tRs."
    zipped("malformed_outside.pth", tensor % (b"K\x04", b"K\x00", b"K\x03K\x02\x86", b"K\x02K\x01\x86"))
    zipped("malformed_offset.pth", tensor % (b"K\x04", b"K\x02", b"K\x03\x85", b"K\x01\x85"))
    zipped("malformed_negative_stride.pth", tensor % (b"K\x04", b"K\x03", b"K\x04\x85", b"J\xff\xff\xff\xff\x85"))
    zipped("malformed_overflow.pth", tensor % (b"K\x04", b"K\x00", (b"\x8a\x08" + b"\xff" * 7 + b"\x7f") * 2 + b"\x86", b"K\x01K\x01\x86"))
    zipped("truncated_storage.pth", tensor % (b"M\x00\x10", b"K\x00", b"K\x04\x85", b"K\x01\x85"))
    # A view that repeats four floats 2^40 times.
    zipped("tooLarge_expanded.pth", tensor % (b"K\x04", b"K\x00", b"\x8a\x06\x00\x00\x00\x00\x00\x01K\x04\x86", b"K\x00K\x01\x86"))
    # A list that contains itself, deep nesting, and a memo of doubled tuples: values or errors, never a trap.
    zipped("odd_cycle.pth", b"\x80\x02]q\x00h\x00a.")
    zipped("odd_deep.pth", b"\x80\x02)" + b"\x85" * 100000 + b".")
    zipped("odd_doubling.pth", b"\x80\x02)" + b"q\x00h\x00\x86" * 200 + b".")
    zipped("missing_storage.pth", (tensor % (b"K\x04", b"K\x00", b"K\x04\x85", b"K\x01\x85")).replace(b"\x01\x00\x00\x000", b"\x01\x00\x00\x007"))


def positions():
    torch.manual_seed(2)
    tensors = {}
    for source, target in [((14, 14), (28, 28)), ((14, 14), (8, 8)), ((14, 14), (16, 9)), ((3, 3), (4, 4)), ((2, 2), (3, 3))]:
        embedding = torch.randn(1, 1 + source[0] * source[1], 6)
        key = f"{source[0]}_{target[0]}x{target[1]}"
        tensors[f"{key}.source"] = embedding
        grid = embedding[:, 1:].reshape(1, *source, -1).permute(0, 3, 1, 2)
        for antialias in (False, True):
            resized = F.interpolate(grid, size=target, mode="bicubic", align_corners=False, antialias=antialias)
            rows = resized.permute(0, 2, 3, 1).flatten(1, 2)
            tensors[f"{key}.{'timm' if antialias else 'retfound'}"] = torch.cat((embedding[:, :1], rows), 1).contiguous()
    safetensors.torch.save_file(tensors, OUT / "positions.safetensors")


def adapter():
    # peft imports torchvision, whose compiled half may not fit this torch; its operators are not needed here.
    library = torch.library.Library("torchvision", "DEF")
    for operator in ("nms", "qnms"):
        library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import peft

    torch.manual_seed(3)

    class Attention(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.qkv = torch.nn.Linear(4, 12)
            self.proj = torch.nn.Linear(4, 4)

    model = torch.nn.ModuleDict({"blocks": torch.nn.ModuleList([Attention(), Attention()]), "classifier": torch.nn.Linear(4, 2)})
    config = peft.LoraConfig(
        r=2, lora_alpha=4, lora_dropout=0.1, target_modules=["qkv"], modules_to_save=["classifier"], bias="none",
        task_type="FEATURE_EXTRACTION", rank_pattern={"blocks.1.attn.qkv": 2, "1.qkv": 3}, alpha_pattern={"1.qkv": 9},
    )
    wrapped = peft.PeftModel(model, config)
    for name, parameter in wrapped.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter)
    shutil.rmtree(OUT / "peft", ignore_errors=True)
    wrapped.save_pretrained(OUT / "peft")
    (OUT / "peft" / "README.md").unlink(missing_ok=True)
    config_path = OUT / "peft" / "adapter_config.json"
    values = json.loads(config_path.read_text())
    values["target_modules"] = sorted(values["target_modules"])
    config_path.write_text(json.dumps(values, indent=2, sort_keys=True) + "\n")
    in_memory = {n: p.detach().clone() for n, p in wrapped.named_parameters() if "lora_" in n or "modules_to_save" in n}
    torch.save({"lora": in_memory}, OUT / "peft_in_memory.pth")
    return peft.__version__


def main():
    warnings.simplefilter("ignore")
    OUT.mkdir(parents=True, exist_ok=True)
    expected = {}
    types = all_types()
    safetensors.torch.save_file(types, OUT / "all_types.safetensors", metadata={"format": "pt"})
    expected["all_types.safetensors"] = described(types)
    pytorch_files(expected)
    hostile_files()
    positions()
    versions = {
        "python": sys.version.split()[0], "torch": torch.__version__, "safetensors": safetensors.__version__,
        "numpy": numpy.__version__, "peft": adapter(),
    }
    (OUT / "expected.json").write_text(json.dumps({"made_with": versions, "files": expected}, indent=0, sort_keys=True) + "\n")
    for path in OUT.rglob("*.*"):
        path.chmod(0o644)


main()
