#!/usr/bin/env bash
# Installs the Debian packages that dr builds against. Quick and silent when nothing is missing.
set -euo pipefail

packages=(libdnnl-dev libopenblas-dev libonnx-dev libprotobuf-dev libpng-dev libjpeg-dev zlib1g-dev
    libgdcm-dev libopenjp2-7-dev libsqlite3-dev)

if ! command -v swift >/dev/null; then
    echo "setup: no swift on the PATH; install Swift 6.2 or newer from swift.org first" >&2
    exit 1
fi

is_installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

missing=()
if command -v dpkg-query >/dev/null; then
    for package in "${packages[@]}"; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && exit 0
fi

if ! command -v apt-get >/dev/null; then
    echo "setup: this system has no apt-get. Install what corresponds to these Debian packages, then build with" >&2
    echo "       'swift build -c release': ${packages[*]}" >&2
    exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "setup: run as root, or install sudo: apt-get install ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi

echo "setup: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
if ! "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null 2>&1; then
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
