"""Golden files for the volumes of ImagingTests: Tests/Golden/volumes/*.

nifti.json     small NIfTI files written by nibabel, with the voxels and places that nibabel reads
series.json    small DICOM series written by pydicom, with the volume that pydicom and numpy give, or why it must be refused
pictures.json  small DICOM pictures, with the 8-bit RGB that pydicom and numpy give
resample.json  volumes resized by SciPy and PyTorch, warped by kornia, windowed by numpy
jpegls.json    JPEG-LS pictures encoded and decoded by CharLS, in DICOM files
hostile.json   DICOM files with numbers that no scanner writes

Arrays are base64, little endian, [depth, height, width]. Places are DICOM's: x left, y back, z head, in mm. Real data are in
volumes_shared.py.
"""

import base64
import gzip
import io
import logging
import tempfile
import warnings

import numpy as np
from common import import_torch, tools, write_json

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

PREFIX = "1.2.826.0.1.3680043.10.1"
EXPLICIT, IMPLICIT, BIG = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"
DEFLATED, RLE, J2K = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.90"
JPEG, JPEG12, LOSSLESS, JPEGLS = (f"1.2.840.10008.1.2.4.{n}" for n in ("50", "51", "70", "80"))


def b64(data):
    return base64.b64encode(data).decode()


def kept(values, whole):
    """(type name, array): int16 where every value is whole by construction and fits, else float32 of the float64 values."""
    if whole and values.min() >= -32768 and values.max() <= 32767:
        return "int16", values.astype("<i2")
    return "float32", values.astype("<f4")


def is_whole(*numbers):
    return all(float(n).is_integer() for n in numbers)


def describe(values, whole, spacing, origin, axes):
    kind, array = kept(values, whole)
    return {
        "type": kind,
        "shape": list(array.shape),
        "voxels": b64(array.tobytes()),
        "spacing": [float(v) for v in spacing],
        "origin": [float(v) for v in origin],
        "axes": [[float(v) for v in axis] for axis in axes],
    }


# NIfTI


def nifti_facts(data):
    """What nibabel reads: values [k, j, i] in float64, whether they are whole, and the place."""
    import nibabel

    image = (nibabel.Nifti2Image if b"n+2" in data[:8] else nibabel.Nifti1Image).from_bytes(data)
    slope, inter = image.dataobj.slope, image.dataobj.inter
    stored = image.dataobj.get_unscaled()
    values = (
        np.asarray(image.dataobj).astype(np.float64) if stored.dtype.kind == "f" else stored * np.float64(slope) + inter
    )
    values = values.reshape(values.shape[:3]).transpose(2, 1, 0)
    whole = stored.dtype.kind in "iu" and stored.dtype.itemsize <= 4 and is_whole(slope, inter)
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine
    unit = {"meter": 1000, "micron": 0.001}.get(image.header.get_xyzt_units()[0], 1)
    columns = affine[:3, :3] * unit
    spacing = np.linalg.norm(columns, axis=0)
    axes = (columns / spacing).T
    return values, whole, spacing[::-1], affine[:3, 3] * unit, axes[::-1]


