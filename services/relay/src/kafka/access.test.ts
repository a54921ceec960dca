import { createPrivateKey } from 'node:crypto';
import { readCommandLine } from '@daybook/config';
import { CertificateAuthority } from '@daybook/stack/testing';
import { expect, it } from 'vitest';
import { relaySettings } from '../config.ts';
import { kafkaAccess } from './access.ts';

const authority = new CertificateAuthority('Daybook test authority');
const { cert, key } = authority.forClient('relay');
const broken = '-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n';
const locked = createPrivateKey(key).export({
  type: 'pkcs8',
  format: 'pem',
  cipher: 'aes-256-cbc',
  passphrase: 'word',
});

function accessWith(tls: { readonly ca?: string; readonly cert?: string; readonly key?: string }) {
  const outcome = readCommandLine({
    program: 'relay',
    summary: '',
    version: '0.0.0',
    settings: relaySettings,
    commands: { serve: { doc: '' } },
    defaultCommand: 'serve',
    prefixes: [],
    argv: [],
    environment: {
      DATABASE_URL: 'postgresql://daybook@localhost/daybook',
      PUBLISHER_KAFKA_TLS_ENABLED: 'true',
      PUBLISHER_KAFKA_TLS_CA: tls.ca,
      PUBLISHER_KAFKA_TLS_CERT: tls.cert,
      PUBLISHER_KAFKA_TLS_KEY: tls.key,
    },
  });
  if (outcome.kind === 'exit') throw new Error(outcome.stderr);
  return kafkaAccess(outcome.values);
}

it('takes certificates and keys as PEM text', () => {
  const access = accessWith({ ca: `${authority.cert}${cert}`, cert, key });
  expect(access.tls).toEqual({ ca: `${authority.cert}${cert}`, cert, key });
});

it.each<{ because: string; tls: Parameters<typeof accessWith>[0]; says: string }>([
  {
    because: 'an authority that cannot be read',
    tls: { ca: `${authority.cert}${broken}` },
    says: 'PUBLISHER_KAFKA_TLS_CA holds a certificate that cannot be read',
  },
  {
    because: 'a key where a certificate belongs',
    tls: { cert: key, key },
    says: 'PUBLISHER_KAFKA_TLS_CERT holds no certificate',
  },
  {
    because: 'a certificate where a key belongs',
    tls: { cert, key: cert },
    says: 'PUBLISHER_KAFKA_TLS_KEY holds no private key that can be read',
  },
  {
    because: 'a key behind a passphrase',
    tls: { cert, key: String(locked) },
    says: 'PUBLISHER_KAFKA_TLS_KEY holds a key that is locked by a passphrase',
  },
  {
    because: 'the key of another certificate',
    tls: { cert, key: authority.forClient('other').key },
    says: 'PUBLISHER_KAFKA_TLS_CERT and PUBLISHER_KAFKA_TLS_KEY do not go together',
  },
  {
    because: 'a file that is not there',
    tls: { ca: '/nonexistent/ca.pem' },
    says: 'PUBLISHER_KAFKA_TLS_CA is neither PEM text nor the path of a file that can be read (ENOENT)',
  },
  {
    because: 'a key that lost its first line',
    tls: { cert, key: key.split('\n').slice(1).join('\n') },
    says: 'PUBLISHER_KAFKA_TLS_KEY is neither PEM text nor the path of a file',
  },
])('refuses $because and shows nothing of a key', ({ tls, says }) => {
  let message = '';
  try {
    accessWith(tls);
  } catch (error) {
    message = String(error);
  }
  expect(message).toContain(says);
  for (const line of key.split('\n').filter((text) => text !== '' && !text.startsWith('-----'))) {
    expect(message).not.toContain(line);
  }
});
