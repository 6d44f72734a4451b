#!/usr/bin/env python3
"""Cuts small volumes out of TotalSegmentator's test CTs, with the organs that each of them shows: data for retrieval.

usage: Scripts/totalseg_subvolumes.py DATA OUT [--count 80] [--size 12 48 48] [--spacing 3] [--share 0.005] [--seed 1]

DATA is the folder ct_totalseg (nifti, nifti_masks, dicom_jpeg2000). OUT gets volumes/<id>.nii.gz (int16, Hounsfield units) and
labels.csv: id_code, 0 or 1 for each organ, patient_id, split. An organ counts as shown when it fills `share` of a volume.

Two of the CTs come with masks of all organs, and they are two patients: one is cut for training, the other, which is read from
its DICOM slices, for validation. The third, a chest cropped to the aorta, has a mask of the aorta only and is left out, as is the
excerpt of the first. Organs that all or none of a patient's volumes show are left out too. The masks are a model's output.

Needs numpy and nibabel, and for the slices pydicom with pylibjpeg-openjpeg.
"""

import argparse
import csv
import pathlib

import nibabel
import numpy as np

# Columns of the table and the values of TotalSegmentator's mask (version 2, 117 classes) that they stand for.
ORGANS = {
    "spleen": [1],
    "kidney": [2, 3],
    "liver": [5],
    "stomach": [6],
    "lung": range(10, 15),
    "bowel": [18, 19, 20],
    "vertebra": range(25, 51),
    "aorta": [52],
    "vena_cava": [63],
    "spinal_cord": [79],
    "back_muscle": [86, 87],
    "rib": range(92, 116),
}


def canonical(image):
    """Voxels with axes to the right, front and head, their sizes in mm and the place of the first."""
    image = nibabel.as_closest_canonical(image)
    return np.asarray(image.dataobj), np.array(image.header.get_zooms()[:3], float), image.affine[:3, 3]


def nifti_patient(data, name):
    return nibabel.load(data / "nifti" / f"{name}.nii.gz"), nibabel.load(data / "nifti_masks" / f"{name}_seg117.nii.gz")


def dicom_patient(data, name):
    import pydicom

    slices = [pydicom.dcmread(path) for path in sorted((data / name).glob("*.dcm"))]
    slices.sort(key=lambda part: float(part.ImagePositionPatient[2]))
    first, last = slices[0], slices[-1]
    rows, columns = (np.array(first.ImageOrientationPatient[i : i + 3], float) for i in (0, 3))
    origin = np.array(first.ImagePositionPatient, float)
    between = (np.array(last.ImagePositionPatient, float) - origin) / (len(slices) - 1)
    affine = np.eye(4)
    affine[:3, 0] = rows * float(first.PixelSpacing[1])
    affine[:3, 1] = columns * float(first.PixelSpacing[0])
    affine[:3, 2] = between
    affine[:3, 3] = origin
    # DICOM counts to the left and to the back, NIfTI to the right and to the front.
    affine = np.diag([-1, -1, 1, 1]) @ affine
    voxels = [part.pixel_array.T * float(part.RescaleSlope) + float(part.RescaleIntercept) for part in slices]
    image = nibabel.Nifti1Image(np.stack(voxels, 2).astype(np.float32), affine)
    return image, nibabel.load(data / "nifti_masks" / f"{name}_seg117.nii.gz")


PATIENTS = [
    ("example_ct", "train", nifti_patient),
    ("dicom_jpeg2000", "val", dicom_patient),
]


def resampled(voxels, old, new, nearest):
    """Voxels of another size in the same box: linear between centres along each axis, or the nearest."""
    for axis in range(3):
        count = voxels.shape[axis]
        wanted = max(1, int(round(count * old[axis] / new)))
        places = np.clip((np.arange(wanted) + 0.5) * count / wanted - 0.5, 0, count - 1)
        if nearest:
            voxels = voxels.take(np.floor(places + 0.5).astype(int), axis)
        else:
            low = np.minimum(np.floor(places).astype(int), max(count - 2, 0))
            high = np.minimum(low + 1, count - 1)
            shape = [1, 1, 1]
            shape[axis] = wanted
            share = (places - low).reshape(shape)
            voxels = voxels.take(low, axis) * (1 - share) + voxels.take(high, axis) * share
    return voxels


