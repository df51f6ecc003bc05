#!/usr/bin/env python3
"""Makes messages out of packages of a registry: `real.py FOLDER`, with the packages in it.

 * mime-db: a record of JSON each, about 80 bytes; and the paragraphs of its history.
 * world-countries: a record of JSON each, about 3 KB, with names in many scripts; and outlines of borders.
"""
import json
import pathlib
import struct
import sys
import tarfile


def write(path, messages):
    packed = [message.encode() for message in messages]
    path.write_bytes(b"".join(struct.pack("<I", len(message)) + message for message in packed))
    print(f"{path.name}: {len(packed)} messages of {sum(map(len, packed))} bytes")
    assert len(packed) > 50


folder = pathlib.Path(sys.argv[1])


def package(name):
    (path,) = folder.glob(f"{name}-*.tgz")
    with tarfile.open(path) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive if member.isfile()}


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


mime = package("mime-db")
types = json.loads(mime["package/db.json"])
write(folder / "json-small.messages", [compact({"type": name, **about}) for name, about in types.items()][:1000])
write(folder / "text.messages", mime["package/HISTORY.md"].decode().split("\n\n"))
world = package("world-countries")
write(folder / "json.messages", [compact(country) for country in json.loads(world["package/countries.json"])])
borders = [data.decode() for name, data in sorted(world.items()) if name.endswith(".geo.json")]
write(folder / "numbers.messages", [border for border in borders if len(border) < 100_000][:60])
