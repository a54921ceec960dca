import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventFormats, eventTypes } from '../../packages/events/src/index.ts';
import { assertEvent } from '../../packages/events/src/testing/assert-event.ts';

const page = readFileSync(new URL('../../docs/EVENTS.md', import.meta.url), 'utf8');

describe.each(eventFormats)('the examples of %s in docs/EVENTS.md', (format) => {
  const section = page.split(/^## /m).find((text) => text.startsWith(`Examples of ${format}\n`)) ?? '';
  const examples = [...section.matchAll(/^### ([A-Z_]+)\n\n```json\n([^`]+)```/gm)].map(([, type = '', body = '']) => ({
    type,
    body,
  }));

  it('show every type once', () => {
    expect(examples.map(({ type }) => type).toSorted()).toEqual([...eventTypes].toSorted());
  });

  it.each(examples)('are events: $type', ({ type, body }) => {
    expect(() => assertEvent(format, body)).not.toThrow();
    expect(body).toContain(`"type": "${type}"`);
  });
});
