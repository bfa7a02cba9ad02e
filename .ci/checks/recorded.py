"""Reads what the disposable account noted of the requests that it got, and fails if AWS would refuse one of them.

Usage: recorded.py DIRECTORY, the one that BACKSTOP_CHECK_REQUESTS named while drills ran.
"""

import json
import sys
from pathlib import Path


def read(directory):
    """The operations that were seen, and the violations: each once, whoever made the request."""
    seen, violations = set(), {}
    for file in sorted(Path(directory).glob("requests-*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            if "fault" in entry:
                place = (entry["service"], entry["operation"], entry["parameter"], entry["fault"])
                violations.setdefault(place, set()).add(f"{file.name} ({entry['key']})")
            else:
                seen.add((entry["service"], entry["operation"]))
    return seen, violations


def main(directory):
    seen, violations = read(directory)
    for (service, operation, parameter, fault), files in sorted(violations.items()):
        print(f"{service}:{operation} {parameter}: {fault}; in {sorted(files)[0]}", file=sys.stderr)
    if not seen:
        print(f"no request was looked at: nothing is in {directory}", file=sys.stderr)
        return 1
    services = len({service for service, _ in seen})
    print(f"requests: {len(seen)} operations of {services} services are as in AWS's models but for {len(violations)} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
