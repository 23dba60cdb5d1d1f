import asyncio
import os
import sys
import time

from procrastinate import App, PsycopgConnector
from report import Counter, now

app = App(connector=PsycopgConnector(conninfo=os.environ["BENCH_URL"]))
word, *rest = sys.argv[1:]
each = "--each" in rest
counter = Counter() if word == "work" and not each else None


@app.task(name="noop")
async def noop(n):
    if each:
        print(n, now(), flush=True)
    else:
        counter.runs += 1


async def main():
    async with app.open_async():
        if word == "setup":
            await app.schema_manager.apply_schema_async()
        elif word == "fill":
            tasks, chunk = int(rest[0]), int(rest[1])
            begun = time.perf_counter()
            for start in range(0, tasks, chunk):
                numbers = range(start, min(tasks, start + chunk))
                await noop.batch_defer_async(*({"n": n} for n in numbers))
            print("took", time.perf_counter() - begun)
        elif word == "single":
            for n in range(int(rest[0])):
                await noop.defer_async(n=n)
                print(n, now(), flush=True)
                await asyncio.sleep(int(rest[1]) / 1000)
        elif word == "work":
            await app.run_worker_async(
                concurrency=int(os.environ["CONCURRENCY"]),
                fetch_job_polling_interval=1,
                delete_jobs="never",
            )


asyncio.run(main())
