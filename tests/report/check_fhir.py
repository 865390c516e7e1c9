"""Holds the bundles that test_report writes against the definitions of FHIR R4.

    python3 -m venv .venv && .venv/bin/pip install fhir.resources==6.5.0 "pydantic[email]<2"
    mkdir bundles && RX_KEEP_FHIR=bundles build/tests/report/test_report
    .venv/bin/python tests/report/check_fhir.py bundles/*.json

fhir.resources 6.5 are classes generated from the R4 (4.0.1) definitions: unknown members, wrong types,
cardinalities and value patterns are errors.
"""
import sys

from fhir.resources.bundle import Bundle


def main(paths):
    failed = 0
    for path in paths:
        try:
            bundle = Bundle.parse_file(path)
            for entry in bundle.entry:
                assert entry.resource.resource_type, path
        except Exception as error:  # every failure is named, the rest is still checked
            failed += 1
            print(f"{path}: {error}")
    print(f"{len(paths)} bundles, {failed} invalid")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
