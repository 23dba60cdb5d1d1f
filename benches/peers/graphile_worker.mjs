import { Logger, makeWorkerUtils, run } from "graphile-worker";
import { counter, fill, now, single } from "./report.mjs";

const connectionString = process.env.BENCH_URL;
const [word, ...rest] = process.argv.slice(2);
const logger = new Logger(() => () => {});

if (word === "work") {
  const each = rest.includes("--each");
  const count = each ? null : counter();
  const runner = await run({
    connectionString,
    logger,
    noHandleSignals: true,
    taskList: {
      noop: each ? ({ n }) => console.log(`${n} ${now()}`) : () => count(1),
    },
    preset: {
      worker: {
        connectionString,
        concurrentJobs: Number(process.env.CONCURRENT_JOBS),
        maxPoolSize: 10,
        pollInterval: 1000,
        ...(process.env.LOCAL_QUEUE ? { localQueue: { size: Number(process.env.LOCAL_QUEUE) } } : {}),
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      },
    },
  });
  process.on("SIGTERM", () => runner.stop().finally(() => process.exit(0)));
  await runner.promise;
} else {
  const utils = await makeWorkerUtils({ connectionString, logger });
  const spec = (payload) => ({ identifier: "noop", payload, queueName: null });
  if (word === "setup") await utils.migrate();
  if (word === "fill") {
    await fill(Number(rest[0]), Number(rest[1]), (batch) => utils.addJobs(batch.map(spec)));
  }
  if (word === "single") {
    await single(Number(rest[0]), Number(rest[1]), (payload) => utils.addJob("noop", payload));
  }
  await utils.release();
}
