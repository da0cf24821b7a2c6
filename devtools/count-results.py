#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The project authors
"""Sum JUnit reports into the one line that ends a test run.

Names what failed and what was skipped, with the reason; exits 1 when
something failed or when a report holds no test at all. Meson's logs (.json)
add the programs that ended badly though all their cases passed, as with a
leak that a sanitizer finds at the end.
"""

import json
import sys
import xml.etree.ElementTree as ET


def outcome(case):
    """'passed', 'failed' or 'skipped', and why."""
    for tag in ("failure", "error"):
        found = case.find(tag)
        if found is not None:
            return "failed", found.get("message") or ""
    found = case.find("skipped")
    if found is not None:
        return "skipped", found.get("message") or (found.text or "").strip()
    return "passed", ""


def bad_ends(path):
    """The programs in meson's log that ended badly, and how."""
    with open(path, encoding="utf-8") as log:
        for line in log:
            test = json.loads(line)
            if test["result"] in ("ERROR", "TIMEOUT"):
                yield test["name"], f"{test['result']}, exit status {test['returncode']}"


def main(paths):
    count = {"passed": 0, "failed": 0, "skipped": 0}
    for path in (path for path in paths if path.endswith(".json")):
        for name, how in bad_ends(path):
            count["failed"] += 1
            print(f"FAILED {name}: {how}")
    for path in (path for path in paths if not path.endswith(".json")):
        cases = list(ET.parse(path).getroot().iter("testcase"))
        if not cases:
            count["failed"] += 1
            print(f"FAILED {path}: the report holds no test")
        for case in cases:
            result, reason = outcome(case)
            count[result] += 1
            if result != "passed":
                first = reason.splitlines()[0] if reason else ""
                print(f"{result.upper()} {case.get('classname')} {case.get('name')}: {first}")
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**count))
    return 1 if count["failed"] or not count["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
