import { expect, test } from 'vitest';
import { writeJson } from './write-json.ts';

// As encoding/json of Go writes it.
test.each([
  ['plain', '"plain"'],
  ['é😀', '"é😀"'],
  ['a"b\\c', '"a\\"b\\\\c"'],
  ['\n\r\t', '"\\n\\r\\t"'],
  ['\b\f', '"\\u0008\\u000c"'],
  ['\\b\\f', '"\\\\b\\\\f"'],
  ['\\\b', '"\\\\\\u0008"'],
  ['\u0001\u001f\u007f', '"\\u0001\\u001f\u007f"'],
  ['<a href="x">&</a>', '"\\u003ca href=\\"x\\"\\u003e\\u0026\\u003c/a\\u003e"'],
  ['\u2028\u2029', '"\\u2028\\u2029"'],
])('escapes %j as Go does', (value, text) => {
  expect(writeJson(value)).toBe(text);
  expect(JSON.parse(text)).toBe(value);
});

test('sorts keys by their bytes, at every level', () => {
  expect(writeJson({ b: 1, a: { z: 1, y: 2 }, 10: 0, 9: 0, B: 1, '': 0 })).toBe(
    '{"":0,"10":0,"9":0,"B":1,"a":{"y":2,"z":1},"b":1}',
  );
  // U+FF5E is EF BD 9E, U+1F600 is F0 9F 98 80; in UTF-16 the second would come first.
  expect(writeJson({ '😀': 1, '～': 2 })).toBe('{"～":2,"😀":1}');
});

test('writes what is no object or string as it is', () => {
  expect(writeJson([null, true, false, 0, -1.5, [], {}])).toBe('[null,true,false,0,-1.5,[],{}]');
});
