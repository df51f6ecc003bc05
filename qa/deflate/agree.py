#!/usr/bin/env python3
"""Inflates the messages of a folder that `oracles write` has made, with Python's zlib: `agree.py FOLDER`."""
import pathlib
import struct
import sys
import zlib


def messages(path):
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        (length,) = struct.unpack_from("<I", data, at)
        found.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    return found


count = 0
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.packed")):
    inflater = zlib.decompressobj(-15)
    for packed, plain in zip(messages(path), messages(path.with_suffix(".plain")), strict=True):
        if path.stem.endswith("-alone"):
            inflater = zlib.decompressobj(-15)
        assert inflater.decompress(packed + b"\0\0\xff\xff") == plain, path
        count += 1
print(f"Python: {count} messages inflate to the same")
assert count > 1000