def nifti_cases():
    import nibabel

    rng = np.random.default_rng(3)
    angle = np.deg2rad(20)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    plain = np.diag([0.8, 0.9, 2.5, 1.0])
    plain[:3, 3] = [-10, 20, -30.5]
    oblique = np.eye(4)
    oblique[:3, :3] = turn @ np.diag([-0.7, -0.7, 3.0])
    oblique[:3, 3] = [5, -6, 7]
    exchanged = np.array([[0, 0, 1.5, 3], [-0.5, 0, 0, 4], [0, 0.75, 0, 5], [0, 0, 0, 1.0]])
    cases = []

    def add(
        name,
        dtype,
        affine=plain,
        version=1,
        big=False,
        slope=None,
        inter=0.0,
        pack=False,
        sform=True,
        qform=True,
        shape=(5, 4, 3),
        units="mm",
        mutate=None,
    ):
        kind = np.dtype(dtype)
        if kind.kind == "f":
            array = (rng.normal(0, 300, shape)).astype(kind)
        else:
            info = np.iinfo(kind)
            array = rng.integers(max(info.min, -1500), min(info.max, 3000), shape).astype(kind)
            array.flat[0], array.flat[1] = (info.min, info.max) if kind.itemsize <= 2 else (max(info.min, -1024), 3071)
        header = (nibabel.Nifti2Header if version == 2 else nibabel.Nifti1Header)(endianness=">" if big else "<")
        header.set_data_dtype(kind.newbyteorder(">" if big else "<"))
        header.set_data_shape(shape)
        header.set_xyzt_units(units)
        header.set_sform(affine if sform else None, 1 if sform else 0)
        header.set_qform(affine, 1) if qform else header.set_qform(None, 0)
        if not qform:
            header["pixdim"][1:4] = [0.8, 0.9, 2.5]
        header["vox_offset"] = 544 if version == 2 else 352
        header["scl_slope"], header["scl_inter"] = (slope, inter) if slope is not None else (0, 0)
        raw = array.astype(header.get_data_dtype()).tobytes(order="F")
        data = bytearray(header.binaryblock + b"\0" * 4 + raw)
        if mutate:
            mutate(data)
        data = bytes(data)
        facts = describe(*nifti_facts(data))
        cases.append({"name": name, "file": b64(gzip.compress(data, mtime=0) if pack else data)} | facts)

    for dtype in ("u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"):
        add(f"version 1 {dtype}", dtype)
        add(f"version 2 big endian {dtype}", dtype, version=2, big=True, affine=oblique)
    add("big endian int16 gzip", "i2", big=True, pack=True)
    add("whole slope and intercept", "u2", slope=1.0, inter=-1024.0, shape=(4, 3, 2))
    add("fractional slope", "i2", slope=0.5, inter=-1000.25)
    add("uint8 slope", "u1", slope=2.0, inter=-100.0)
    add("float slope gzip", "f4", slope=3.0, inter=0.125, pack=True)
    add("qform only", "i2", affine=oblique, sform=False)
    add("distances only", "i2", sform=False, qform=False)
    add("axes exchanged", "i2", affine=exchanged)
    add("microns", "i2", units="micron")
    add("metres", "i2", units="meter")
    add("four dimensions, one volume", "i2", shape=(4, 3, 2, 1))
    return cases


# DICOM series


