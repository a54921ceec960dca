import { generateKeyPairSync, randomBytes } from 'node:crypto';
import forge from 'node-forge';

const hourMs = 3_600_000;

/** A certificate with its key, both as PEM text. */
export interface Identity {
  cert: string;
  key: string;
}

/** A certificate authority of a test: makes certificates for servers on 127.0.0.1 and for clients, good for a day. */
export class CertificateAuthority {
  readonly #name: string;
  readonly #identity: Identity;

  constructor(name: string) {
    this.#name = name;
    this.#identity = issue({
      subject: name,
      issuer: name,
      extensions: [
        { name: 'basicConstraints', critical: true, cA: true },
        { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
      ],
    });
  }

  /** Its own certificate, by which others trust it, as PEM text. */
  get cert(): string {
    return this.#identity.cert;
  }

  /** A certificate for a server on 127.0.0.1 or localhost. */
  forServer(name: string): Identity {
    return this.#issue(name, [
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ]);
  }

  forClient(name: string): Identity {
    return this.#issue(name, [{ name: 'extKeyUsage', clientAuth: true }]);
  }

  #issue(subject: string, extensions: object[]): Identity {
    return issue({ subject, issuer: this.#name, signingKey: this.#identity.key, extensions });
  }
}

/** Without a signing key the certificate is signed by its own. */
function issue(order: { subject: string; issuer: string; signingKey?: string; extensions: object[] }): Identity {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey);
  // With a one in front it is positive, as RFC 5280 demands, and has no zero in front that DER forbids: a random first byte of zero now and
  // then made a certificate that OpenSSL does not read.
  certificate.serialNumber = `01${randomBytes(8).toString('hex')}`;
  certificate.validity.notBefore = new Date(Date.now() - hourMs);
  certificate.validity.notAfter = new Date(Date.now() + 24 * hourMs);
  certificate.setSubject([{ name: 'commonName', value: order.subject }]);
  certificate.setIssuer([{ name: 'commonName', value: order.issuer }]);
  certificate.setExtensions(order.extensions);
  certificate.sign(forge.pki.privateKeyFromPem(order.signingKey ?? privateKey), forge.md.sha256.create());
  return { cert: forge.pki.certificateToPem(certificate), key: privateKey };
}
