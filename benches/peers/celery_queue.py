import os
import sys
import time

from celery import Celery
from report import Counter, now

app = Celery("bench", broker=os.environ["BENCH_URL"])
app.conf.task_ignore_result = True
app.conf.worker_prefetch_multiplier = 1000
app.conf.worker_hijack_root_logger = False
app.conf.worker_enable_remote_control = False
app.conf.worker_send_task_events = False
app.conf.worker_redirect_stdouts = False

word, *rest = sys.argv[1:]
each = "--each" in rest
counter = Counter() if word == "work" and not each else None


@app.task(name="noop")
def noop(n):
    if each:
        print(n, now(), flush=True)
    else:
        counter.runs += 1


if word == "fill":
    begun = time.perf_counter()
    with app.producer_pool.acquire(block=True) as producer:
        for n in range(int(rest[0])):
            noop.apply_async((n,), producer=producer)
    print("took", time.perf_counter() - begun)
elif word == "single":
    for n in range(int(rest[0])):
        noop.delay(n)
        print(n, now(), flush=True)
        time.sleep(int(rest[1]) / 1000)
elif word == "clear":
    app.control.purge()
elif word == "work":
    app.worker_main(
        ["worker", "--pool=solo", "--loglevel=ERROR", "--without-gossip", "--without-mingle",
         "--without-heartbeat", "--hostname=bench%d" % os.getpid()]
    )
