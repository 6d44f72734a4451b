#!/usr/bin/env bash
# compare-grades.sh PREDICTIONS.csv SCREENED.csv: the grades of `dr-train evaluate --predictions` and of `dr screen`, picture by
# picture. Exit 1 when any differs or is absent.
set -euo pipefail
awk -F, '
    FNR == 1 { for (i = 1; i <= NF; i++) column[FILENAME, $i] = i; next }
    FILENAME == ARGV[1] { expected[$column[FILENAME, "id_code"]] = $column[FILENAME, "grade"]; wanted++; next }
    {
        name = $column[FILENAME, "file"]; sub(/\.[^.]*$/, "", name)
        if (!(name in expected)) next
        seen++
        if ($column[FILENAME, "grade"] != expected[name]) { differ++; print "differs: " name ": " expected[name] " and " $column[FILENAME, "grade"] }
    }
    END {
        printf "%d of %d pictures screened, %d with another grade\n", seen, wanted, differ
        exit differ > 0 || seen != wanted || wanted == 0
    }' "$1" "$2"
