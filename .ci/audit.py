"""What pip-audit found: a vulnerability fails; where nothing was audited, make says so last."""
# ruff: noqa: INP001, T201 - a script that make starts

import json
import sys
from pathlib import Path
from typing import Any


def main(report: Path) -> int:
    """Read pip-audit's JSON report, which is missing where it could not ask; the exit status."""
    dependencies = _dependencies(report)
    audited = [one for one in dependencies if "skip_reason" not in one]
    if not audited:
        print("NOT AUDITED: the advisory service did not answer")
        return 0
    findings = [(one, vulnerability) for one in audited for vulnerability in one["vulns"]]
    for one, vulnerability in findings:
        cure = ", ".join(vulnerability["fix_versions"]) or "none yet"
        print(f"{one['name']} {one['version']}: {vulnerability['id']}, mended in: {cure}")
    print(f"{len(audited)} of {len(dependencies)} packages audited, {len(findings)} findings.")
    if len(audited) < len(dependencies):
        print("The advisory service knows nothing of the others, or is out of reach.")
    return 1 if findings else 0


def _dependencies(report: Path) -> list[dict[str, Any]]:
    if not report.exists():
        return []
    dependencies: list[dict[str, Any]] = json.loads(report.read_text("utf-8"))["dependencies"]
    return dependencies


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
