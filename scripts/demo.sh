#!/bin/sh
# Scans a sample prescription with the embedded model.
# Usage: scripts/demo.sh BUILD
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}
page=samples/prescription.jpg

echo "The page: $page, an invented patient on an invented clinic's pad" >&2
echo "+ $build/rxscan scan $page" >&2
"$build/rxscan" scan --verbose "$page"
cat >&2 <<'END'

What is doubtful is marked and listed: check it against the page. Try a photo of your own, or ask:

    build/rxscan scan photo.jpg --html report.html
    build/rxscan ask samples/table.jpg "Which medicines are recommended in the prescription"
END
