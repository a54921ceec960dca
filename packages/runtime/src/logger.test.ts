import { expect, test } from 'vitest';
import { createLogger } from './logger.ts';

function capture(level: 'info' | 'silent' = 'info') {
  const lines: string[] = [];
  const logger = createLogger({ service: 'relay', level, destination: { write: (line) => lines.push(line) } });
  return { logger, lines, first: (): unknown => JSON.parse(lines[0] ?? '') };
}

test('a line is JSON with level word, ISO time, service, fields and message', () => {
  const { logger, lines, first } = capture();
  logger.info({ lane: 3, sequence: '12' }, 'row published');
  logger.debug('not written');
  expect(lines).toHaveLength(1);
  expect(first()).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    service: 'relay',
    pid: process.pid,
    lane: 3,
    sequence: '12',
    msg: 'row published',
  });
});

test('the lines of one of several processes have its number', () => {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  createLogger({ service: 'ledger', level: 'info', worker: 2, destination }).info('started');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ service: 'ledger', pid: process.pid, worker: 2 });
});

test('an error is written with its cause', () => {
  const { logger, first } = capture();
  logger.error({ err: new Error('send failed', { cause: new Error('no leader') }) }, 'broker');
  expect(first()).toMatchObject({ err: { type: 'Error', message: 'send failed', cause: { message: 'no leader' } } });
});

test('fields named like a secret are censored, two levels down', () => {
  const { logger, lines } = capture();
  logger.info(
    {
      password: 'hunter2',
      sasl: { username: 'u', password: 'hunter2' },
      request: { headers: { authorization: 'hunter2' } },
    },
    'x',
  );
  expect(lines.join('')).not.toContain('hunter2');
});

test('silent writes nothing', () => {
  const { logger, lines } = capture('silent');
  logger.fatal('x');
  expect(lines).toEqual([]);
});
