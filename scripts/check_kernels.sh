#!/bin/sh
# Builds the kernels and their tests for processors that this machine is not, and runs them:
#     check_kernels.sh arm       64-bit Arm under qemu, which offers every extension that the tests know of
#     check_kernels.sh avx512    AVX-512, AVX-VNNI and AMX, emulated by SIMDe on AVX2 (tests/kernels/emulated.h)
# The kernels and the frame of their tests need nothing but the C library.
set -eu
cd "$(dirname "$0")/.."
target=${1:-}
build=build-$target
flags="-std=gnu17 -Wall -Wextra -Wshadow -Werror -ffp-contract=off -D_GNU_SOURCE -Iinclude -Isrc -Itests/kernels"
case $target in
arm)
    cc="aarch64-linux-gnu-gcc -static -O2 $flags"
    run=qemu-aarch64
    cpu=src/kernels/cpu.c
    ;;
avx512)
    cc="gcc -O1 $flags"
    run=
    cpu=tests/kernels/every_extension.c
    ;;
*)
    sed -n '2,4s/^# *//p' "$0" >&2
    exit 2
    ;;
esac
mkdir -p "$build"

# $1: folder of objects; $2: flags; the rest: sources. As src/kernels/meson.build has it, the files
# over simd.h are compiled once for each instruction set.
compile() {
    folder=$build/$1 extra=$2
    shift 2
    mkdir -p "$folder"
    for source in "$@"; do
        # shellcheck disable=SC2086
        $cc $extra -c "$source" -o "$folder/$(basename "$source" .c).o" &
    done
    wait
}

# shellcheck disable=SC2086
for_isa() { # NAME FLAGS
    compile "$1" "-DPALI_ISA=$1 $2" src/kernels/attention_kernels.c src/kernels/product_kernels.c \
        src/kernels/quantize_kernels.c src/kernels/row_kernels.c
}

rm -f "$build"/*/*.o
for_isa c -DPALI_PLAIN
if [ "$target" = arm ]; then
    for_isa neon ""
    for_isa neon_dot -march=armv8.2-a+dotprod
    for_isa neon_i8mm -march=armv8.2-a+dotprod+i8mm
else
    avx2="-mavx2 -mfma -mf16c"
    emulated="$avx2 -w -Wno-psabi -include tests/kernels/emulated.h"
    integers=src/kernels/integer_kernels_avx512.c
    for_isa avx2 "$avx2"
    for_isa avx_vnni "$emulated -DEMULATE_AVX_VNNI"
    for_isa avx512 "$emulated"
    compile bf16 "$emulated" src/kernels/bf16_kernels_avx512.c
    compile amx "$emulated -DEMULATE_VBMI" src/kernels/amx_attention.c src/kernels/amx_kernels.c
    compile vnni "$emulated -DPALI_ISA=vnni" $integers
    compile vbmi "$emulated -DPALI_ISA=vbmi -DEMULATE_VBMI" $integers
fi
# shellcheck disable=SC2046
compile common "" $(ls src/kernels/*.c | grep -v -e _kernels -e /amx_ -e /cpu.c) $cpu src/base/arena.c \
    src/base/cgroup.c src/base/memory.c src/base/pool.c src/base/status.c tests/kernels/claims.c \
    tests/kernels/products_reference.c tests/kernels/versions.c

status=0
for test in tests/kernels/test_*.c; do
    program=$build/$(basename "$test" .c)
    # shellcheck disable=SC2086
    $cc "$test" "$build"/*/*.o -lpthread -lm -o "$program"
    echo "== $program"
    $run "$program" || status=1
done
exit $status
