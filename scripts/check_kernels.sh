#!/bin/sh
# Builds the kernels and their tests for 64-bit Arm and runs them under qemu, which offers every
# extension that the tests know of. A fast check of NEON without an Arm machine: the kernels and the
# frame of their tests need nothing but the C library.
set -eu
cd "$(dirname "$0")/.."
build=build-arm
cc="aarch64-linux-gnu-gcc -std=gnu17 -O2 -Wall -Wextra -Wshadow -Werror -ffp-contract=off -D_GNU_SOURCE
    -Iinclude -Isrc -Itests/kernels"
mkdir -p $build

# $1: folder of objects; $2: flags; the rest: sources. As src/kernels/meson.build has it, the files
# over simd.h are compiled once for each instruction set.
compile() {
    folder=$build/$1 flags=$2
    shift 2
    mkdir -p "$folder"
    for source in "$@"; do
        # shellcheck disable=SC2086
        $cc $flags -c "$source" -o "$folder/$(basename "$source" .c).o" &
    done
    wait
}

isa_sources="src/kernels/attention_kernels.c src/kernels/product_kernels.c src/kernels/row_kernels.c"
# shellcheck disable=SC2086
compile c "-DPALI_PLAIN -DPALI_ISA=c" $isa_sources
# shellcheck disable=SC2086
compile neon "-DPALI_ISA=neon" $isa_sources
# shellcheck disable=SC2086
compile neon_dot "-DPALI_ISA=neon_dot -march=armv8.2-a+dotprod" $isa_sources
# shellcheck disable=SC2086
compile neon_i8mm "-DPALI_ISA=neon_i8mm -march=armv8.2-a+dotprod+i8mm" $isa_sources
compile common "" $(ls src/kernels/*.c | grep -v '_kernels') src/base/arena.c src/base/cgroup.c \
    src/base/memory.c src/base/pool.c src/base/status.c tests/kernels/claims.c \
    tests/kernels/products_reference.c tests/kernels/versions.c

status=0
for test in tests/kernels/test_*.c; do
    program=$build/$(basename "$test" .c)
    # shellcheck disable=SC2086
    $cc -static "$test" $build/*/*.o -lpthread -lm -o "$program"
    echo "== $program"
    qemu-aarch64 "$program" || status=1
done
exit $status
