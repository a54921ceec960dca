import { describe, expect, it } from 'vitest';
import { recordHeaders } from './record-headers.ts';

const facts = {
  eventId: '0b7e1c1e-6f0a-4b6e-9d0e-3a1c2f4d5e6f',
  eventSequence: 42,
  type: 'SAVED_METADATA',
  ledger: 'books',
};

describe('recordHeaders', () => {
  it('carry the identity of the event', () => {
    expect(recordHeaders({ ...facts, headers: null })).toEqual({
      id: facts.eventId,
      sequence: '42',
      type: 'SAVED_METADATA',
      ledger: 'books',
      _watermill_message_uuid: facts.eventId,
      'content-type': 'application/json',
    });
  });

  it('pass on the trace of the request, and nothing else that was stored', () => {
    const headers = JSON.stringify({ traceparent: '00-aa-bb-01', tracestate: 'a=1', id: 'another', extra: 'x' });
    expect(recordHeaders({ ...facts, headers })).toMatchObject({
      id: facts.eventId,
      traceparent: '00-aa-bb-01',
      tracestate: 'a=1',
    });
    expect(recordHeaders({ ...facts, headers })).not.toHaveProperty('extra');
  });

  it('are far below what the doctor allows a record beside its body (4,096 bytes), whatever is stored', () => {
    const headers = JSON.stringify({
      traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
      tracestate: 'x'.repeat(512),
    });
    const ledger = 'l'.repeat(63);
    const all = recordHeaders({
      ...facts,
      eventSequence: Number.MAX_SAFE_INTEGER,
      ledger,
      headers,
      replay: facts.eventId,
    });
    expect(Object.entries(all).flat().join('').length).toBeLessThan(1_024);
  });

  it('name the replay that sends the record once more', () => {
    expect(recordHeaders({ ...facts, headers: null, replay: 'f3c7' })).toMatchObject({
      replay: 'f3c7',
      sequence: '42',
    });
    expect(recordHeaders({ ...facts, headers: null })).not.toHaveProperty('replay');
  });

  it.each(['{}', '[]', 'null', '"text"', '{"traceparent": 5}'])('take %s for no trace', (headers) => {
    expect(recordHeaders({ ...facts, headers })).not.toHaveProperty('traceparent');
  });
});
