import { describe, expect, test } from 'vitest';
import { cpuTimes, type CpuProfile } from './cpu-profile.ts';

const frame = (functionName: string, url: string) => ({ functionName, url });

/** A loop that calls a client, which calls Node, which calls a native function; one sample of each, a millisecond apart. */
const profile: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)', ''), children: [2, 6, 7, 8, 9] },
    { id: 2, callFrame: frame('loop', 'file:///any/services/relay/src/relay.ts'), children: [3] },
    {
      id: 3,
      callFrame: frame('send', 'file:///any/node_modules/.pnpm/a@1/node_modules/@some/client/a.js'),
      children: [4],
    },
    { id: 4, callFrame: frame('write', 'node:net'), children: [5] },
    { id: 5, callFrame: frame('writev', '') },
    { id: 6, callFrame: frame('(idle)', '') },
    { id: 7, callFrame: frame('(garbage collector)', '') },
    { id: 8, callFrame: frame('(program)', '') },
    { id: 9, callFrame: frame('read', 'node:net') },
  ],
  startTime: 1_000,
  samples: [2, 3, 4, 5, 6, 7, 8, 9, 9],
  timeDeltas: [0, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000],
};

describe('cpuTimes', () => {
  test('gives each owner its own time, and that of Node to who called it', () => {
    expect(Object.fromEntries(cpuTimes(profile, [{ fromUs: 0, toUs: Infinity }]))).toEqual({
      'services/relay': { self: 1_000, caused: 1_000 },
      '@some/client': { self: 1_000, caused: 3_000 },
      Node: { self: 2_000, caused: 1_000 },
      'V8 and native functions': { self: 1_000, caused: 0 },
      'garbage collection': { self: 1_000, caused: 1_000 },
      'outside of JavaScript': { self: 1_000, caused: 1_000 },
    });
  });

  test('counts what lies within a span, and nothing twice', () => {
    const spans = [
      { fromUs: 2_000, toUs: 3_000 },
      { fromUs: 2_500, toUs: 3_500 },
    ];
    expect([...cpuTimes(profile, spans)]).toEqual([
      ['@some/client', { self: 2_000 - 1_000, caused: 2_000 }],
      ['Node', { self: 1_000, caused: 0 }],
    ]);
  });
});