def dataset(
    array,
    *,
    syntax=EXPLICIT,
    series=1,
    number=1,
    position=(0.0, 0.0, 0.0),
    axes=(1, 0, 0, 0, 1, 0),
    spacing=(0.7, 0.8),
    slope=None,
    intercept=None,
    bits=16,
    signed=None,
    extra=None,
    photometric="MONOCHROME2",
):
    """A CT slice of stored values [height, width] or [frames, height, width] or [height, width, 3]."""
    from pydicom.dataset import FileDataset, FileMetaDataset

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    meta.MediaStorageSOPInstanceUID = f"{PREFIX}.{series}.{number}"
    meta.TransferSyntaxUID = EXPLICIT if syntax in (RLE, J2K, JPEGLS, LOSSLESS, JPEG, JPEG12) else syntax
    ds = FileDataset(
        None,
        {},
        file_meta=meta,
        preamble=b"\0" * 128,
        is_implicit_VR=syntax == IMPLICIT,
        is_little_endian=syntax != BIG,
    )
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    ds.Modality = "CT"
    ds.SeriesInstanceUID = f"{PREFIX}.{series}"
    if position is not None:
        ds.ImagePositionPatient = [f"{v:.10g}"[:16] for v in position]
        ds.ImageOrientationPatient = [f"{v:.12g}"[:16] for v in axes]
        ds.PixelSpacing = list(spacing)
    ds.SamplesPerPixel = 3 if array.shape[-1] == 3 and photometric in ("RGB", "YBR_FULL", "YBR_FULL_422") else 1
    ds.PhotometricInterpretation = photometric
    if ds.SamplesPerPixel == 3:
        ds.PlanarConfiguration = 0
    shape = array.shape[-3:-1] if ds.SamplesPerPixel == 3 else array.shape[-2:]
    if array.ndim == 3 and ds.SamplesPerPixel == 1:
        ds.NumberOfFrames = array.shape[0]
    ds.Rows, ds.Columns = shape
    ds.BitsAllocated = array.dtype.itemsize * 8
    ds.BitsStored, ds.HighBit = bits, bits - 1
    ds.PixelRepresentation = int(array.dtype.kind == "i") if signed is None else signed
    if slope is not None:
        ds.RescaleSlope, ds.RescaleIntercept = slope, intercept
    for key, value in (extra or {}).items():
        setattr(ds, key, value)
    order = ">" if syntax == BIG else "<"
    ds.PixelData = array.astype(array.dtype.newbyteorder(order)).tobytes()
    if len(ds.PixelData) % 2:
        ds.PixelData += b"\0"
    ds["PixelData"].VR = "OW" if array.dtype.itemsize > 1 else "OB"
    if syntax in (RLE, J2K, JPEGLS):
        ds.compress(syntax, generate_instance_uid=False)
    elif syntax in (LOSSLESS, JPEG, JPEG12):
        ds = changed(ds, syntax)
    return ds


def changed(ds, syntax):
    """Compressed by GDCM."""
    import gdcm
    import pydicom

    with tempfile.TemporaryDirectory() as folder:
        source, target = f"{folder}/a.dcm", f"{folder}/b.dcm"
        ds.save_as(source, enforce_file_format=True)
        reader = gdcm.ImageReader()
        reader.SetFileName(source)
        assert reader.Read()
        kinds = {
            LOSSLESS: gdcm.TransferSyntax.JPEGLosslessProcess14_1,
            JPEG: gdcm.TransferSyntax.JPEGBaselineProcess1,
            JPEG12: gdcm.TransferSyntax.JPEGExtendedProcess2_4,
        }
        change = gdcm.ImageChangeTransferSyntax()
        change.SetTransferSyntax(gdcm.TransferSyntax(kinds[syntax]))
        change.SetInput(reader.GetImage())
        assert change.Change()
        writer = gdcm.ImageWriter()
        writer.SetFileName(target)
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        assert writer.Write()
        result = pydicom.dcmread(target)
    ds.PixelData = result.PixelData
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    ds.file_meta.TransferSyntaxUID = syntax
    return ds


def encoded(ds):
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def volume_of(datasets):
    """The volume that pydicom and numpy give for slices in any order, and its place."""
    row, column = np.array(datasets[0].ImageOrientationPatient[:3], float), np.array(
        datasets[0].ImageOrientationPatient[3:], float
    )
    normal = np.cross(row, column)
    places = [float(np.dot(np.array(ds.ImagePositionPatient, float), normal)) for ds in datasets]
    order = np.argsort(places, kind="stable")
    slices, whole = [], True
    for index in order:
        ds = datasets[index]
        slope, intercept = float(ds.get("RescaleSlope") or 1), float(ds.get("RescaleIntercept") or 0)
        slices.append(ds.pixel_array.astype(np.float64) * slope + intercept)
        whole = whole and is_whole(slope, intercept)
    values = np.stack(slices)
    step = (places[order[-1]] - places[order[0]]) / (len(order) - 1)
    spacing = [step, float(datasets[0].PixelSpacing[0]), float(datasets[0].PixelSpacing[1])]
    origin = np.array(datasets[order[0]].ImagePositionPatient, float)
    return values, whole, spacing, origin, [normal, column, row]


