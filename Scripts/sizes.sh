#!/usr/bin/env bash
# Lists hand-written files over 500 lines: each is worth a look for two things in one.
cd "$(dirname "$0")/.." || exit 1
git ls-files '*.swift' '*.c' '*.cpp' '*.h' ':!Sources/OnnxFormat/Generated' | xargs wc -l | awk '$2 != "total" && $1 > 500 { print "sizes: " $1 " lines in " $2 }'
