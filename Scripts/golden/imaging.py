"""Golden files for ImagingTests: Tests/Golden/imaging/{decode,resize,colour}.json.

Needs numpy, Pillow and torchvision from PyPI. Run from the package root: python Scripts/golden/imaging.py
Bytes are base64; pixels are interleaved RGB.
"""
import base64
import importlib.metadata
import io
import json
import pathlib
import struct
import zlib

import numpy as np
import PIL
import torch
from PIL import Image, ImageEnhance, ImageOps

# torchvision's compiled operators need a matching torch; its functions on Pillow pictures only need these names to exist.
LIBRARY = torch.library.Library("torchvision", "FRAGMENT")
for NAME in ("nms", "qnms"):
    if not hasattr(torch.ops.torchvision, NAME):
        LIBRARY.define(NAME + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
import torchvision.transforms.functional as tvf  # noqa: E402

OUT = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Golden" / "imaging"
TOOLS = {"pillow": PIL.__version__, "torchvision": importlib.metadata.version("torchvision"), "numpy": np.__version__}


def b64(data):
    return base64.b64encode(data).decode()


def picture(width, height, seed=0):
    """Smooth colour gradients with some noise: exercises chroma upsampling without being only noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    planes = [128 + 120 * np.sin(x / 5 + c) * np.cos(y / (4 + c)) for c in range(3)]
    noisy = np.stack(planes, -1) + rng.normal(0, 12, (height, width, 3))
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


def encode(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def raw_png(width, height, depth, colour, rows, extra=b""):
    """A PNG that Pillow cannot write; `rows` are the packed bytes of each row."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def interlaced_png(rgb):
    """Adam7, 8-bit RGB."""
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    data = b""
    for x0, y0, dx, dy in passes:
        part = rgb[y0::dy, x0::dx]
        if part.size:
            data += b"".join(b"\0" + row.tobytes() for row in part)
    height, width = rgb.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def exif(orientation, big_endian):
    order = ">" if big_endian else "<"
    entry = struct.pack(order + "HHIHH", 274, 3, 1, orientation, 0)
    other = struct.pack(order + "HHII", 256, 4, 1, 29)
    return (b"MM" if big_endian else b"II") + struct.pack(order + "HIH", 42, 8, 2) + other + entry + b"\0\0\0\0"


def expected(data):
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    return np.asarray(image.convert("RGB"))


def decode_cases():
    image = picture(29, 19)
    grey = image.convert("L")
    alpha = picture(29, 19, 7).convert("L")
    rgba = image.copy()
    rgba.putalpha(alpha)
    la = grey.copy()
    la.putalpha(alpha)
    palette = image.quantize(40)
    cases = {
        "png rgb": encode(image, "PNG"),
        "png grey 8": encode(grey, "PNG"),
        "png grey 1": encode(grey.convert("1"), "PNG"),
        "png rgba": encode(rgba, "PNG"),
        "png grey alpha": encode(la, "PNG"),
        "png palette 8": encode(palette, "PNG"),
        "png palette 4": encode(image.quantize(11), "PNG", bits=4),
        "png palette 2": encode(image.quantize(4), "PNG", bits=2),
        "png palette 1": encode(image.quantize(2), "PNG", bits=1),
        "png palette with transparency": encode(palette, "PNG", transparency=bytes(range(0, 200, 5))),
        "png rgb with transparent colour": encode(image, "PNG", transparency=image.getpixel((3, 4))),
        "png grey with transparent value": encode(grey, "PNG", transparency=grey.getpixel((3, 4))),
        "png interlaced": interlaced_png(np.asarray(image)),
        "png 1x1": encode(picture(1, 1), "PNG"),
    }
    rng = np.random.default_rng(3)
    for bits in (2, 4):
        rows = rng.integers(0, 256, (19, (29 * bits + 7) // 8), dtype=np.uint8)
        cases[f"png grey {bits}"] = raw_png(29, 19, bits, 0, [r.tobytes() for r in rows])
    for name, colour, channels in (("rgb", 2, 3), ("rgba", 6, 4), ("grey alpha", 4, 2)):
        rows = rng.integers(0, 65536, (19, 29 * channels), dtype=np.uint16).astype(">u2")
        cases[f"png {name} 16"] = raw_png(29, 19, 16, colour, [r.tobytes() for r in rows])
    for sampling, name in ((0, "444"), (1, "422"), (2, "420")):
        cases[f"jpeg {name}"] = encode(image, "JPEG", quality=88, subsampling=sampling)
    cases["jpeg 420 odd"] = encode(picture(33, 17, 2), "JPEG", quality=60)
    cases["jpeg progressive"] = encode(image, "JPEG", quality=80, progressive=True)
    cases["jpeg progressive 40x130"] = encode(picture(40, 130), "JPEG", quality=30, progressive=True)
    cases["jpeg grey"] = encode(grey, "JPEG", quality=80)
    cases["jpeg rgb"] = encode(image, "JPEG", quality=80, keep_rgb=True)
    cases["jpeg cmyk adobe"] = encode(image.convert("CMYK"), "JPEG", quality=90)
    cases["jpeg 1x1"] = encode(picture(1, 1), "JPEG")
    adobe = bytes.fromhex("ffee000e41646f626500640000000000")
    assert adobe in cases["jpeg cmyk adobe"]
    cases["jpeg cmyk plain"] = cases["jpeg cmyk adobe"].replace(adobe, b"")
    cases["jpeg ycck adobe"] = cases["jpeg cmyk adobe"].replace(adobe, adobe[:-1] + b"\x02")
    for orientation in range(1, 9):
        tiff = exif(orientation, big_endian=orientation % 2 == 0)
        cases[f"jpeg orientation {orientation}"] = encode(image, "JPEG", quality=88, exif=b"Exif\0\0" + tiff)
    for orientation in (3, 6):
        cases[f"png orientation {orientation}"] = encode(image, "PNG", exif=exif(orientation, False))
    result = []
    for name, data in cases.items():
        pixels = expected(data)
        result.append({"name": name, "file": b64(data), "width": pixels.shape[1], "height": pixels.shape[0],
                       "pixels": b64(pixels.tobytes())})
    # Not Pillow's rule: it cuts 16-bit grey at 255. The high byte is kept instead.
    rows = rng.integers(0, 65536, (19, 29), dtype=np.uint16)
    data = raw_png(29, 19, 16, 0, [r.astype(">u2").tobytes() for r in rows])
    pixels = np.repeat((rows >> 8).astype(np.uint8)[..., None], 3, -1)
    result.append({"name": "png grey 16, high byte", "file": b64(data), "width": 29, "height": 19,
                   "pixels": b64(pixels.tobytes())})
    return result


def resize_cases():
    filters = {"bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC, "lanczos": Image.LANCZOS}
    noise = Image.fromarray(np.random.default_rng(5).integers(0, 256, (41, 67, 3), dtype=np.uint8))
    # Black and white blocks make bicubic and lanczos overshoot, so that clipping is tested.
    blocks = Image.fromarray((np.indices((31, 37)).sum(0) // 5 % 2 * 255).astype(np.uint8)).convert("RGB")
    sources = {"noise": noise, "blocks": blocks, "gradient": picture(50, 34, 9), "row": picture(23, 1), "column": picture(1, 23)}
    sizes = [(16, 16), (67, 20), (30, 41), (71, 43), (1, 1), (12, 47), (5, 3)]
    result = []
    for source, image in sources.items():
        for name, method in filters.items():
            for width, height in sizes if source in ("noise", "blocks") else sizes[:2]:
                # Columns, then rows: what one call did up to Pillow 12. From 13 on it may take the rows first.
                pixels = np.asarray(image.resize((width, image.height), method).resize((width, height), method))
                result.append({"name": f"{source} {name} {width}x{height}", "source": source, "filter": name,
                               "width": width, "height": height, "pixels": b64(pixels.tobytes())})
    return {"sources": {n: {"width": i.width, "height": i.height, "pixels": b64(i.tobytes())} for n, i in sources.items()},
            "cases": result}


def colour_cases():
    rng = np.random.default_rng(11)
    image = Image.fromarray(np.concatenate([
        np.asarray(picture(32, 16, 4)), rng.integers(0, 256, (12, 32, 3), dtype=np.uint8),
        np.repeat(rng.integers(0, 256, (4, 32, 1), dtype=np.uint8), 3, -1)]))
    result = []

    def add(operation, amount, made):
        result.append({"operation": operation, "amount": amount, "pixels": b64(np.asarray(made).tobytes())})

    for factor in (0.0, 0.4, 0.8, 1.0, 1.25, 2.5):
        add("brightness", factor, ImageEnhance.Brightness(image).enhance(factor))
        add("contrast", factor, ImageEnhance.Contrast(image).enhance(factor))
        add("saturation", factor, ImageEnhance.Color(image).enhance(factor))
    for turn in (-0.5, -0.13, -0.02, 0.004, 0.1, 0.3, 0.5):
        add("hue", turn, tvf.adjust_hue(image, turn))
    return {"width": image.width, "height": image.height, "pixels": b64(image.tobytes()), "cases": result}


def write(name, value):
    text = json.dumps({"tools": TOOLS, name: value}, indent=0)
    (OUT / f"{name}.json").write_text(text + "\n")
    print(name, len(text), "bytes")


OUT.mkdir(parents=True, exist_ok=True)
write("decode", decode_cases())
write("resize", resize_cases())
write("colour", colour_cases())