def series_cases():
    import pydicom

    rng = np.random.default_rng(17)
    cases = []

    def stack(
        count=5,
        shape=(6, 4),
        low=-1024,
        high=3071,
        dtype="i2",
        step=2.5,
        names=None,
        normal=(0, 0, 1),
        places=None,
        **options,
    ):
        for index in range(count):
            place = places[index] if places else tuple(-7.5 + index * step * n for n in normal)
            yield dataset(rng.integers(low, high, shape).astype(dtype), number=index + 1, position=place, **options)

    def add(name, datasets, error=None, select=None, shuffle=True, strict=True, **facts):
        files = [encoded(ds) for ds in datasets]
        if shuffle:
            files = [files[i] for i in np.random.default_rng(5).permutation(len(files))]
        case = {"name": name, "files": [b64(f) for f in files]}
        if select:
            case["select"] = select
        if error:
            cases.append(case | {"error": error})
            return
        read = [pydicom.dcmread(io.BytesIO(f)) for f in files]
        read = [ds for ds in read if select is None or ds.SeriesInstanceUID == select]
        cases.append(case | describe(*volume_of(read)) | facts)

    add("signed, explicit", stack())
    add("unsigned with intercept", stack(low=0, high=4096, dtype="u2", bits=12, slope=1, intercept=-1024))
    add("does not fit int16", stack(low=0, high=65535, dtype="u2", slope=1, intercept=-1000))
    add("fractional slope", stack(slope="0.5", intercept="-100.25"))
    add("8 bits", stack(low=0, high=255, dtype="u1", bits=8))
    slopes = [ds for ds in stack(slope=1, intercept=0)]
    for index, ds in enumerate(slopes):
        ds.RescaleSlope = f"{1 + index * 0.125}"
    add("a slope for each slice", slopes)
    add(
        "padding",
        stack(slope=1, intercept=-1024, extra={"PixelPaddingValue": -2000, "PixelPaddingRangeLimit": -1990}),
        padding=[-3024.0, -3014.0],
    )
    unused = list(stack(low=0, high=4096, dtype="u2", bits=12))
    for ds in unused:
        ds.PixelData = (np.frombuffer(ds.PixelData, "<u2") | 0xA000).astype("<u2").tobytes()
    add("unused bits are set", unused)
    for name, syntax in (
        ("implicit", IMPLICIT),
        ("big endian", BIG),
        ("deflated", DEFLATED),
        ("RLE", RLE),
        ("JPEG 2000", J2K),
        ("JPEG-LS", JPEGLS),
        ("JPEG lossless", LOSSLESS),
    ):
        add(name, stack(count=3, shape=(34, 32), syntax=syntax))
    add("RLE unsigned 12 bits", stack(count=2, low=0, high=4096, dtype="u2", bits=12, syntax=RLE))
    angle = np.deg2rad(15)
    c, s = float(np.cos(angle)), float(np.sin(angle))
    add("oblique", stack(axes=(1, 0, 0, 0, c, -s), normal=(0, s, c)))
    add("coronal", stack(axes=(1, 0, 0, 0, 0, -1), normal=(0, 1, 0)))
    add("sagittal, backwards", stack(axes=(0, 1, 0, 0, 0, -1), normal=(1, 0, 0)))
    rounded = [(0.0, 0.0, round(i * 0.625, 2)) for i in range(9)]
    add("rounded positions", stack(count=9, places=rounded))
    other = list(stack(count=3, series=2))
    add("two series, one named", list(stack(count=4)) + other, select=f"{PREFIX}.2")
    no_uid = list(stack(count=3))
    for ds in no_uid:
        ds.SeriesInstanceUID = ""
    add("no series identifier", no_uid)

    add("two series", list(stack(count=4)) + list(stack(count=3, series=2)), error="mixed_series")
    add("one missing", [ds for i, ds in enumerate(stack(count=7)) if i != 3], error="missing_slices")
    add("three missing", [ds for i, ds in enumerate(stack(count=12)) if i not in (2, 3, 8)], error="missing_slices")
    add("uneven", stack(places=[(0, 0, z) for z in (0.0, 2.5, 5.0, 8.2, 10.7)]), error="uneven_slices")
    add("twice the same place", stack(places=[(0, 0, z) for z in (0.0, 2.5, 2.5, 5.0, 7.5)]), error="duplicate_slices")
    add("tilted gantry", stack(axes=(1, 0, 0, 0, c, -s)), error="gantry_tilt")
    add("one slice", stack(count=1), error="not_a_volume")
    add("several frames", [dataset(rng.integers(0, 99, (4, 6, 4)).astype("u2"))], error="not_a_volume")
    add(
        "no positions",
        [dataset(rng.integers(0, 99, (6, 4)).astype("u2"), number=i, position=None) for i in (1, 2)],
        error="not_a_volume",
    )
    colour = [
        dataset(rng.integers(0, 255, (6, 4, 3)).astype("u1"), number=i, bits=8, photometric="RGB", position=(0, 0, i))
        for i in (1, 2)
    ]
    add("colour", colour, error="not_a_volume")
    add(
        "another size",
        list(stack(count=3)) + list(stack(count=1, shape=(6, 5), places=[(0, 0, 9)])),
        error="mixed_series",
    )
    add(
        "another spacing",
        list(stack(count=3)) + list(stack(count=1, spacing=(0.7, 0.7), places=[(0, 0, 9)])),
        error="mixed_series",
    )
    add(
        "a localizer among them",
        list(stack(count=3)) + list(stack(count=1, axes=(1, 0, 0, 0, 0, -1), places=[(0, 0, 9)])),
        error="mixed_series",
    )
    short = list(stack(count=3))
    short[1].PixelData = short[1].PixelData[:-4]
    add("a slice cut short", short, error="truncated")
    return cases


