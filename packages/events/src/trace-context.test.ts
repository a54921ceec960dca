import { describe, expect, it } from 'vitest';
import { readTraceContext } from './trace-context.ts';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const parent = '00f067aa0ba902b7';
const traceparent = `00-${trace}-${parent}-01`;

describe('traceparent', () => {
  it.each([traceparent, `00-${trace}-${parent}-00`, `00-${trace}-${parent}-ff`])('%s is kept as it is', (text) => {
    expect(readTraceContext(text)).toEqual({ traceparent: text });
  });

  it.each([
    [`01-${trace}-${parent}-01`, '01'],
    [`cc-${trace}-${parent}-00`, '00'],
    [`cc-${trace}-${parent}-03-what-the-future-will-be-like`, '01'],
    [`01-${trace}-${parent}-fe-`, '00'],
  ])('%s, of a later version, becomes one of version 00', (text, flags) => {
    expect(readTraceContext(text)).toEqual({ traceparent: `00-${trace}-${parent}-${flags}` });
  });

  it.each([
    ['', 'nothing'],
    ['00', 'a version alone'],
    [`ff-${trace}-${parent}-01`, 'the version that is forbidden'],
    [`0-${trace}-${parent}-01`, 'a version of one digit'],
    [`00-${trace}-${parent}`, 'no flags'],
    [`00-${trace}-${parent}-1`, 'flags of one digit'],
    [`00-${trace}-${parent}-01-`, 'something behind version 00'],
    [`00-${trace}-${parent}-01-extra`, 'a further field in version 00'],
    [`01-${trace}-${parent}-01extra`, 'something behind the flags of a later version without a dash'],
    [`00-${'0'.repeat(32)}-${parent}-01`, 'a trace of zeros'],
    [`00-${trace}-${'0'.repeat(16)}-01`, 'a parent of zeros'],
    [`00-${trace.toUpperCase()}-${parent}-01`, 'capitals'],
    [`00-${trace.slice(1)}-${parent}-01`, 'a trace that is too short'],
    [`00-${trace}g-${parent}-01`, 'no hexadecimal'],
    [` ${traceparent}`, 'a blank in front'],
    [`${traceparent}\n`, 'a line break behind'],
    [`${traceparent}, ${traceparent}`, 'two of them'],
  ])('%j is no trace: %s', (text) => {
    expect(readTraceContext(text, 'a=1')).toBeUndefined();
  });

  it('is needed: a state alone is no trace', () => {
    expect(readTraceContext(undefined, 'a=1')).toBeUndefined();
  });
});

describe('tracestate', () => {
  const stateOf = (text: string) => readTraceContext(traceparent, text)?.tracestate;
  const members = (count: number, valueLength = 1) =>
    Array.from({ length: count }, (_, index) => `k${index}=${'v'.repeat(valueLength)}`);

  it.each([
    ['rojo=00f067aa0ba902b7', 'rojo=00f067aa0ba902b7'],
    ['rojo=1,congo=t61rcWkgMzE', 'rojo=1,congo=t61rcWkgMzE'],
    [' rojo=1 ,\tcongo=2\t', 'rojo=1,congo=2'],
    ['rojo=1,,congo=2,', 'rojo=1,congo=2'],
    ['fw529a3039@dt=a b;c:d', 'fw529a3039@dt=a b;c:d'],
    ['0tenant@vendor=x', '0tenant@vendor=x'],
    [members(32).join(','), members(32).join(',')],
  ])('%j is kept as %j', (text, kept) => {
    expect(stateOf(text)).toBe(kept);
  });

  it.each([
    ['', 'nothing'],
    [',', 'no member'],
    ['rojo', 'no value'],
    ['rojo=', 'an empty value'],
    ['=1', 'no key'],
    ['Rojo=1', 'a capital'],
    ['0rojo=1', 'a digit first, without a tenant'],
    ['a@b@c=1', 'two systems'],
    ['a=b=c', 'a second equals sign'],
    ['rojo=\u0001', 'a control character'],
    ['rojo=ä', 'a letter beyond ASCII'],
    ['rojo=1,rojo=2', 'a key twice'],
    [members(33).join(','), 'too many members'],
    [`k=${'v'.repeat(257)}`, 'a value that is too long'],
    [`${'k'.repeat(257)}=v`, 'a key that is too long'],
  ])('%j is left out: %s', (text) => {
    expect(readTraceContext(traceparent, text)).toEqual({ traceparent });
  });

  it('is cut to 512 characters, whole members, the large ones first and then the last', () => {
    expect(stateOf(members(6, 100).join(','))).toBe(members(4, 100).join(','));
    expect(stateOf(['big', ...members(4, 100)].join(',').replace('big', `big=${'v'.repeat(200)}`))).toBe(
      members(4, 100).join(','),
    );
    expect(stateOf(['a', 'b', 'c'].map((name) => `${name}=${'v'.repeat(250)}`).join(','))).toBeUndefined();
  });
});