def cut(name, source, data, options, random):
    """Sub-volumes of one patient with the share of each organ: a list of (voxels, origin, shares)."""
    ct, mask = source(data, name)
    voxels, sizes, origin = canonical(ct)
    labels, mask_sizes, mask_origin = canonical(mask)
    if voxels.shape != labels.shape or not np.allclose(origin, mask_origin, atol=0.1) or not np.allclose(sizes, mask_sizes, atol=1e-3):
        raise SystemExit(f"{name}: the CT and its mask do not lie on each other")
    voxels = resampled(voxels.astype(np.float32), sizes, options.spacing, nearest=False)
    labels = resampled(labels, sizes, options.spacing, nearest=True)
    depth, height, width = options.size
    side = np.array([width, height, depth])
    room = np.array(labels.shape) - side
    if (room < 0).any():
        raise SystemExit(f"{name}: {labels.shape} voxels at {options.spacing} mm are fewer than {tuple(side)}")
    # Where a volume may begin: its centre lies in the patient.
    inside = np.argwhere(voxels > -300) - side // 2
    inside = np.unique(inside[((inside >= 0) & (inside <= room)).all(1)], axis=0)
    chosen = inside[random.permutation(len(inside))[: options.count]]
    result = []
    for begin in chosen:
        box = tuple(slice(b, b + s) for b, s in zip(begin, side))
        shares = {organ: float(np.isin(labels[box], list(values)).mean()) for organ, values in ORGANS.items()}
        result.append((voxels[box], origin + begin * options.spacing, shares))
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=80, help="volumes of each patient")
    parser.add_argument("--size", type=int, nargs=3, default=[12, 48, 48], metavar=("DEPTH", "HEIGHT", "WIDTH"))
    parser.add_argument("--spacing", type=float, default=3.0, help="side of a voxel in mm")
    parser.add_argument("--share", type=float, default=0.005, help="part of a volume that an organ must fill")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if (options.out / "labels.csv").exists():
        parser.error(f"{options.out} already has a labels.csv; choose another folder")
    random = np.random.default_rng(options.seed)
    parts = [(name, split, cut(name, source, options.data, options, random)) for name, split, source in PATIENTS]

    def shown(volumes, organ):
        return sum(shares[organ] >= options.share for _, _, shares in volumes)

    organs = [organ for organ in ORGANS if all(0 < shown(volumes, organ) < len(volumes) for _, _, volumes in parts)]
    (options.out / "volumes").mkdir(parents=True, exist_ok=True)
    rows = []
    for name, split, volumes in parts:
        for number, (voxels, origin, shares) in enumerate(volumes):
            identifier = f"{name}_{number:03}"
            affine = np.diag([options.spacing] * 3 + [1.0])
            affine[:3, 3] = origin
            image = nibabel.Nifti1Image(np.clip(np.rint(voxels), -2048, 3071).astype(np.int16), affine)
            nibabel.save(image, options.out / "volumes" / f"{identifier}.nii.gz")
            rows.append([identifier] + [int(shares[organ] >= options.share) for organ in organs] + [name, split])
        counts = ", ".join(f"{organ} {shown(volumes, organ)}" for organ in organs)
        print(f"{split}: {len(volumes)} volumes of {name}: {counts}")
    with open(options.out / "labels.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id_code"] + organs + ["patient_id", "split"])
        writer.writerows(rows)
    sets = {split: len({tuple(row[1:-2]) for row in rows if row[-1] == split}) for _, split, _ in PATIENTS}
    print(f"{len(organs)} organs; different sets of them: {sets}")


if __name__ == "__main__":
    main()
