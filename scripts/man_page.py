#!/usr/bin/env python3
"""Writes the man page: what the program's own help says of each command, in a frame of what holds for
all of them.

    man_page.py RXSCAN rxscan.1
"""
import pathlib
import re
import subprocess
import sys

HEAD = r'''.TH RXSCAN 1 "" "rxscan {version}" "User commands"
.SH NAME
rxscan \- read medical prescriptions on this machine, with PaliGemma 2
.SH SYNOPSIS
.B rxscan
.I COMMAND
[options] ...
.SH DESCRIPTION
Results go to standard output, everything else to standard error; colour, progress and pictures to a
terminal only. No connection is opened unless a URL is named or a model is pulled.
.PP
An
.I INPUT
is a JPEG, PNG, WebP, TIFF, BMP, HEIC or PDF file, told apart by content; a folder; \- for standard
input; or an http(s) URL.
'''

TAIL = r'''.SH EXIT STATUS
.TP
0
All was read.
.TP
1
Some inputs failed: the rest are delivered, each failure is named on standard error and in the output.
.TP
2
Wrong usage.
.TP
3
The model cannot be loaded.
.TP
130
Interrupted: what was finished is delivered.
.SH ENVIRONMENT
.TP
RXSCAN_MODEL
The model when \-\-model is not given.
.TP
HF_TOKEN
The token for gated repositories; without it, the token file of the Hugging Face cache is read.
.TP
HF_HOME, HF_HUB_CACHE
Where that cache is (default: ~/.cache/huggingface).
.TP
HF_HUB_OFFLINE
With 1, no connection is opened to the Hub.
.TP
HF_ENDPOINT
Another Hub than https://huggingface.co.
.TP
PALI_CPU
c, avx2, avx-vnni, avx512 or avx512-vnni: kernels no newer than these, to compare.
'''


def said_by(program, *arguments):
    return subprocess.run([program, *arguments], check=True, capture_output=True, text=True).stdout


def verbatim(text):
    """As it stands: without filling, backslashes and leading dots kept."""
    text = text.strip("\n").replace("\\", "\\e").replace("-", "\\-")
    lines = ["\\&" + line if line[:1] in (".", "'") else line for line in text.split("\n")]
    return ".nf\n" + "\n".join(lines) + "\n.fi\n"


def main():
    program, target = sys.argv[1:]
    commands = re.findall(r"^  ([a-z]+) +[A-Z]", said_by(program, "--help"), re.MULTILINE)
    page = HEAD.format(version=said_by(program, "--version").split()[1]) + ".SH COMMANDS\n"
    for command in commands:
        page += f".SS {command}\n" + verbatim(said_by(program, command, "--help"))
    pathlib.Path(target).write_text(page + TAIL)


if __name__ == "__main__":
    main()
