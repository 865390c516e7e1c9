#!/bin/sh
# Runs every fuzz target for FUZZ_SECONDS (600) from its committed corpus, or those in FUZZ_TARGETS; a
# finding ends the run. New inputs go to build-fuzz/corpus, findings to build-fuzz/findings.
set -eu
seconds=${FUZZ_SECONDS:-600}
build=build-fuzz
[ -f $build/build.ninja ] || CC=clang meson setup $build -Dfuzz=true -Dbuildtype=debugoptimized
ninja -C $build
mkdir -p $build/findings
all=$(cd tests/fuzz && ls fuzz_*.c | sed 's/^fuzz_//; s/\.c$//')
for target in ${FUZZ_TARGETS:-$all}; do
    corpus=$build/corpus/$target log=$build/$target.log
    mkdir -p "$corpus"
    echo "== $target, $seconds s"
    status=0
    $build/tests/fuzz/fuzz_"$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 \
        -artifact_prefix="$build/findings/$target-" -print_final_stats=1 \
        "$corpus" "tests/fuzz/corpus/$target" 2>"$log" || status=$?
    tail -n 12 "$log"
    [ $status -eq 0 ] || { echo "finding in $target: $log"; exit 1; }
done
