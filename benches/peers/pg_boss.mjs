import { PgBoss } from "pg-boss";
import { counter, fill, now, single } from "./report.mjs";

const [word, ...rest] = process.argv.slice(2);
const works = word === "work";
const boss = new PgBoss({
  connectionString: process.env.BENCH_URL,
  useListenNotify: works,
  supervise: false,
  schedule: false,
  migrate: word === "setup",
});
boss.on("error", (error) => console.error(error));
await boss.start();

if (works) {
  const each = rest.includes("--each");
  const count = each ? null : counter();
  await boss.work(
    "noop",
    {
      batchSize: Number(process.env.BATCH_SIZE),
      localConcurrency: Number(process.env.WORKERS),
      pollingIntervalSeconds: 0.5,
      notifyPollingIntervalSeconds: 0.5,
      burstWhenBatchFull: true,
    },
    async (jobs) => {
      if (each) for (const job of jobs) console.log(`${job.data.n} ${now()}`);
      else count(jobs.length);
    },
  );
  process.on("SIGTERM", () => boss.stop({ graceful: true }).finally(() => process.exit(0)));
} else {
  if (word === "setup") await boss.createQueue("noop", { notify: true });
  if (word === "fill") {
    await fill(Number(rest[0]), Number(rest[1]), (batch) =>
      boss.insert("noop", batch.map((data) => ({ data }))),
    );
  }
  if (word === "single") {
    await single(Number(rest[0]), Number(rest[1]), (data) => boss.send("noop", data));
  }
  await boss.stop({ graceful: false });
}
