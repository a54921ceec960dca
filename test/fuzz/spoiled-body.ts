import * as fc from 'fast-check';

type Spoil = (body: string, at: number, other: number) => string | Buffer;

/** What is done to the text of a body, `at` and `other` being places in it. */
const spoils: readonly Spoil[] = [
  (body, at) => body.slice(0, at),
  (body, at) => body.slice(at),
  (body, at) => body.slice(0, at) + body.slice(at + 1),
  (body, at, other) => body.slice(0, at) + body.slice(Math.min(at, other), Math.max(at, other)) + body.slice(at),
  (body, at, other) => body.slice(0, at) + body.charAt(other) + body.slice(at + 1),
  (body) => `${body} and more`,
  (body) => `${body}${body}`,
  (body) => `\ufeff${body}`,
  (body) => ` \n\t${body}`,
  (body, at) => `${body.slice(0, at)}\0${body.slice(at)}`,
  (body, at) => Buffer.concat([Buffer.from(body.slice(0, at)), Buffer.from([0xff, 0xc3]), Buffer.from(body.slice(at))]),
  (body) => Buffer.from(body, 'utf16le'),
  (body) => body.replaceAll('"', "'"),
  (body) => body.padEnd(bodyBytesMax + 1),
  () => '',
];

/** The limit of bodies in a fuzzed service, so low that beyond it is quickly sent. */
export const bodyBytesMax = 60_000;

/** Far more is answered before it was all sent, which a client may see as a broken connection. */
const sentBytesMax = 1_000_000;

/** A body as it is, or now and then spoiled as a whole. */
export function perhapsSpoiled(text: fc.Arbitrary<string>): fc.Arbitrary<string | Buffer> {
  const bounded = text.map((body) => body.slice(0, sentBytesMax));
  const spoiled = fc
    .tuple(bounded, fc.constantFrom(...spoils), fc.nat(), fc.nat())
    .map(([body, spoil, at, other]) => spoil(body, at % (body.length + 1), other % (body.length + 1)));
  return fc.oneof({ weight: 12, arbitrary: bounded }, { weight: 1, arbitrary: spoiled });
}
