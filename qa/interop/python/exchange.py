"""What holds on a connection to an echo, whichever end shook hands first."""

import asyncio

from harness import CASES, content, fragments, octets


async def echoed(ws, message):
    """Reads while it sends: a long message comes back before it is out."""
    sending = asyncio.create_task(ws.send(message))
    answer = await ws.recv()
    await sending
    return answer


async def whole_messages(part, ws):
    for case in CASES["messages"]:
        message = content(case)
        answer = await echoed(ws, message)
        part.equal(f"{case['name']} comes back", answer, message)


async def messages_in_a_row(part, ws):
    """All are sent before the first answer is read."""
    messages = [content(case) for case in CASES["messages"]]

    async def send_all():
        for message in messages:
            await ws.send(message)

    sending = asyncio.create_task(send_all())
    answers = [await ws.recv() for _ in messages]
    await sending
    part.equal("messages in a row come back in order", answers, messages)


async def fragmented_messages(part, ws):
    for case in CASES["fragmented"]:
        message = content(case)
        await ws.send(fragments(case), text=isinstance(message, str))
        part.equal(f"{case['name']} comes back", await ws.recv(), message)


async def pings(part, ws):
    """The library takes an answer only for a payload that it sent."""
    whole = "é€🦀"

    async def between_fragments():
        pieces = [b"\xc3", b"\xa9\xe2\x82", b"\xac\xf0", b"\x9f\xa6\x80"]
        for ping in CASES["pings"]:
            yield pieces.pop(0)
            answered = await ws.ping(octets(content(ping)))
            await answered
            part.equal(
                f"{ping['name']} between fragments is answered",
                answered.done(),
                True,
            )
        yield pieces.pop(0)

    await ws.send(between_fragments(), text=True)
    part.equal("the text around the Pings comes back", await ws.recv(), whole)
    await ws.pong(b"nobody asked")
    await ws.send(whole)
    answer = await ws.recv()
    part.equal("a Pong out of the blue changes nothing", answer, whole)


async def close(part, ws, case):
    """Closes, and checks that the answer has the same code and reason."""
    if case["code"] is None:
        # close() of the library always sends a code
        async with ws.send_context():
            ws.protocol.send_close()
        await ws.wait_closed()
    else:
        await ws.close(case["code"], case["reason"])
    answer = ws.protocol.close_rcvd
    code = 1005 if case["code"] is None else case["code"]
    part.equal(
        f"close code {case['code']} with {len(octets(case['reason']))} bytes "
        "of reason comes back",
        answer and (answer.code, answer.reason),
        (code, case["reason"]),
    )


SUITES = [whole_messages, messages_in_a_row, fragmented_messages, pings]
