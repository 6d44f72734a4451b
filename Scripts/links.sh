#!/usr/bin/env bash
# The serving programs carry no training code: no symbol of Trainer or TrainingKernels in drd and dr.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$(swift build -c release --show-bin-path)
for program in drd dr; do
    [ -x "$bin/$program" ] || { echo "links: $bin/$program is not built" >&2; exit 1; }
    for module in Trainer TrainingKernels; do
        # A Swift symbol of module M starts with $s, the length of M and M.
        if nm "$bin/$program" 2>/dev/null | grep -q "\$s${#module}$module"; then
            echo "links: $program contains symbols of $module" >&2
            exit 1
        fi
    done
    echo "links: $program is free of training code"
done
