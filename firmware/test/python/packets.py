"""Checks by their checksums that no packet of the board was damaged while its client ran."""

import struct

from harness import Part, environment

part = Part("packets")

# The address of the board in the user network of the emulator.
BOARD = bytes([10, 0, 2, 15])
ETHERNET_HEADER = 14
TCP = 6


def packets(capture):
    """Yields the Ethernet frames of a libpcap file."""
    at = 24
    while at + 16 <= len(capture):
        (size,) = struct.unpack("<I", capture[at + 8 : at + 12])
        at += 16
        yield capture[at : at + size]
        at += size


def checksum(data):
    """Returns the checksum of RFC 1071: 0 if the data contains its own checksum."""
    padded = data + bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def segments(capture):
    """Yields the TCP segments of the board, each after the pseudo header that its checksum covers."""
    for packet in packets(capture):
        ip = packet[ETHERNET_HEADER:]
        if packet[12:14] != b"\x08\x00" or ip[9] != TCP or ip[12:16] != BOARD:
            continue
        header, total = (ip[0] & 0x0F) * 4, int.from_bytes(ip[2:4], "big")
        segment = ip[header:total]
        yield ip[12:20] + struct.pack("!HH", TCP, len(segment)) + segment


with open(environment("CAPTURE"), "rb") as file:
    seen = [checksum(segment) for segment in segments(file.read())]
part.equal("the board sent more than a thousand segments", len(seen) > 1000, True)
part.equal("none of them was damaged", sum(map(bool, seen)), 0)
part.finish()
