import { X509Certificate } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import { CertificateAuthority } from './certificate-authority.ts';

const random = vi.hoisted(() => ({ byte: 0 }));

vi.mock('node:crypto', async (original) => ({
  ...(await original<object>()),
  randomBytes: (size: number) => Buffer.alloc(size, random.byte),
}));

it.each([0x00, 0x01, 0x7f, 0x80, 0xff])('makes certificates that OpenSSL reads of random bytes that are %i', (byte) => {
  random.byte = byte;
  const authority = new CertificateAuthority('authority');
  const server = new X509Certificate(authority.forServer('server').cert);
  expect(server.verify(new X509Certificate(authority.cert).publicKey)).toBe(true);
});
