"""What both Python contenders print; see benches/src/queue/part.rs."""

import threading
import time


def now():
    return time.time_ns() // 1000


class Counter:
    def __init__(self):
        self.runs = 0
        threading.Thread(target=self._report, daemon=True).start()

    def _report(self):
        told = 0
        while True:
            if self.runs != told:
                told = self.runs
                print(told, now(), flush=True)
            time.sleep(0.01)
