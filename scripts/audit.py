"""Looks the packages of an environment up among the known vulnerabilities: `make audit`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str]) -> int:
    """Exit code 0 without a known vulnerability, 1 with one, 3 where the advisories cannot be reached."""
    packages = next(Path(arguments[0]).glob("lib/python*/site-packages"))
    command = [sys.executable, "-m", "pip_audit", "--path", str(packages), "--format", "json"]
    command += ["--skip-editable", "--progress-spinner", "off"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)["dependencies"] if done.stdout.strip() else []
    # A mirror without advisories answers too: it knows none of the packages.
    known = [package for package in found if "vulns" in package]
    if not known:
        reason = done.stderr.strip().splitlines()[-1] if done.returncode else "the index knows none of the packages"
        print(f"audit: the advisories cannot be reached from here; nothing was looked up ({reason})", file=sys.stderr)
        return 3
    vulnerable = [package for package in known if package["vulns"]]
    for package in vulnerable:
        names = ", ".join(vulnerability["id"] for vulnerability in package["vulns"])
        print(f"{package['name']} {package['version']}: {names}")
    unknown = len(found) - len(known)
    print(f"audit: {len(known)} packages looked up, {len(vulnerable)} vulnerable, {unknown} that nobody knows")
    return int(bool(vulnerable))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
