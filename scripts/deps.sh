#!/bin/sh
# Installs what building and testing need and the machine lacks (Debian 12 or later, Ubuntu).
# Usage: scripts/deps.sh [build] [check] [bench] [arm] [avx512] [fuzz]       (default: build)
# Packages and the reason for each: DEPENDENCIES.md.
set -eu

build="gcc meson ninja-build pkg-config libc6-dev libjansson-dev libyajl-dev libjpeg62-turbo-dev
libpng-dev libwebp-dev libtiff-dev libzip-dev libcurl4-openssl-dev libssl-dev libpopt-dev libsqlite3-dev
poppler-utils libheif-examples"
check="libcmocka-dev clang clang-format libclang-rt-14-dev"
bench="libdnnl-dev"
arm="gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user"
avx512="libsimde-dev"
fuzz="clang libclang-rt-14-dev"

[ $# -gt 0 ] || set -- build
wanted=""
for group in "$@"; do
    case $group in
    build) wanted="$wanted $build" ;;
    check) wanted="$wanted $check" ;;
    bench) wanted="$wanted $bench" ;;
    arm) wanted="$wanted $arm" ;;
    avx512) wanted="$wanted $avx512" ;;
    fuzz) wanted="$wanted $fuzz" ;;
    *) echo "deps.sh: there is no group '$group'" >&2; exit 2 ;;
    esac
done

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "deps.sh: not a Debian or Ubuntu machine; install the equivalents of:$wanted" >&2
    exit 0
fi

missing=""
for package in $wanted; do
    # A name may be provided by another package (libjpeg62-turbo-dev is libjpeg-dev on Ubuntu).
    case $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) in
    installed) continue ;;
    esac
    case $package in
    libjpeg62-turbo-dev) dpkg-query -W libjpeg-turbo8-dev >/dev/null 2>&1 && continue ;;
    libclang-rt-14-dev) ls /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a \
        >/dev/null 2>&1 && continue ;;
    esac
    missing="$missing $package"
done
[ -n "$missing" ] || exit 0

sudo=""
[ "$(id -u)" -eq 0 ] || sudo="sudo"
echo "deps.sh: installing$missing" >&2
$sudo apt-get update -qq
available=""
for package in $missing; do
    if apt-cache show "$package" >/dev/null 2>&1; then
        available="$available $package"
    elif [ "$package" = libjpeg62-turbo-dev ]; then
        available="$available libjpeg-dev"
    elif [ "$package" = libclang-rt-14-dev ]; then
        available="$available $(apt-cache depends clang | sed -n 's/.*Depends: clang-\([0-9]*\)$/libclang-rt-\1-dev/p')"
    else
        available="$available $package"
    fi
done
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $available >&2
