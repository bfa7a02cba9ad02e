#!/usr/bin/env python3
"""Writes fields.tsv: the fields of a finding that a GuardDuty filter may name, from AWS's own service model.

Usage: fields.py BOTOCORE_FOLDER        the folder `botocore` of an unpacked or installed package
"""

import gzip
import json
import re
import sys
from pathlib import Path

NUMBERS = {"integer", "long", "double", "float"}
# The model's names where the filter's differ, in lower case as both are compared.
RENAMED = {"effectivepermissions": "effectivepermission"}


def kind_of(shapes, field):
    """What the field holds, by following its name through the shape of a finding; text where the shape lacks it."""
    shape = shapes["Finding"]
    for part in field.split("."):
        while shape["type"] in ("list", "map"):
            shape = shapes[(shape.get("member") or shape["value"])["shape"]]
        members = {name.lower(): member for name, member in shape.get("members", {}).items()}
        part = RENAMED.get(part.lower(), part.lower())
        if part not in members:
            return "text"
        shape = shapes[members[part]["shape"]]
    while shape["type"] == "list":
        shape = shapes[shape["member"]["shape"]]
    if shape["type"] in NUMBERS:
        return "number"
    return {"boolean": "flag", "timestamp": "time"}.get(shape["type"], "text")


def main():
    folder = Path(sys.argv[1]) / "data/guardduty/2017-11-28"
    packed = folder / "service-2.json.gz"
    text = gzip.open(packed).read() if packed.exists() else (folder / "service-2.json").read_bytes()
    shapes = json.loads(text)["shapes"]
    listed = shapes["CreateFilterRequest"]["members"]["FindingCriteria"]["documentation"]
    names = {}
    for item in re.split(r"<li>", listed)[1:]:
        name = re.search(r"<p>([A-Za-z][\w.]+)", item)
        if name:
            times = "Timestamp in Unix Epoch" in item
            names[name.group(1)] = "time" if times else kind_of(shapes, name.group(1))
    out = Path(__file__).parent / "src/fields.tsv"
    out.write_text("field\tholds\n" + "".join(f"{name}\t{kind}\n" for name, kind in sorted(names.items())), encoding="utf-8")
    print(f"{len(names)} fields in {out.name}")


if __name__ == "__main__":
    main()
