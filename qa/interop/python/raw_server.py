"""A server without a library for `echo_client`.

It breaks the protocol, and it shows TCP at its worst.
"""

import asyncio
import re
import socket
import subprocess
from contextlib import contextmanager

import raw
from harness import CASES, Part, example

part = Part("raw server")


@contextmanager
def visitor():
    """A run of echo_client that has sent its request, and the stream to it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        url = "ws://127.0.0.1:%d/" % listener.getsockname()[1]
        client = subprocess.Popen(
            [example("echo_client"), url],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            with raw.Stream(listener.accept()[0]) as stream:
                client.request = stream.head()
                yield client, stream
        finally:
            client.kill()
            client.communicate()


def segments():
    with visitor() as (client, stream):
        answer = raw.response_to(client.request)
        stream.send_byte_by_byte(answer)
        text = "é€🦀" * 20
        stream.send_byte_by_byte(raw.frame(0x81, text.encode(), False))
        first_byte, masked, whole = stream.frame()
        opcode = first_byte & 0x0F
        while not first_byte & 0x80:
            first_byte, also_masked, payload = stream.frame()
            masked &= also_masked
            whole += payload
        part.equal(
            "a text byte by byte comes back, masked",
            (opcode, masked, whole.decode()),
            (1, 1, text),
        )
        stream.send(raw.frame(0x88, b"\x03\xe8", False))
        part.equal("and so does the Close", stream.close_code(), 1000)
        stream.close()
        part.equal("echo_client ends with 0", client.wait(30), 0)
    with visitor() as (client, stream):
        stream.send(
            raw.response_to(client.request) + raw.frame(0x82, b"early", False)
        )
        part.equal(
            "a response and a message in one segment",
            stream.frame(),
            (0x82, 1, b"early"),
        )


def violations():
    def check(what, data, code):
        with visitor() as (client, stream):
            stream.send(raw.response_to(client.request) + data)
            got = stream.close_code()
            stream.close()
            part.equal(
                f"{what} fails with {code} and ends echo_client with 1",
                (got, client.wait(30)),
                (code, 1),
            )

    for case in CASES["violations"]:
        data = b"".join(
            raw.frame(int(first, 16), bytes.fromhex(payload), False)
            for first, payload in case["frames"]
        )
        check(case["name"], data, case["code"])
    check("a masked frame", raw.frame(0x81, b"a", True), 1002)


def responses():
    """Responses that a client must not take for an upgrade."""

    def check(what, change):
        with visitor() as (client, stream):
            stream.send(change(raw.response_to(client.request)))
            stream.close()
            _, err = client.communicate(timeout=30)
            part.equal(
                f"{what} is told and ends echo_client with 1",
                (client.returncode, err != ""),
                (1, True),
            )

    def put(old, new):
        return lambda answer: re.sub(old, new, answer)

    other = b"Accept: " + raw.ACCEPT.encode()
    subprotocol = b"\r\nSec-WebSocket-Protocol: chat\r\n\r\n"
    extension = b"\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    check("the accept value of another key", put(rb"Accept: \S+", other))
    check("status 200", put(b"101", b"200"))
    check("no Upgrade", put(b"Upgrade: websocket\r\n", b""))
    check("a subprotocol that nobody offered", put(b"\r\n\r\n$", subprotocol))
    check("an extension that nobody offered", put(b"\r\n\r\n$", extension))
    check("a response that breaks off", put(b"\r\n\r\n$", b"\r\n"))
    check("no response", lambda answer: b"")


def disconnects():
    whole = raw.frame(0x82, bytes(70_000), False)
    for size in (0, 1, 5, 66_000):
        for reset in (True, False):
            with visitor() as (client, stream):
                stream.send(raw.response_to(client.request) + whole[:size])
                stream.close(reset)
                _, err = client.communicate(timeout=30)
                how = "a reset" if reset else "the end of the stream"
                part.equal(
                    f"{how} after {size} bytes of a frame is told and ends "
                    "echo_client with 1",
                    (client.returncode, err != ""),
                    (1, True),
                )


async def main():
    for run in (segments, violations, responses, disconnects):
        await part.scenario(run.__name__, asyncio.to_thread(run))
    part.finish()


asyncio.run(main())
