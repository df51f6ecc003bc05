"""The library `websockets` as a server of `echo_client` and `ws`."""

import asyncio
from asyncio.subprocess import PIPE, create_subprocess_exec

import websockets

from exchange import SUITES, close
from harness import CASES, Part, example

part = Part("python server")
REFUSED = {"echo_client": 1, "ws": 4}
TARGET = "/a/path;p/?x=1&y=%20%F0%9F%A6%80"


async def visit(
    handler, program="echo_client", args=(), stdin=None, **options
):
    """Serves one run of a program. Returns its exit status, stdout, stderr.

    Its standard input is empty and without an end if nothing is said.
    """
    wrong = []

    async def guarded(ws):
        try:
            await handler(ws)
        except Exception as error:
            wrong.append(error)

    async with websockets.serve(
        guarded,
        "127.0.0.1",
        0,
        max_size=None,
        ping_interval=None,
        **options,
    ) as server:
        port = server.sockets[0].getsockname()[1]
        process = await create_subprocess_exec(
            example(program),
            f"ws://127.0.0.1:{port}{TARGET}",
            *args,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
        )
        if stdin is not None:
            process.stdin.write(stdin)
            process.stdin.close()
        out, err = await ended(process)
    if wrong:
        print(f"{program} ended with {process.returncode}: {err.decode()}")
        raise wrong[0]
    return process.returncode, out.decode(), err.decode()


async def ended(process):
    """Waits, and does not close stdin as `communicate` would."""
    out, err, _ = await asyncio.gather(
        process.stdout.read(), process.stderr.read(), process.wait()
    )
    return out, err


async def opening_handshake():
    async def handler(ws):
        fields = ws.request.headers
        part.equal("path and query arrive", ws.request.path, TARGET)
        part.equal(
            "the fields of the request",
            [
                fields.get_all(name)
                for name in (
                    "Host",
                    "Upgrade",
                    "Connection",
                    "Sec-WebSocket-Version",
                    "Sec-WebSocket-Extensions",
                    "Sec-WebSocket-Protocol",
                    "Origin",
                )
            ],
            [
                ["127.0.0.1:%d" % ws.local_address[1]],
                ["websocket"],
                ["Upgrade"],
                ["13"],
                [],
                [],
                [],
            ],
        )

    status, _, _ = await visit(handler)
    part.equal("a close by the server ends echo_client with 0", status, 0)


async def suite(run):
    status, _, _ = await visit(lambda ws: run(part, ws))
    part.equal(f"echo_client ends with 0 after {run.__name__}", status, 0)


async def closing(case):
    status, _, _ = await visit(lambda ws: close(part, ws, case))
    part.equal(
        f"echo_client ends with 0 after close code {case['code']}", status, 0
    )


async def vanishing(what, prepare):
    async def handler(ws):
        await prepare(ws)
        ws.transport.abort()

    status, _, err = await visit(handler)
    part.equal(
        f"echo_client prints why and ends with 1 if {what}",
        (status, err != ""),
        (1, True),
    )


async def in_mid_message(ws):
    async with ws.send_context():
        ws.protocol.send_text(b"the first half", fin=False)


async def in_silence(ws):
    pass


async def refusal(program, case):
    def refuse(connection, request):
        response = connection.respond(case["status"], "not you\n")
        for name, value in case["fields"].items():
            response.headers[name] = value
        return response

    status, out, err = await visit(None, program, process_request=refuse)
    fields = [f"{name}: {value}" for name, value in case["fields"].items()]
    wanted = [f"{case['status']} {case['phrase']}", *fields]
    missing = [text for text in wanted if text not in err]
    told = REFUSED[program]
    part.equal(
        f"{program} shows a refusal with {case['status']}, ends with {told}",
        (status, out, missing),
        (told, "", []),
    )


async def subprotocol():
    async def handler(ws):
        fields = ws.request.headers
        part.equal(
            "ws offers its subprotocols in order, fields and an origin",
            [
                fields.get_all(name)
                for name in ("Sec-WebSocket-Protocol", "X-Token", "Origin")
            ],
            [["chat, superchat"], ["a b"], ["http://example.com"]],
        )
        part.equal("chat is what both speak", ws.subprotocol, "chat")
        await ws.send("from the server 🦀")
        await ws.send(bytes([0, 255]))
        await ws.close(1000, "bye")

    args = "--subprotocol chat --subprotocol superchat".split()
    args += ["--header", "X-Token: a b", "--origin", "http://example.com"]
    status, out, err = await visit(
        handler,
        "ws",
        args,
        subprotocols=["chat"],
    )
    part.equal(
        "ws prints what came and ends with 0",
        (status, out),
        (0, "from the server 🦀\n2 bytes: 00 ff\n"),
    )
    part.equal(
        "ws shows the subprotocol, the close code and the reason",
        err.splitlines(),
        ["open; the subprotocol is chat", "closed with 1000: bye"],
    )


async def lines():
    async def handler(ws):
        part.equal("a line of stdin", await ws.recv(), "hello")
        part.equal("a line without an end", await ws.recv(), "é€🦀")
        await ws.wait_closed()
        rcvd = ws.protocol.close_rcvd
        part.equal("the end of stdin closes", rcvd and rcvd.code, 1000)

    stdin = "hello\né€🦀".encode()
    status, out, _ = await visit(handler, "ws", stdin=stdin)
    part.equal("ws prints nothing and ends with 0", (status, out), (0, ""))


async def too_long():
    async def handler(ws):
        message = "x" * 1000
        await ws.send(message)
        part.equal("the longest message comes back", await ws.recv(), message)
        await ws.send(message + "x")
        await ws.wait_closed()
        rcvd = ws.protocol.close_rcvd
        part.equal("one byte more fails with 1009", rcvd and rcvd.code, 1009)

    status, _, _ = await visit(handler, args=["--max-message", "1000"])
    part.equal("and ends echo_client with 1", status, 1)


async def main():
    await part.scenario("opening handshake", opening_handshake())
    for run in SUITES:
        await part.scenario(run.__name__, suite(run))
    for case in CASES["closes"]:
        await part.scenario(f"close {case['code']}", closing(case))
    for prepare in (in_mid_message, in_silence):
        what = f"the connection is gone {prepare.__name__.replace('_', ' ')}"
        await part.scenario(what, vanishing(what, prepare))
    for case in CASES["refusals"]:
        for program in REFUSED:
            name = f"{program} refused with {case['status']}"
            await part.scenario(name, refusal(program, case))
    await part.scenario("subprotocol", subprotocol())
    await part.scenario("lines", lines())
    await part.scenario("too long", too_long())
    part.finish()


asyncio.run(main())
