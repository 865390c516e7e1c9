"""The library of native/: compiled by `cc` when it is first asked for, and anew when its sources are newer."""
import os
import subprocess

FOLDER = os.path.join(os.path.dirname(__file__), "native")
INCLUDED = os.path.join(FOLDER, "..", "..", "src")  # headers of the engine's kernels
FLAGS = ("-std=gnu17", "-O3", "-march=sapphirerapids", "-mprefer-vector-width=512", "-ffp-contract=fast", "-shared", "-fPIC",
         "-Wl,-Bsymbolic", "-I", INCLUDED)


def runs_here():
    """Whether this processor multiplies tiles of bfloat16."""
    try:
        with open("/proc/cpuinfo", encoding="ascii") as file:
            return "amx_bf16" in file.read()
    except OSError:
        return False


def compile_to(path, *more):
    """subprocess.CalledProcessError where the compiler does not take it, with what it said in `stderr`."""
    sources = sorted(os.path.join(FOLDER, name) for name in os.listdir(FOLDER) if name.endswith(".c"))
    subprocess.run(["cc", *FLAGS, *more, *sources, "-o", path, "-lm", "-lpthread"], check=True, stderr=subprocess.PIPE, text=True)


def built():
    """Its path."""
    path = os.path.join(FOLDER, "libgradients.so")
    newest = max(os.path.getmtime(os.path.join(FOLDER, name)) for name in os.listdir(FOLDER) if name.endswith((".c", ".h")))
    if not os.path.exists(path) or os.path.getmtime(path) < newest:
        compile_to(f"{path}.{os.getpid()}")
        os.replace(f"{path}.{os.getpid()}", path)
    return path
