/** Inside a process of a benchmark: takes the plan that the benchmark sends. */
export async function receivePlan<Plan>(): Promise<Plan> {
  const { promise, resolve } = Promise.withResolvers<Plan>();
  process.once('message', (text) => resolve(JSON.parse(String(text))));
  // Let go by `processes/end-with-parent.ts`.
  process.channel?.ref();
  const plan = await promise;
  process.channel?.unref();
  return plan;
}

/** Inside a process of a benchmark: tells the benchmark what came of the plan. */
export async function report(result: object): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (process.send === undefined) throw new Error('this process is started by a benchmark: pnpm bench');
  process.send(JSON.stringify(result), (error: Error | null) => (error === null ? resolve() : reject(error)));
  await promise;
}
