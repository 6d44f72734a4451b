"""Golden files of the real volumes in ../shared/data for ImagingTests: Tests/Golden/volumes/*.

volumes.csv    the series and NIfTI files: what pydicom, nibabel and numpy give, or why they must be refused
frames.csv     single DICOM files, decoded by pydicom (8-bit JPEG by Pillow, 12-bit JPEG by GDCM)
prepared.json  a series resampled to 300 x 270 x 270 by PyTorch and windowed by numpy: every 4001st voxel

Only digests and a sample of voxels are kept. Without the data (DR_SHARED_DATA, or shared/data beside the package) the files stay
as they are.
"""

import csv
import gzip
import hashlib
import os
import pathlib

import numpy as np
from common import GOLDEN, import_torch, tools, write_json
from volumes import JPEG, JPEG12, b64, kept, nifti_facts, volume_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("DR_SHARED_DATA", ROOT.parent / "shared" / "data"))


def prepared(names):
    """The lung window, -1350 to 150, of the phantom."""
    torch = import_torch()
    import pydicom

    folder = "ct_phantom_fda/dicom"
    values = volume_of([pydicom.dcmread(path) for path in sorted((SHARED / folder).iterdir())])[0].astype(np.float32)
    resized = torch.nn.functional.interpolate(
        torch.from_numpy(values)[None, None], size=(300, 270, 270), mode="trilinear", align_corners=False
    )
    part = (resized[0, 0].numpy().astype(np.float64) + 1350) / 1500 * 255
    grey = np.floor(part.clip(0, 255) + 0.5).astype(np.uint8).ravel()
    case = {
        "path": folder,
        "size": [300, 270, 270],
        "low": -1350,
        "high": 150,
        "step": 4001,
        "voxels": b64(grey[::4001].tobytes()),
    }
    write_json("volumes/prepared.json", {"tools": names, "prepared": case})


def digest(array):
    return hashlib.sha256(array.tobytes()).hexdigest()


def geometry_refusal(datasets):
    """Why slices fill no even box, by numpy; None when they do."""
    if len(datasets) < 2:
        return "not_a_volume"
    row, column = np.array(datasets[0].ImageOrientationPatient[:3], float), np.array(
        datasets[0].ImageOrientationPatient[3:], float
    )
    normal = np.cross(row, column)
    points = np.array([ds.ImagePositionPatient for ds in datasets], float)
    points = points[np.argsort(points @ normal)]
    way = points[-1] - points[0]
    lean = np.rad2deg(np.arccos(np.clip(abs(way @ normal) / np.linalg.norm(way), -1, 1)))
    if lean > 0.5:
        return "gantry_tilt"
    gaps = np.diff(points @ normal)
    return None if np.ptp(gaps) < 0.02 * gaps.mean() else "uneven_slices"


def real_volumes():
    import pydicom

    rows = []
    for folder in (
        "ct_ge_head_tilt/dicom",
        "ct_nysbu_slices/dicom",
        "ct_phantom_fda/dicom",
        "ct_phantom_fda/truncated_j2k_originals",
        "ct_totalseg/dicom_jpeg2000",
    ):
        datasets = [pydicom.dcmread(path) for path in sorted((SHARED / folder).iterdir())]
        row = {"path": folder, "kind": "dicom", "files": len(datasets)}
        many = len({ds.SeriesInstanceUID for ds in datasets}) > 1
        refusal = "mixed_series" if many else geometry_refusal(datasets)
        if refusal is None:
            try:
                rows.append(row | facts(*volume_of(datasets)[:3]))
                continue
            except Exception:
                refusal = "corrupt"
        rows.append(row | {"error": refusal})
    for pattern in ("ct_phantom_fda/*.nii.gz", "ct_totalseg/nifti*/*.nii.gz"):
        for path in sorted(SHARED.glob(pattern)):
            data = gzip.decompress(path.read_bytes())
            rows.append(
                {"path": str(path.relative_to(SHARED)), "kind": "nifti", "files": 1} | facts(*nifti_facts(data)[:3])
            )
    fields = [
        "path",
        "kind",
        "files",
        "error",
        "depth",
        "height",
        "width",
        "spacing_depth",
        "spacing_height",
        "spacing_width",
        "type",
        "sha256",
        "minimum",
        "maximum",
        "mean",
    ]
    write_csv("volumes.csv", fields, rows)


def facts(values, whole, spacing):
    kind, array = kept(values, whole)
    return dict(zip(("depth", "height", "width"), array.shape)) | {
        "spacing_depth": f"{spacing[0]:.6f}",
        "spacing_height": f"{spacing[1]:.6f}",
        "spacing_width": f"{spacing[2]:.6f}",
        "type": kind,
        "sha256": digest(array),
        "minimum": f"{array.min():.6g}",
        "maximum": f"{array.max():.6g}",
        "mean": f"{array.mean(dtype=np.float64):.6f}",
    }


def gdcm_array(path):
    """For 12-bit JPEG: the library decodes as the Independent JPEG Group's does, which DCT coding does not demand of others."""
    import gdcm

    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    if not reader.Read():
        raise ValueError("GDCM cannot read it")
    image = reader.GetImage()
    data = image.GetBuffer().encode("utf-8", "surrogateescape")
    return np.frombuffer(data, "<u2").reshape(image.GetDimension(1), image.GetDimension(0))


def frame_facts(path):
    import pydicom

    try:
        ds = pydicom.dcmread(path)
        syntax = ds.file_meta.get("TransferSyntaxUID")
        if syntax == JPEG12 and ds.BitsStored > 8:
            array, tool = gdcm_array(path), "gdcm"
        else:
            tool = "pydicom"
            if syntax in (JPEG, JPEG12):
                ds.pixel_array_options(decoding_plugin="pillow")
                tool = "pydicom and pillow"
            array = ds.pixel_array
    except Exception as error:
        return {
            "tool": "pydicom",
            "error": f"{type(error).__name__}: {str(error).splitlines()[0][:60]}".replace('"', "'"),
        }
    little = array.astype(array.dtype.newbyteorder("<"))
    return {"tool": tool, "shape": "x".join(map(str, array.shape)), "type": array.dtype.name, "sha256": digest(little)}


def real_frames():
    rows = []
    for folder in (
        "dicom_zoo/pydicom",
        "dicom_zoo/pydicom-data",
        "dicom_zoo/fo-dicom",
        "ct_nysbu_slices/dicom",
        "ct_phantom_fda/truncated_j2k_originals",
    ):
        for path in sorted((SHARED / folder).iterdir()):
            rows.append({"path": f"{folder}/{path.name}"} | frame_facts(path))
    write_csv("frames.csv", ["path", "tool", "shape", "type", "sha256", "error"], rows)


def write_csv(name, fields, rows):
    with open(GOLDEN / "volumes" / name, "w", newline="") as file:
        writer = csv.DictWriter(file, fields, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(name, len(rows), "rows")


def main():
    if not (SHARED / "dicom_zoo").is_dir():
        print("volumes_shared: there is no shared data; the files stay as they are")
        return
    real_volumes()
    real_frames()
    prepared(tools("pydicom", "numpy", "torch", "pylibjpeg-openjpeg"))


if __name__ == "__main__":
    main()
