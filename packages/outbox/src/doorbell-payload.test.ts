import { describe, expect, it } from 'vitest';
import { lanesRung } from './doorbell-payload.ts';

describe('lanesRung', () => {
  it.each([
    ['7', [7]],
    ['0,12,63', [0, 12, 63]],
    ['', undefined],
    ['all', undefined],
    ['1,', undefined],
    ['1;drop', undefined],
  ])('reads %j', (payload, lanes) => {
    expect(lanesRung(payload)).toEqual(lanes);
  });
});
