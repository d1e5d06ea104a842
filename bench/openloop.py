"""Open loop: 500 deliveries a second at fixed times, whether earlier ones were answered or not. W6."""

import asyncio
import statistics
import time
from typing import TYPE_CHECKING

from bench.contest import Receiver, running
from bench.stage import APP_SECRET
from tests.rooms.webhooks.wire import delivery, entry, event, signature

if TYPE_CHECKING:
    from bench.receive import Bench

RATE, SECONDS, LINES = 500, 6, 32


def compare(bench: "Bench", repeats: int) -> int:
    """Ours, which stores, against a bare Flask that does not, in turn; 1 when the goal is missed."""
    found: dict[str, list[tuple[float, float, float]]] = {"ours": [], "hmac": []}
    for repeat in range(repeats):
        for name, figures in found.items():
            with running(bench.toolbox, Receiver(name), bench._environment()) as (port, _pid):
                figures.append(asyncio.run(_knock(port, f"open-{name}-{repeat}-{time.time()}")))
    middle = {
        name: [statistics.median(values) for values in zip(*figures, strict=True)] for name, figures in found.items()
    }
    for name, (half, most, worst) in middle.items():
        print(f"open loop {RATE}/s, {name:6} p50 {half:6.2f}  p99 {most:6.2f}  p99.9 {worst:6.2f} ms")
    ratio = middle["ours"][1] / middle["hmac"][1]
    is_met = ratio <= 1.5 and middle["ours"][2] <= 10
    print(
        f"W6 p99 {ratio:.2f} (goal <= 1.5), p99.9 {middle['ours'][2]:.1f} ms (goal <= 10) {'met' if is_met else 'MISSED'}"  # noqa: E501
    )
    return int(not is_met)


async def _knock(port: int, prefix: str) -> tuple[float, float, float]:
    """p50, p99, p99.9 in milliseconds, counted from when each should have been sent."""
    idle: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(LINES):
        idle.put_nowait(await asyncio.open_connection("127.0.0.1", port))
    requests = [_request(f"{prefix}-{number}") for number in range(RATE * SECONDS)]
    waits: list[float] = []
    loop, began = asyncio.get_running_loop(), asyncio.get_running_loop().time() + 0.5

    async def one(number: int) -> None:
        line = await idle.get()
        line[1].write(requests[number])
        status = await line[0].readline()
        assert b" 200 " in status, status
        await _rest(line[0])
        idle.put_nowait(line)
        waits.append((loop.time() - began - number / RATE) * 1000)

    tasks = []
    for number in range(len(requests)):
        await asyncio.sleep(max(0.0, began + number / RATE - loop.time()))
        tasks.append(asyncio.create_task(one(number)))
    await asyncio.gather(*tasks)
    waits.sort()
    return tuple(waits[int(len(waits) * part)] for part in (0.5, 0.99, 0.999))  # type: ignore[return-value]


async def _rest(reader: asyncio.StreamReader) -> None:
    length = 0
    while (line := await reader.readline()) not in (b"\r\n", b""):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    if length:
        await reader.readexactly(length)


def _request(mid: str) -> bytes:
    body = delivery(entry(event(message={"mid": mid, "text": "x" * 300})))
    head = "POST /webhooks/meta HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    head += f"Content-Length: {len(body)}\r\nX-Hub-Signature-256: {signature(body, APP_SECRET)}\r\n\r\n"
    return head.encode() + body
