#!/bin/sh
# Puts the tutorial's question to the sample page. Without a trained model in the tree, the model is
# one of the true shapes (PaliGemma 2, 3B, 448 pixels) with random weights held in memory.
# Usage: scripts/demo.sh BUILD
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}
page=samples/prescription.jpg
question="Which medicines are recommended in the prescription"

echo "The page: $page (an invented patient on an invented clinic's pad)" >&2
echo "+ $build/rxscan ask $page \"$question\"" >&2
"$build/rxscan" ask --model synthetic:3b-448 --weights int8 --max-new-tokens 8 --verbose \
    "$page" "$question"
cat >&2 <<'END'

The numbers above are token ids, and they mean nothing: the weights are random. Real are the picture,
the model's shapes, the time and the memory. With a checkpoint from Hugging Face:

    build/rxscan pull google/paligemma2-3b-mix-448
    build/rxscan ask --model google/paligemma2-3b-mix-448 photo.jpg "Which medicines are recommended in the prescription"
END
