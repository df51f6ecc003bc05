"""A client without a library against `echo_server`.

It breaks the protocol, and it shows TCP at its worst.
"""

import asyncio
import http.client

import raw
from harness import CASES, Part, environment

URL = environment("ECHO_URL")
SHORT_URL = environment("ECHO_SHORT_URL")
part = Part("raw client")


def segments():
    """A handshake and messages, each byte in a segment of its own."""
    with raw.connect(URL) as stream:
        stream.send_byte_by_byte(raw.REQUEST)
        head = stream.head().decode()
        part.equal(
            "a request byte by byte: the accept value is that of the RFC",
            [line for line in head.splitlines() if "Accept" in line],
            [f"Sec-WebSocket-Accept: {raw.ACCEPT}"],
        )
        text = "é€🦀" * 20
        stream.send_byte_by_byte(raw.frame(0x81, text.encode(), True))
        # what is echoed is cut as it came, at the ends of code points
        first_byte, masked, whole = stream.frame()
        opcode = first_byte
        while not first_byte & 0x80:
            first_byte, masked, payload = stream.frame()
            whole += payload
        part.equal(
            "a text byte by byte comes back, not masked",
            (opcode & 0x0F, masked, whole.decode()),
            (1, 0, text),
        )
    with raw.connect(URL) as stream:
        ping = raw.frame(0x89, b"ping", True)
        stream.send(raw.REQUEST + raw.frame(0x81, b"early", True) + ping)
        stream.head()
        part.equal(
            "a request, a message and a Ping in one segment",
            [stream.frame(), stream.frame()],
            [(0x81, 0, b"early"), (0x8A, 0, b"ping")],
        )
        close = raw.frame(0x88, b"\x0f\xa0bye", True)
        stream.send(raw.frame(0x82, b"", True) + close)
        part.equal(
            "a message and a Close in one segment, and the stream ends",
            [stream.frame(), stream.frame(), stream.at_end()],
            [(0x82, 0, b""), (0x88, 0, b"\x0f\xa0bye"), True],
        )


def violations():
    def check(what, url, data, code):
        with raw.shaken(url) as stream:
            stream.send(data)
            got = stream.close_code()
            part.equal(
                f"{what} fails with {code}, and the stream ends",
                (got, stream.at_end()),
                (code, True),
            )

    for case in CASES["violations"]:
        data = b"".join(
            raw.frame(int(first, 16), bytes.fromhex(payload), True)
            for first, payload in case["frames"]
        )
        check(case["name"], URL, data, case["code"])
    check("a frame without a mask", URL, raw.frame(0x81, b"a", False), 1002)
    check(
        "a length in more bytes than it takes",
        URL,
        b"\x81\xfe\x00\x05" + raw.MASK + b"hello",
        1002,
    )
    check("a length above 2^63", URL, b"\x82\xff" + b"\xff" * 8, 1002)
    check(
        "a head that announces too much",
        SHORT_URL,
        raw.frame(0x82, bytes(70_000), True)[:14],
        1009,
    )


def refusals():
    """The answers as Python's own HTTP client reads them."""
    host = URL.split("/")[2]
    fields = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": raw.KEY,
        "Sec-WebSocket-Version": "13",
    }

    def check(what, method, fields, status, wanted={}):
        connection = http.client.HTTPConnection(host, timeout=30)
        connection.request(method, "/", headers=fields)
        answer = connection.getresponse()
        got = {name: answer.headers[name] for name in wanted}
        complete = len(answer.read()) == int(answer.headers["Content-Length"])
        connection.close()
        part.equal(
            f"{what} gets {status}",
            (answer.status, got, complete),
            (status, wanted, True),
        )

    version = {"Sec-WebSocket-Version": "13"}
    upgrade = {"Upgrade": "websocket", **version}
    check("a plain GET", "GET", {}, 426, upgrade)
    for bad in ("12", "14", "255"):
        changed = {**fields, "Sec-WebSocket-Version": bad}
        check(f"version {bad}", "GET", changed, 426, version)
    for bad in ("", "too short", raw.KEY[:-4] + "====", raw.KEY + "AAAA"):
        changed = {**fields, "Sec-WebSocket-Key": bad}
        check(f"the key {bad!r}", "GET", changed, 400)
    check("a POST", "POST", fields, 405, {"Allow": "GET"})
    without = {**fields}
    del without["Sec-WebSocket-Key"]
    check("no key", "GET", without, 400)
    part.equal("a good request gets 101", raw_status(raw.REQUEST), b"101")
    old = raw.REQUEST.replace(b"HTTP/1.1", b"HTTP/1.0")
    part.equal("HTTP/1.0 gets 505", raw_status(old), b"505")
    part.equal("noise gets 400", raw_status(b"\x16\x03\x01\r\n\r\n"), b"400")


def raw_status(request):
    with raw.connect(URL) as stream:
        stream.send(request)
        return stream.head().split()[1]


def disconnects():
    """Peers that vanish; one that came before them is served on."""
    with raw.shaken(URL) as witness:
        whole = raw.frame(0x82, bytes(70_000), True)
        for size in (1, 5, 13, 20, 66_000):
            for reset in (True, False):
                with raw.shaken(URL) as stream:
                    stream.send(whole[:size])
                    stream.close(reset)
        with raw.connect(URL) as stream:
            stream.send(raw.REQUEST[:40])
            stream.close(reset=True)
        raw.connect(URL).close()
        # one that never reads what comes back
        with raw.shaken(URL) as stream:
            stream.send(whole)
            stream.close(reset=True)
        witness.send(raw.frame(0x81, b"still there?", True))
        part.equal(
            "13 peers that vanish in mid-frame or mid-head leave others alone",
            witness.frame(),
            (0x81, 0, b"still there?"),
        )
    with raw.shaken(URL) as stream:
        stream.send(raw.frame(0x81, b"and now?", True))
        part.equal(
            "nor do they keep new ones out",
            stream.frame(),
            (0x81, 0, b"and now?"),
        )


async def main():
    for run in (segments, violations, refusals, disconnects):
        await part.scenario(run.__name__, asyncio.to_thread(run))
    part.finish()


asyncio.run(main())
