// What both Node contenders print; see benches/src/queue/part.rs.

export const now = () => Math.round((performance.timeOrigin + performance.now()) * 1000);

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function fill(tasks, chunk, insert) {
  const batches = [];
  for (let from = 0; from < tasks; from += chunk) {
    const size = Math.min(chunk, tasks - from);
    batches.push(Array.from({ length: size }, (_, i) => ({ n: from + i })));
  }
  const begun = performance.now();
  for (const batch of batches) await insert(batch);
  console.log(`took ${(performance.now() - begun) / 1000}`);
}

export async function single(tasks, pause, send) {
  for (let n = 0; n < tasks; n++) {
    await send({ n });
    console.log(`${n} ${now()}`);
    await sleep(pause);
  }
}

export function counter() {
  let runs = 0;
  let told = 0;
  setInterval(() => {
    if (runs === told) return;
    told = runs;
    console.log(`${runs} ${now()}`);
  }, 10);
  return (by) => {
    runs += by;
  };
}
