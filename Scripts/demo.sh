#!/usr/bin/env bash
# The whole way once: synthetic photographs and volumes, training, export with validation, the daemon, a screened and a
# segmented folder, and similar volumes found.
set -euo pipefail
cd "$(dirname "$0")/.."

echo "== build"
swift build -c release
bin=$PWD/$(swift build -c release --show-bin-path | sed "s|^$PWD/||")
work=$(mktemp -d)
daemon=
finish() {
    if [ -n "$daemon" ] && kill -0 "$daemon" 2>/dev/null; then
        kill -TERM "$daemon"
        wait "$daemon" || true
    fi
    rm -rf "$work"
}
trap finish EXIT

echo "== sample: 400 synthetic photographs from two simulated sites"
"$bin/dr-train" sample "$work/data" --images 400 --seed 1 --size 256

echo "== train: ResNet-18 at 128 px, patients held out"
"$bin/dr-train" fit --output "$work/run" data.csv="$work/data/labels.csv" data.images="$work/data/images" \
    'image.size=[128,128]' training.epochs=8 training.batch_size=16 training.learning_rate=0.001 \
    augmentation.horizontal_flip=0.5 augmentation.vertical_flip=0.5 augmentation.rotation=15
"$bin/dr-train" evaluate "$work/run" --predictions "$work/predictions.csv"

echo "== export: ONNX, checked and validated"
"$bin/dr-export" "$work/run" --output "$work/models/demo/1" --validate --benchmark

echo "== train: U-Net on ResNet-18 at 128 px, vessel masks"
"$bin/dr-train" sample "$work/vessels" --images 60 --seed 2 --size 128
"$bin/dr-train" fit --output "$work/vessel-run" task=segmentation data.csv="$work/vessels/labels.csv" \
    data.images="$work/vessels/images" data.masks="$work/vessels/masks" data.mask_class=vessel model.name=unet_resnet18 \
    image.crop=none 'image.size=[128,128]' training.epochs=6 training.batch_size=4 training.learning_rate=0.002 \
    training.best_by=dice
"$bin/dr-train" evaluate "$work/vessel-run" --masks-output "$work/evaluated"
"$bin/dr-export" "$work/vessel-run" --output "$work/models/vessels/1" --validate

echo "== train: Proximity100x100 on volumes of 24 x 65 x 65, labels that can occur together"
"$bin/dr-train" sample "$work/volumes" --volumes 192 --seed 4
"$bin/dr-train" fit --output "$work/volume-run" task=retrieval data.csv="$work/volumes/labels.csv" \
    data.images="$work/volumes/volumes" 'data.label_names=[ball,tube,plate,ring]' model.name=proximity100x100 \
    'volume.size=[24,65,65]' 'volume.window=[0,255]' volume_augmentation.noise=0.02 retrieval.loss=micro_f1 \
    retrieval.embedding_length=64 retrieval.dropout=0 retrieval.train_eval_share=1 training.epochs=6 training.batch_size=4 \
    training.learning_rate=0.0001 training.best_by=map
"$bin/dr-train" evaluate "$work/volume-run" --neighbours "$work/neighbours.csv"
"$bin/dr-export" "$work/volume-run" --output "$work/models/shapes/1" --validate

echo "== serve and screen a folder"
socket=$work/drd.sock
"$bin/drd" --socket "$socket" --models "$work/models" &
daemon=$!
for _ in $(seq 100); do
    "$bin/dr" health --socket "$socket" >/dev/null 2>&1 && break
    kill -0 "$daemon" || exit 1
    sleep 0.1
done
mkdir "$work/folder"
tail -n +2 "$work/predictions.csv" | cut -d, -f1 | while read -r id; do
    cp "$work"/data/images/"$id".* "$work/folder/"
done
"$bin/dr" screen "$work/folder" --socket "$socket" --model demo --output "$work/screened.csv"
echo "== first rows of the result"
head -n 6 "$work/screened.csv"

echo "== the daemon's grades against those of dr-train evaluate"
Scripts/compare-grades.sh "$work/predictions.csv" "$work/screened.csv"

echo "== segment a folder"
"$bin/dr" segment "$work/vessels/images" --socket "$socket" --model vessels --output "$work/masks" --overlay
head -n 4 "$work/masks/results.csv"

echo "== the daemon's masks against those of dr-train evaluate"
compared=0
for mask in "$work"/evaluated/*.png; do
    cmp "$mask" "$work/masks/${mask##*/}"
    compared=$((compared + 1))
done
[ "$compared" -gt 0 ]
echo "$compared masks are equal, byte by byte"

echo "== index the training volumes and ask for those that are like a held-out one"
mkdir "$work/known"
head -n 1 "$work/volumes/labels.csv" >"$work/known.csv"
grep ',train$' "$work/volume-run/split.csv" | while IFS=, read -r id rest; do
    cp "$work"/volumes/volumes/"$id".nii* "$work/known/"
    grep "^$id," "$work/volumes/labels.csv" >>"$work/known.csv"
done
"$bin/dr" index build "$work/models/shapes/index" --socket "$socket" --model shapes "$work/known" --labels "$work/known.csv"
"$bin/dr" index verify "$work/models/shapes/index"
queries=$(grep ',val$' "$work/volume-run/split.csv" | cut -d, -f1)
first=$(echo "$queries" | head -n 1)
"$bin/dr" query "$work"/volumes/volumes/"$first".nii* --socket "$socket" --model shapes -k 5

echo "== the daemon's neighbours against those of dr-train evaluate"
compared=0
for id in $queries; do
    "$bin/dr" query "$work"/volumes/volumes/"$id".nii* --socket "$socket" --model shapes -k 5 --format json \
        | grep -o '"id" *: *"[^"]*"' | cut -d '"' -f 4 >"$work/served.txt"
    awk -F, -v id="$id" '$1 == id && $2 <= 5 { print $3 }' "$work/neighbours.csv" | cmp - "$work/served.txt"
    compared=$((compared + 1))
done
[ "$compared" -gt 0 ]
echo "5 neighbours of $compared volumes are equal and in the same order"
