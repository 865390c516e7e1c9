#!/bin/sh
# Measures this machine: matrix products beside oneDNN's (where installed), then whole pages.
# Everything goes to standard output, ready for SPEED.md. BENCH_SIZES picks the models.
set -eu
cd "$(dirname "$0")/.."
build=${BENCH_BUILD:-build}
[ -f "$build/build.ninja" ] || meson setup "$build" >&2
ninja -C "$build" rxscan bench/bench_kernels bench/bench_lexicon >&2

echo "## $(date +%F), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) processors"
echo
echo '`make bench`'
echo
echo '```'
"$build/bench/bench_kernels"
"$build/bench/bench_lexicon"
for model in ${BENCH_SIZES:-3b-224 3b-448}; do
    for weights in bf16 int8 int4; do
        "$build/rxscan" bench --quiet --size "${model%-*}" --resolution "${model#*-}" \
            --weights "$weights" --runs 3
    done
    "$build/rxscan" bench --quiet --size "${model%-*}" --resolution "${model#*-}" \
        --weights int8 --batch 8 --runs 1
done
echo '```'
