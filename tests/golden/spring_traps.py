"""Makes each classic mistake in the engine and runs the golden test, which must go red.

    python3 tests/golden/spring_traps.py [BUILD]

Works on a copy of the tree. Prints, for each mistake, what the test said first; ends with status 1 if
one went unnoticed. MODEL.md lists the result.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

# name, file, what it says, what it says with the mistake
TRAPS = [
    ("causal prefix", "src/model/decoder.c", ".prefix = sequence->prefix,", ".prefix = 0,"),
    ("bilinear resize", "src/image/pixel_values.c", "how->size, how->filter, err",
     "how->size, PALI_FILTER_BILINEAR, err"),
    ("no newline after the prompt", "src/model/generate.c",
     "line, length + 1, false, &ids", "line, length, false, &ids"),
    ("no <bos>", "src/model/generate.c", "j->ids[0] = model->config.bos_token_id;",
     "j->ids[0] = count ? ids[0] : 0;"),
    ("no attention soft-cap", "src/model/decoder.c", ".softcap = c->attn_logit_softcapping",
     ".softcap = 0.0f"),
    ("no final soft-cap", "src/model/decoder.c", "if (c->final_logit_softcapping > 0.0f)",
     "if (c->final_logit_softcapping < 0.0f)"),
    ("image features scaled", "src/model/generate.c",
     "        x += features->num_tokens * width;",
     "        for (size_t k = 0; k < features->num_tokens * width; k++)\n"
     "            x[k] *= g->model->config.text.hidden_size / 8.0f;\n"
     "        x += features->num_tokens * width;"),
    ("query heads interleaved over key-value heads", "src/kernels/attention.c",
     "head = b.kv_head * group + (first + r) % group;",
     "head = (first + r) % group * a->keys->num_kv_heads + b.kv_head;"),
    ("RoPE turns neighbours", "src/kernels/row_kernels.c",
     "    for (size_t i = 0; i < half; i += VF_WIDTH) {\n        vf a = load_tail(head, i, half)",
     "    for (size_t i = 0; i < half; i++) {\n"
     "        float a = head[2 * i], b = head[2 * i + 1];\n"
     "        head[2 * i] = a * cosines[i] - b * sines[i];\n"
     "        head[2 * i + 1] = b * cosines[i] + a * sines[i];\n"
     "    }\n"
     "    for (size_t i = half; i < half; i += VF_WIDTH) {\n"
     "        vf a = load_tail(head, i, half)"),
    ("RoPE turns the other way", "src/kernels/row_kernels.c",
     "vf_sub(vf_mul(a, c), vf_mul(b, s))", "vf_add(vf_mul(a, c), vf_mul(b, s))"),
    ("window on the odd layers", "src/model/decoder.c", "c->is_sliding[layer] ?",
     "!c->is_sliding[layer] ?"),
    ("window limits the prefix too", "src/kernels/attention.c",
     "a->window && position >= a->prefix && ", "a->window && "),
    ("one key more than the window", "src/kernels/attention.c",
     "position + 1 - a->window", "position - a->window"),
]

def copy_tree(target):
    archive = subprocess.run(["git", "-C", ROOT, "archive", "HEAD"], check=True,
                             capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", target], input=archive, check=True)


def run_golden(tree):
    """(passed, what the test said)"""
    build = subprocess.run(["ninja", "-C", tree / "build", "tests/golden/test_golden"],
                           capture_output=True, text=True)
    if build.returncode:
        sys.exit(build.stdout[-3000:])
    test = subprocess.run(["meson", "test", "-C", tree / "build", "--no-rebuild", "-v", "golden"],
                          capture_output=True, text=True)
    return test.returncode == 0, test.stdout + test.stderr


def first_complaint(text):
    lines = [line for line in text.splitlines() if re.search(r"\[  ERROR|differ|deviat|!=", line)]
    return lines[0].strip() if lines else "no message"


def main():
    unnoticed = 0
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder)
        copy_tree(tree)
        subprocess.run(["meson", "setup", tree / "build", tree], check=True, capture_output=True)
        passed, text = run_golden(tree)
        if not passed:
            sys.exit("the test is red without any mistake:\n" + text[-3000:])
        for name, file, old, new in TRAPS:
            path = tree / file
            right = path.read_text()
            if right.count(old) != 1:
                sys.exit(f"{name}: {file} does not hold the line once: {old}")
            path.write_text(right.replace(old, new))
            passed, text = run_golden(tree)
            path.write_text(right)
            unnoticed += passed
            print(f"{name}: {'UNNOTICED' if passed else 'red'}: {first_complaint(text)}", flush=True)
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
