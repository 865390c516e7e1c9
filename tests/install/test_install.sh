#!/bin/bash
# Installs into an empty folder and uses what lies there: the program, the library from a program
# outside the tree, the man page, the completion.
set -euo pipefail

stage=$(mktemp -d /tmp/rxscan-install-XXXXXX)
trap 'rm -rf "$stage"' EXIT
root=$stage/root$PREFIX
model=$SOURCE/tests/golden/models/base-f32
picture=$SOURCE/tests/unit/data/pictures/$(ls "$SOURCE/tests/unit/data/pictures" | grep -m 1 '\.png$')
failures=0

claim() { # what holds, and a command that succeeds if it does
    local what=$1
    shift
    if "$@" >"$stage/said" 2>&1; then
        echo "ok    $what"
    else
        echo "FAIL  $what"
        cat "$stage/said"
        failures=$((failures + 1))
    fi
}

meson install -C "$BUILD" --no-rebuild --destdir "$stage/root" >/dev/null

claim "the program runs" "$root/bin/rxscan" --version

claim "it finds the embedded model" "$root/bin/rxscan" scan "$picture" -o "$stage/scan.txt"

# The library, as a program outside the tree finds it.
is_searched() {
    [ "$PREFIX" != /usr/local ] ||
        { grep -qx "$PREFIX/$LIBDIR" /etc/ld.so.conf.d/*.conf &&
            pkg-config --variable pc_path pkg-config | tr : '\n' | grep -qx "$PREFIX/$LIBDIR/pkgconfig"; }
}
claim "the loader and pkg-config look where the library lies" is_searched
export PKG_CONFIG_PATH=$root/$LIBDIR/pkgconfig PKG_CONFIG_SYSROOT_DIR=$stage/root
build_example() {
    cd "$stage" && cp "$SOURCE/docs/example.c" . &&
        # shellcheck disable=SC2046,SC2086
        $COMPILE -std=c11 -Wall -Wextra -Werror example.c $(pkg-config --cflags --libs pali) -o example
}
claim "the example compiles with what pkg-config says" build_example
answers_alike() {
    LD_LIBRARY_PATH=$root/$LIBDIR "$stage/example" "$model" "$picture" "caption en" >"$stage/example.out" &&
        "$root/bin/rxscan" run --model "$model" "$picture" "caption en" >"$stage/program.out" &&
        [ -s "$stage/program.out" ] && cmp "$stage/example.out" "$stage/program.out"
}
claim "the example answers what the program answers" answers_alike
offers_the_header() {
    nm -D --defined-only "$root/$LIBDIR/libpali.so" | sed -n 's/.* T //p' | grep -v '^_' | sort >"$stage/offered"
    # A declaration's name stands before the first parenthesis behind PALI_API.
    tr '\n' ' ' <"$root/include/pali/pali.h" | grep -o 'PALI_API [^(_][^(]*(' |
        sed 's/($//; s/.*[ *]//' | sort >"$stage/declared"
    [ "$(wc -l <"$stage/declared")" -gt 40 ] && diff "$stage/declared" "$stage/offered"
}
claim "the library offers the functions of its header and no others" offers_the_header

# The man page and the completion know every command and its options.
commands=$("$root/bin/rxscan" --help | sed -n 's/^  \([a-z]*\)  *[A-Z].*/\1/p')
page=$root/share/man/man1/rxscan.1
told() {
    [ "$(echo "$commands" | wc -l)" -gt 10 ] || return 1
    for command in $commands; do
        grep -q "^\.SS $command\$" "$page" || { echo "$command is missing"; return 1; }
    done
    grep -q '\\-\\-max\\-new\\-tokens' "$page" && ! grep -q '^\.[a-z]*$' <(grep -v '^\.nf$\|^\.fi$' "$page")
}
claim "the man page tells of every command" told

complete_words() { # the words so far; prints what the last may become
    bash -c 'PATH=$1:$PATH; . "$2"; shift 2; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _rxscan
        echo "${COMPREPLY[*]}"' - "$root/bin" "$root/share/bash-completion/completions/rxscan" "$@"
}
is() {
    [ "$1" = "$2" ] || { echo "\"$1\" is not \"$2\""; return 1; }
}
claim "a command is completed" is "$(complete_words rxscan tok)" tokenize
claim "an option is completed" is "$(complete_words rxscan ask --max)" --max-new-tokens
claim "an option of another command is not" is "$(complete_words rxscan models --max)" ""

[ $failures -eq 0 ]