# DICOM pictures


def picture_cases():
    import pydicom
    from pydicom.pixels import apply_modality_lut, apply_windowing

    rng = np.random.default_rng(23)
    y, x = np.mgrid[0:32, 0:34].astype(float)
    smooth = 800 + 700 * np.sin(x / 4) * np.cos(y / 5)
    cases = []

    def grey8(part):
        return np.floor(np.clip(part, 0, 1) * 255 + 0.5).astype(np.uint8)

    def add(name, ds, window=None):
        data = encoded(ds)
        ds = pydicom.dcmread(io.BytesIO(data))
        array = ds.pixel_array
        pi = ds.PhotometricInterpretation
        if pi.startswith("MONOCHROME"):
            real = apply_modality_lut(array, ds).astype(np.float64)
            pad = np.zeros(array.shape, bool)
            if "PixelPaddingValue" in ds:
                pad = array == ds.PixelPaddingValue
            if window:
                ds.WindowCenter, ds.WindowWidth = window[1], window[2]
                ds.VOILUTFunction = "LINEAR"
            if "WindowCenter" in ds and window != "full":
                # pydicom maps to the range that the stored bits can reach.
                out = apply_windowing(real, ds)
                slope, intercept = float(ds.get("RescaleSlope", 1)), float(ds.get("RescaleIntercept", 0))
                low, high = (
                    (-(2 ** (ds.BitsStored - 1)), 2 ** (ds.BitsStored - 1) - 1)
                    if ds.PixelRepresentation
                    else (0, 2**ds.BitsStored - 1)
                )
                if "RescaleSlope" in ds:
                    low, high = low * slope + intercept, high * slope + intercept
                part = (out - low) / (high - low)
            else:
                low, high = real[~pad].min(), real[~pad].max()
                part = (real - low) / (high - low)
            value = grey8(part)
            if pi == "MONOCHROME1":
                value = 255 - value
            value[pad] = 0
            rgb = np.stack([value] * 3, -1)
        elif pi == "PALETTE COLOR":
            rgb = pydicom.pixels.apply_color_lut(array, ds)
            rgb = (rgb >> 8).astype(np.uint8) if rgb.dtype == np.uint16 else rgb
        else:
            rgb = (array >> (ds.BitsStored - 8)).astype(np.uint8)
        case = {
            "name": name,
            "file": b64(data),
            "width": rgb.shape[1],
            "height": rgb.shape[0],
            "pixels": b64(rgb.tobytes()),
        }
        if window:
            case["window"] = [float(window[1]), float(window[2])]
        cases.append(case)

    twelve = smooth.astype("u2")
    ct = (smooth - 900).astype("i2")
    colour = np.stack([smooth / 6, np.flip(smooth, 0) / 6, np.flip(smooth, 1) / 6], -1).clip(0, 255).astype("u1")
    add("full range", dataset(twelve, bits=12))
    add("stored window", dataset(ct, slope=1, intercept=-24, extra={"WindowCenter": 40, "WindowWidth": 400}))
    add("first of two windows", dataset(ct, extra={"WindowCenter": [-600, 40], "WindowWidth": [1500, 400]}))
    add(
        "exact window",
        dataset(twelve, bits=12, extra={"WindowCenter": 800, "WindowWidth": 1000, "VOILUTFunction": "LINEAR_EXACT"}),
    )
    add(
        "sigmoid window",
        dataset(twelve, bits=12, extra={"WindowCenter": 800, "WindowWidth": 600, "VOILUTFunction": "SIGMOID"}),
    )
    add("window asked for", dataset(ct), window=("linear", 0, 700))
    add("MONOCHROME1", dataset(twelve, bits=12, photometric="MONOCHROME1"))
    padded = ct.copy()
    padded[:3] = -2000
    add("padding is black", dataset(padded, slope=1, intercept=0, extra={"PixelPaddingValue": -2000}))
    add("8 bits", dataset((smooth / 6).clip(0, 255).astype("u1"), bits=8))
    add("one value", dataset(np.full((5, 7), 9, "u2")), window=("linear", 9, 4))
    for name, syntax in (
        ("big endian", BIG),
        ("RLE", RLE),
        ("JPEG 2000", J2K),
        ("JPEG-LS", JPEGLS),
        ("JPEG lossless", LOSSLESS),
    ):
        add(f"{name}, 12 bits", dataset(twelve, bits=12, syntax=syntax))
        add(f"{name}, RGB", dataset(colour, bits=8, photometric="RGB", syntax=syntax))
    add("RGB", dataset(colour, bits=8, photometric="RGB"))
    add("YBR_FULL", dataset(colour, bits=8, photometric="YBR_FULL"))
    planar = dataset(colour, bits=8, photometric="RGB")
    planar.PlanarConfiguration = 1
    planar.PixelData = colour.transpose(2, 0, 1).tobytes()
    add("RGB in planes", planar)
    add("RGB of 16 bits", dataset((colour.astype("u2") << 8) + 77, bits=16, photometric="RGB"))
    index = (smooth / 100).astype("u1")
    tables = {}
    for channel, colour_name in enumerate(("Red", "Green", "Blue")):
        tables[f"{colour_name}PaletteColorLookupTableDescriptor"] = [16, 0, 16]
        tables[f"{colour_name}PaletteColorLookupTableData"] = rng.integers(0, 65536, 16).astype("<u2").tobytes()
    add("palette", dataset(index, bits=8, photometric="PALETTE COLOR", extra=tables))
    return cases


