#!/bin/sh
# Builds with warnings as errors and runs every test; the last line counts them.
# Limits on time end a test that hangs; they are wide, since a slow machine is no failure.
# CHECK_SETUP adds options to meson's set-up, CHECK_BUILD names the folder.
set -eu
build=${CHECK_BUILD:-build-check}
[ -f "$build/build.ninja" ] || meson setup "$build" -Dwerror=true ${CHECK_SETUP:-}
ninja -C "$build"
status=0
meson test -C "$build" --no-rebuild --print-errorlogs --timeout-multiplier 10 || status=$?
python3 - "$build/meson-logs/testlog.json" <<'END'
import json, sys
results = [json.loads(line)["result"] for line in open(sys.argv[1])]
skipped = results.count("SKIP")
passed = results.count("OK") + results.count("EXPECTEDFAIL")
print(f"{passed} passed, {len(results) - passed - skipped} failed, {skipped} skipped")
END
exit $status
