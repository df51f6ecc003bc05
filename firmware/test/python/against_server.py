"""The library `websockets`, Python's HTTP client, and bare sockets as clients of the board."""

import asyncio
import json
from pathlib import Path

import raw
from board import ADDRESS, URL, connect, get, stats
from exchange import SUITES, close
from harness import CASES, Part, environment

part = Part("python")
MAX_MESSAGE = 16 << 20


def pages():
    page = get("/")
    source = Path(environment("PAGE")).read_bytes()
    part.equal(
        "the page arrives whole, from a ring that is shorter than it",
        (page.status, page.body == source, len(source) > 1536),
        (200, True, True),
    )
    part.equal(
        "and has its content type",
        page.headers["Content-Type"],
        "text/html; charset=utf-8",
    )
    part.equal("the query of a page does not matter", get("/?x=1").status, 200)
    part.equal("there are 8 sockets", len(stats()["sockets"]) + 1, 8)


def refusals():
    fields = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": raw.KEY,
        "Sec-WebSocket-Version": "13",
    }

    def check(what, status, change={}, path="/ws", method="GET", wanted={}):
        asked = {k: v for k, v in {**fields, **change}.items() if v is not None}
        answer = get(path, method, asked)
        got = {name: answer.headers[name] for name in wanted}
        complete = len(answer.body) == int(answer.headers["Content-Length"])
        part.equal(
            f"{what} gets {status}, whole",
            (answer.status, got, complete),
            (status, wanted, True),
        )

    version = {"Sec-WebSocket-Version": "13"}
    for path in ("/other", "/ws/", "/" + "x" * 1000):
        status = 404 if len(path) < 100 else 431
        check(f"an unknown path of {len(path)} bytes", status, path=path)
    for bad in ("12", "14", "255"):
        change = {"Sec-WebSocket-Version": bad}
        check(f"version {bad}", 426, change, wanted=version)
    for bad in (None, "", "too short", raw.KEY[:-4] + "====", raw.KEY + "AAAA"):
        check(f"the key {bad!r}", 400, {"Sec-WebSocket-Key": bad})
    check("a POST", 405, method="POST", wanted={"Allow": "GET"})
    check("no Connection: Upgrade", 400, {"Connection": "close"})
    plain = {"Upgrade": None, "Connection": None}
    check("no upgrade", 426, plain, wanted={"Upgrade": "websocket"})
    check("an unknown page", 404, plain, path="/favicon.ico")
    check("a POST to the page", 405, plain, path="/", method="POST")
    check("a page of another site", 403, {"Origin": "http://example.com"})
    check("a field of 9,000 bytes", 431, {"X": "x" * 9000})
    check("65 fields", 431, {f"X-{i}": "x" for i in range(65)})
    old = raw.REQUEST.replace(b"HTTP/1.1", b"HTTP/1.0")
    noise = b"\x16\x03\x01\r\n\r\n"
    own = f"\r\nOrigin: http://{ADDRESS}\r\n\r\n".encode()
    own = raw.REQUEST.replace(b"127.0.0.1", ADDRESS.encode())[:-4] + own
    part.equal("the board's own page gets 101", raw_status(own), b"101")
    part.equal("a valid request gets 101", raw_status(raw.REQUEST), b"101")
    part.equal("HTTP/1.0 gets 505", raw_status(old), b"505")
    part.equal("noise gets 400", raw_status(noise), b"400")
    # A RST for the bytes after the request must not overtake the response.
    part.equal(
        "a refusal arrives although 100 kB follow the request",
        raw_status(b"GET /ws\r\n\r\n" + b"x" * 100_000),
        b"400",
    )


def raw_status(request):
    with raw.connect(URL) as stream:
        stream.send(request)
        return stream.head().split()[1]


async def opening_handshake():
    async with connect(subprotocols=["chat", "telemetry"]) as ws:
        part.equal(
            "telemetry is chosen, and compression is declined",
            (
                ws.response.status_code,
                ws.subprotocol,
                ws.response.headers.get("Sec-WebSocket-Extensions"),
            ),
            (101, "telemetry", None),
        )


async def suite(run):
    async with connect() as ws:
        await run(part, ws)


async def telemetry():
    async with connect(subprotocols=["telemetry"]) as ws:
        values = [json.loads(await ws.recv()) for _ in range(20)]
        times = [value["uptime_ms"] for value in values]
        part.equal("20 values come in order of time", times, sorted(set(times)))
        mean = (times[-1] - times[0]) / (len(times) - 1)
        # Around 100. The range is wide because the emulating machine may be busy.
        part.equal(
            "by the board's clock at roughly 10 Hz", 50 <= mean <= 1000, True
        )
        part.equal(
            "they report the connections and the depth of the stack",
            (
                {value["connections"] for value in values},
                all(0 < v["stack"] < v["stack_size"] for v in values),
            ),
            ({1}, True),
        )
        message = "é€🦀" * 3000
        await ws.send(message)
        got = await ws.recv()
        while got.startswith('{"uptime_ms"'):
            got = await ws.recv()
        part.equal("an echo is not interrupted by telemetry", got, message)
    async with connect() as ws:
        await ws.send("alone")
        part.equal("a peer that did not choose telemetry gets none", await ws.recv(), "alone")
        await asyncio.sleep(0.5)
        await ws.send("still alone")
        part.equal("and none later", await ws.recv(), "still alone")


async def closing(case):
    async with connect() as ws:
        await close(part, ws, case)


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
        bye = raw.frame(0x88, b"\x0f\xa0bye", True)
        early = raw.frame(0x81, b"early", True)
        stream.send(raw.REQUEST + early + ping + bye)
        stream.head()
        part.equal(
            "request, message, Ping and Close in one segment; the board "
            "closes the stream",
            [stream.frame(), stream.frame(), stream.frame(), stream.at_end()],
            [
                (0x81, 0, b"early"),
                (0x8A, 0, b"ping"),
                (0x88, 0, b"\x0f\xa0bye"),
                True,
            ],
        )


def violations():
    def check(what, data, code):
        with raw.shaken(URL) as stream:
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
        check(case["name"], data, case["code"])
    check("a frame without a mask", raw.frame(0x81, b"a", False), 1002)
    long_way = b"\x81\xfe\x00\x05" + raw.MASK + b"hello"
    check("a length in more bytes than needed", long_way, 1002)
    check("a length above 2^63", b"\x82\xff" + b"\xff" * 8, 1002)
    length = (MAX_MESSAGE + 1).to_bytes(8, "big")
    check("a message of 16 MiB and a byte", b"\x82\xff" + length, 1009)
    empty = raw.frame(0x01, b"", True)
    check("9 empty fragments", empty + raw.frame(0x00, b"", True) * 9, 1008)


async def main():
    await part.scenario("pages", asyncio.to_thread(pages))
    await part.scenario("opening handshake", opening_handshake())
    for run in SUITES:
        await part.scenario(run.__name__, suite(run))
    await part.scenario("telemetry", telemetry())
    for case in CASES["closes"]:
        await part.scenario(f"close {case['code']}", closing(case))
    for run in (segments, refusals, violations):
        await part.scenario(run.__name__, asyncio.to_thread(run))
    part.finish()


asyncio.run(main())