# Resampling, warping, windows


def resample_cases():
    torch = import_torch()
    import kornia
    import scipy.ndimage

    rng = np.random.default_rng(31)
    source = rng.integers(-1024, 3000, (6, 9, 11)).astype("<i2")
    sizes = [(6, 9, 11), (12, 18, 22), (3, 5, 4), (7, 6, 13), (1, 1, 1), (10, 3, 25)]
    resized = []
    for size in sizes:
        zoom = [n / o for n, o in zip(size, source.shape)]
        scipy_values = scipy.ndimage.zoom(source.astype(np.float64), zoom, order=1, mode="nearest", grid_mode=True)
        torch_values = torch.nn.functional.interpolate(
            torch.from_numpy(source.astype(np.float64))[None, None], size=size, mode="trilinear", align_corners=False
        )[0, 0].numpy()
        assert scipy_values.shape == size and np.abs(scipy_values - torch_values).max() < 1e-9
        resized.append({"size": list(size), "voxels": b64(torch_values.astype("<f4").tobytes())})
    unit = rng.random((6, 9, 11)).astype("<f4")
    warped = []
    for degrees, scale, shift in (
        ([0, 0, 0], 1.0, [0, 0, 0]),
        ([5, 0, 0], 1.0, [0, 0, 0]),
        ([0, -4, 0], 1.0, [0, 0, 0]),
        ([0, 0, 30], 1.0, [0, 0, 0]),
        ([3, -5, 4], 1.05, [0, 0, 0]),
        ([-2, 1, 5], 0.95, [0.1, -0.2, 0.05]),
        ([0, 0, 0], 1.2, [0, 0, 0]),
        ([0, 0, 0], 1.0, [0.25, 0, 0]),
    ):
        depth, height, width = unit.shape
        sides = np.array([width, height, depth], np.float64)
        matrix = kornia.geometry.transform.get_affine_matrix3d(
            torch.tensor([np.array(shift) * sides]),
            torch.tensor([(sides - 1) / 2]),
            torch.full((1, 3), scale, dtype=torch.float64),
            torch.tensor([degrees], dtype=torch.float64),
        )
        out = kornia.geometry.transform.warp_affine3d(
            torch.from_numpy(unit.astype(np.float64))[None, None],
            matrix[:, :3],
            (depth, height, width),
            flags="bilinear",
            padding_mode="zeros",
            align_corners=True,
        )[0, 0].numpy()
        warped.append({"degrees": degrees, "scale": scale, "shift": shift, "voxels": b64(out.astype("<f4").tobytes())})
    windows = []
    for low, high in ((-1350, 150), (-1024, 3071), (0, 1)):
        part = (source.astype(np.float64) - low) / (high - low) * 255
        windows.append(
            {"low": low, "high": high, "voxels": b64(np.floor(part.clip(0, 255) + 0.5).astype(np.uint8).tobytes())}
        )
    return {
        "shape": list(source.shape),
        "source": b64(source.tobytes()),
        "unit": b64(unit.tobytes()),
        "resized": resized,
        "warped": warped,
        "windows": windows,
    }


