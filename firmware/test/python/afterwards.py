"""The board after all other tests: nothing leaked, nothing grew."""

import asyncio
from pathlib import Path

from board import connect, get, phases, soon, stats
from harness import Part, environment
from interrupts import INTERRUPT

part = Part("afterwards")


async def main():
    async def serves():
        async with connect() as ws:
            await ws.send("and now?")
            part.equal("the board still echoes", await ws.recv(), "and now?")
        part.equal("and still serves the page", get("/").status, 200)

    async def rests():
        part.equal(
            "all sockets listen",
            soon(phases, {"listening": 7}),
            {"listening": 7},
        )
        queued = [socket["queued"] for socket in stats()["sockets"]]
        part.equal("all rings are empty", queued, [0] * 7)

    async def same_stack():
        before = int(Path(environment("STACK_FILE")).read_text())
        deeper = stats()["stack"] - before
        part.equal(
            f"the stack is not deeper than before ({before} bytes)",
            deeper <= INTERRUPT,
            True,
        )

    async def one_start():
        log = Path(environment("LOG")).read_text()
        words = [log.count(w) for w in ("board-server:", "PANIC", "HARD FAULT")]
        part.equal("the board started once and did not panic", words, [1, 0, 0])

    for run in (serves, rests, same_stack, one_start):
        await part.scenario(run.__name__, run())
    print("   ", {k: v for k, v in stats().items() if k != "sockets"})
    part.finish()


asyncio.run(main())
