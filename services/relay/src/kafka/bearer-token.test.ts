import { describe, expect, it } from 'vitest';
import { BearerTokens } from './bearer-token.ts';

function tokensOf(lifetimeMs: number | undefined) {
  let nowMs = 1_000_000;
  let requests = 0;
  const tokens = new BearerTokens({
    request: async () => {
      requests += 1;
      return { value: `token ${requests}`, expiresAtMs: lifetimeMs === undefined ? undefined : nowMs + lifetimeMs };
    },
    settings: ['SETTING'],
    timeoutMs: 1_000,
    nowMs: () => nowMs,
  });
  return { tokens, pass: (ms: number) => (nowMs += ms) };
}

describe('a bearer token', () => {
  it.each([
    { lifetimeMs: 300_000, goodForMs: 240_000 },
    { lifetimeMs: 900_000, goodForMs: 840_000 },
    { lifetimeMs: 20_000, goodForMs: 10_000 },
    { lifetimeMs: 1_000, goodForMs: 500 },
  ])('that lives $lifetimeMs ms is used for $goodForMs ms', async ({ lifetimeMs, goodForMs }) => {
    const { tokens, pass } = tokensOf(lifetimeMs);
    expect(await tokens.get()).toBe('token 1');
    pass(goodForMs - 1);
    expect(await tokens.get()).toBe('token 1');
    pass(1);
    expect(await tokens.get()).toBe('token 2');
  });

  it.each([undefined, 0, -1_000])('that lives %s ms is used once', async (lifetimeMs) => {
    const { tokens } = tokensOf(lifetimeMs);
    expect(await tokens.get()).toBe('token 1');
    expect(await tokens.get()).toBe('token 2');
  });

  it('that a broker refused is not used again', async () => {
    const { tokens } = tokensOf(300_000);
    tokens.forget(await tokens.get());
    expect(await tokens.get()).toBe('token 2');
    tokens.forget('token 1');
    expect(await tokens.get()).toBe('token 2');
  });

  it('is requested once for all who ask at the same time', async () => {
    const { tokens } = tokensOf(300_000);
    expect(await Promise.all([tokens.get(), tokens.get()])).toEqual(['token 1', 'token 1']);
  });

  it('is not waited for longer than it may take, and asked for anew after a failure', async () => {
    let requests = 0;
    const tokens = new BearerTokens({
      request: async () => {
        requests += 1;
        if (requests === 1) await new Promise<never>(() => {});
        return { value: `token ${requests}`, expiresAtMs: undefined };
      },
      settings: ['ONE', 'OTHER'],
      timeoutMs: 10,
    });
    await expect(tokens.get()).rejects.toThrow('getting a token by ONE, OTHER took longer than 10 ms');
    expect(await tokens.get()).toBe('token 2');
  });
});
