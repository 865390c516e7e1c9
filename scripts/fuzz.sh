#!/bin/sh
# Runs every fuzz target for FUZZ_SECONDS (600) from its committed corpus; a finding ends the run.
# New inputs go to build-fuzz/corpus, findings to build-fuzz/findings.
set -eu
seconds=${FUZZ_SECONDS:-600}
build=build-fuzz
[ -f $build/build.ninja ] || CC=clang meson setup $build -Dfuzz=true -Dbuildtype=debugoptimized
ninja -C $build
mkdir -p $build/findings
for target in ${FUZZ_TARGETS:-$(cd $build/tests/fuzz && find . -maxdepth 1 -type f -name 'fuzz_*' -perm -u+x | sed 's|./fuzz_||' | sort)}; do
    corpus=$build/corpus/$target
    mkdir -p "$corpus"
    echo "== $target, $seconds s"
    $build/tests/fuzz/fuzz_$target -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 \
        -artifact_prefix=$build/findings/$target- -print_final_stats=1 \
        "$corpus" "tests/fuzz/corpus/$target" 2>&1 | tail -n 12
    [ -z "$(find $build/findings -name "$target-*")" ] || { echo "finding in $target"; exit 1; }
done