def jpegls_cases():
    """Every order of scans, depth and tolerance; noise, gradients, and flat places that are runs to the end of a line."""
    import jpeg_ls
    from pydicom.encaps import encapsulate

    rng = np.random.default_rng(41)
    cases = []

    def add(name, array, bits, near=0, order=None):
        rows, columns = array.shape[:2]
        samples = array.shape[2] if array.ndim == 3 else 1
        source = array.transpose(2, 0, 1) if order == 0 and samples == 3 else array
        code = bytes(
            jpeg_ls.encode_buffer(np.ascontiguousarray(source).tobytes(), rows, columns, samples, bits, near, order)
        )
        decoded = np.frombuffer(bytes(jpeg_ls.decode_buffer(code)[0]), array.dtype)
        # CharLS gives planes for scans of one component each.
        decoded = (
            decoded.reshape(3, rows, columns).transpose(1, 2, 0)
            if order == 0 and samples == 3
            else decoded.reshape(array.shape)
        )
        error = np.abs(decoded.astype(int) - array.astype(int)).max()
        assert error <= near, (name, error)
        ds = dataset(array, bits=bits, photometric="RGB" if samples == 3 else "MONOCHROME2")
        ds.PixelData = encapsulate([code])
        ds["PixelData"].VR = "OB"
        ds["PixelData"].is_undefined_length = True
        ds.file_meta.TransferSyntaxUID = JPEGLS
        cases.append(
            {
                "name": name,
                "file": b64(encoded(ds)),
                "bytes": b64(decoded.astype(decoded.dtype.newbyteorder("<")).tobytes()),
            }
        )

    def picture(bits, rows=17, columns=23):
        y, x = np.mgrid[0:rows, 0:columns].astype(float)
        top = 2**bits - 1
        smooth = (np.sin(x / 5) * np.cos(y / 4) + 1) / 2 * top
        noisy = smooth + rng.normal(0, top / 40, smooth.shape)
        noisy[4:9, 3:15] = top // 3
        noisy[12:] = 0
        if rows > 14 and columns > 7:
            noisy[14, 7] = top
        return noisy.clip(0, top).round().astype("u1" if bits <= 8 else "u2")

    for bits in range(2, 17):
        add(f"{bits} bits", picture(bits), bits)
    for near in (1, 2, 3, 10):
        add(f"8 bits within {near}", picture(8), 8, near)
        add(f"12 bits within {near}", picture(12), 12, near)
    add("noise", rng.integers(0, 9000, (15, 14)).astype("u2"), 16)
    add("noise within 100", rng.integers(0, 30000, (15, 14)).astype("u2"), 16, 100)
    add("one value", np.full((9, 70), 5, "u1"), 8)
    add("long runs", (np.arange(3 * 900).reshape(3, 900) // 400).astype("u1"), 8)
    add("one column", picture(8, 30, 1), 8)
    add("black and white", rng.integers(0, 2, (20, 20)).astype("u1") * 255, 8)
    for order in (0, 1, 2):
        for near in (0, 2):
            for bits in (8, 12):
                colour = np.stack([picture(bits), picture(bits)[::-1], picture(bits)], -1)
                colour[12:] = 0
                add(f"colour of {bits} bits, order {order}, within {near}", colour, bits, near, order)
    return cases


def hostile_cases():
    """Numbers that overflow, vanish or are none, in every attribute that is computed with."""
    grey = (np.arange(32 * 34).reshape(32, 34) % 999).astype("u2")
    cases = []

    def add(name, **extra):
        ds = dataset(grey, slope=1, intercept=0, extra=extra)
        cases.append({"name": name, "file": b64(encoded(ds))})

    add("large slope", RescaleSlope="1e308", RescaleIntercept="-1e308")
    add("small slope", RescaleSlope="1e-308")
    add("no slope", RescaleSlope="0")
    add("negative slope", RescaleSlope="-1")
    add("large window", WindowCenter="1e308", WindowWidth="1e308")
    add("small window", WindowCenter="0", WindowWidth="1e-308", VOILUTFunction="LINEAR_EXACT")
    add("steep sigmoid", WindowCenter="-1e308", WindowWidth="1e-308", VOILUTFunction="SIGMOID")
    add("far away", ImagePositionPatient=["1e308", "-1e308", "1e308"])
    add("no spacing", PixelSpacing=["0", "1e308"])
    add("no direction", ImageOrientationPatient=["0", "0", "0", "0", "0", "0"])
    add("parallel directions", ImageOrientationPatient=["1", "0", "0", "1", "0", "0"])
    add("everything is padding", PixelPaddingValue=0, PixelPaddingRangeLimit=65535)
    return cases


def main():
    names = tools(
        "pydicom", "nibabel", "numpy", "scipy", "torch", "kornia", "pylibjpeg-openjpeg", "pyjpegls", "python-gdcm"
    )
    write_json("volumes/nifti.json", {"tools": names, "nifti": nifti_cases()})
    write_json("volumes/series.json", {"tools": names, "series": series_cases()})
    write_json("volumes/pictures.json", {"tools": names, "pictures": picture_cases()})
    write_json("volumes/resample.json", {"tools": names, "resample": resample_cases()})
    write_json("volumes/jpegls.json", {"tools": names, "jpegls": jpegls_cases()})
    write_json("volumes/hostile.json", {"tools": names, "hostile": hostile_cases()})


if __name__ == "__main__":
    main()
