#!/usr/bin/env bash
# The whole way once: synthetic photographs, training, export with validation, the daemon, a screened folder.
set -euo pipefail
cd "$(dirname "$0")/.."

echo "== build"
swift build -c release --build-tests
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
"$bin/dr" screen "$work/folder" --socket "$socket" --output "$work/screened.csv"
echo "== first rows of the result"
head -n 6 "$work/screened.csv"

echo "== the daemon's grades against those of dr-train evaluate"
Scripts/compare-grades.sh "$work/predictions.csv" "$work/screened.csv"
