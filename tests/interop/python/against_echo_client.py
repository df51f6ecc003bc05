"""The library `websockets` as a server of `echo_client` and `client`."""

import asyncio
from asyncio.subprocess import PIPE, create_subprocess_exec

import websockets

from exchange import SUITES, close
from harness import CASES, Part, example

part = Part("python server")
TARGET = "/a/path;p/?x=1&y=%20%F0%9F%A6%80"


async def visit(handler, program="echo_client", args=(), stdin=b"", **options):
    """Serves one run of a program; gives its exit status, stdout, stderr."""
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
        process.stdin.write(stdin)
        out, err = await ended(process)
    if wrong:
        print(f"{program} ended with {process.returncode}: {err.decode()}")
        raise wrong[0]
    return process.returncode, out.decode(), err.decode()


async def ended(process):
    """Reads to the end with stdin held open: its end would end `client`."""
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
        f"echo_client says why and ends with 1 where {what}",
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
    # all that is shown by `client`, the status by both
    fields = case["fields"].items() if program == "client" else ()
    wanted = [str(case["status"]), *(value for _, value in fields)]
    missing = [value for value in wanted if value not in err]
    part.equal(
        f"{program} shows a refusal with {case['status']} and ends with 1",
        (status, out, missing),
        (1, "", []),
    )


async def subprotocol():
    async def handler(ws):
        fields = ws.request.headers
        part.equal(
            "client offers its subprotocols in order, fields and an origin",
            [
                fields.get_all(name)
                for name in ("Sec-WebSocket-Protocol", "X-Token", "Origin")
            ],
            [["chat, superchat"], ["a b"], ["http://example.com"]],
        )
        part.equal("chat is what both speak", ws.subprotocol, "chat")
        part.equal("the first line of stdin", await ws.recv(), "hello")
        part.equal("the second line of stdin", await ws.recv(), "é€🦀")
        await ws.send("from the server 🦀")
        await ws.close(1000, "bye")

    args = "--subprotocol chat --subprotocol superchat".split()
    args += ["--field", "X-Token: a b", "--origin", "http://example.com"]
    status, out, err = await visit(
        handler,
        "client",
        args,
        "hello\né€🦀\n".encode(),
        subprotocols=["chat"],
    )
    part.equal(
        "client prints what came and ends with 0",
        (status, "from the server 🦀" in out.splitlines()),
        (0, True),
    )
    part.equal("client shows the subprotocol", "chat" in out + err, True)


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
        for program in ("echo_client", "client"):
            name = f"{program} refused with {case['status']}"
            await part.scenario(name, refusal(program, case))
    await part.scenario("subprotocol", subprotocol())
    part.finish()


asyncio.run(main())
