#!/bin/sh
# Measures this machine: whole pages, then matrix products beside oneDNN's (where installed), names
# looked up. Everything goes to standard output as Markdown, ready for SPEED.md. BENCH_MODELS picks
# the models, BENCH_RUNS how often each is measured (the median counts).
set -eu
cd "$(dirname "$0")/.."
build=${BENCH_BUILD:-build}
[ -f "$build/build.ninja" ] || meson setup "$build" >&2
ninja -C "$build" rxscan bench/bench_kernels bench/bench_lexicon >&2

echo "## $(date +%F): \`make bench\`, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) processors"
echo
echo "| model | weights | batch | vision | of peak | prefill | of peak | first token | tokens/s | GB/s | of bandwidth | peak memory |"
echo "|---|---|---|---|---|---|---|---|---|---|---|---|"
row() { # MODEL WEIGHTS BATCH
    "$build/rxscan" bench --quiet --size "${1%-*}" --resolution "${1#*-}" --weights "$2" \
        --batch "$3" --runs "${BENCH_RUNS:-3}" --format json | python3 -c '
import json, sys
[r] = json.load(sys.stdin)
vision, prefill, decode = r["vision"], r["prefill"], r["decode"]
print("| {size}-{resolution} | {weights} | {batch} |".format(**r),
      "{:.2f} s | {:.0%} |".format(vision["seconds"], vision["share_of_peak"]),
      "{:.2f} s | {:.0%} |".format(prefill["seconds"], prefill["share_of_peak"]),
      "{:.2f} s | {:.1f} |".format(r["first_token_seconds"], decode["tokens_per_second"]),
      "{:.1f} | {:.0%} |".format(decode["gb_per_second"], decode["share_of_bandwidth"]),
      "{:.2f} GB |".format(r["peak_memory_bytes"] / 1e9))'
}
for model in ${BENCH_MODELS:-3b-224 3b-448}; do
    for weights in bf16 int8 int4; do
        row "$model" "$weights" 1
        row "$model" "$weights" 8
    done
done
echo
echo '```'
"$build/bench/bench_kernels"
"$build/bench/bench_lexicon"
echo '```'
