import { afterEach, expect, it } from 'vitest';
import { FormanceLedger } from './formance-ledger.ts';
import { Stops } from './stops.ts';

const stops = new Stops();

afterEach(async () => stops.stopAll());

it.each([
  ['that is not there', './no-such-program', 'spawn ./no-such-program ENOENT'],
  // Node takes the arguments for a module, which it does not find.
  ['that ends at once', process.execPath, 'exit code 1'],
])('says why a program %s does not answer', async (_what, program, why) => {
  const start = FormanceLedger.start(program, 'postgresql://nobody@127.0.0.1:1/none', stops);
  await expect(start).rejects.toThrow(`Formance Ledger ended: ${why}`);
});
