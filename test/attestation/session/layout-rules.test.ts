import { describe, expect, it } from 'vitest'
import { randomBytes } from '../../../attestation/crypto.ts'
import { concatBytes } from '../../../attestation/encoding.ts'
import { encodeAccept, parseAccept } from '../../../attestation/session/accept.ts'
import { encodeHello, type HelloFields, parseHello } from '../../../attestation/session/hello.ts'
import {
  encodeClientLinkHello,
  encodeHostLinkHello,
  encodeRelayLinkHello,
  parseClientLinkHello,
  parseHostLinkHello,
  parseRelayLinkHello
} from '../../../attestation/session/link-hello.ts'
import { encodeMeta, type Meta, parseMeta } from '../../../attestation/session/meta.ts'
import { refusalOf } from './alteration.ts'

const HELLO: HelloFields = {
  clientNonce: randomBytes(32),
  ttlSeconds: 600,
  model: 'm',
  digests: [randomBytes(32)],
  clientPublicKey: randomBytes(1216),
  payer: undefined
}
const META: Meta = {
  sessionId: randomBytes(16),
  n: 0,
  stream: false,
  deadline: 1_800_000_000,
  inputSize: 1024,
  outputLimit: 0,
  cadenceMs: 0,
  maxPrice: 0n,
  affinity: new Uint8Array(8),
  model: 'm'
}
const hello = encodeHello(HELLO)
const meta = encodeMeta(META)

function patched(bytes: Uint8Array, at: number, ...values: readonly number[]): Uint8Array {
  const other = bytes.slice()
  other.set(values, at)
  return other
}

// No payer signs these hellos: what refuses them is their layout, and no signature over it.
describe('a hello is refused', () => {
  it.each([
    ['for the KEM without ML-KEM', patched(hello, 1, 0x00, 0x20), 'HELLO_REFUSED'],
    ['for another AEAD', patched(hello, 3, 0x00, 0x02), 'HELLO_REFUSED'],
    ['of another version', patched(hello, 0, 2), 'HELLO_MALFORMED'],
    ['for no time', patched(hello, 37, 0, 0, 0, 0), 'HELLO_MALFORMED'],
    ['for more than an hour', patched(hello, 37, 0, 0, 0x0e, 0x11), 'HELLO_MALFORMED'],
    ['for no model', concatBytes(hello.subarray(0, 41), Uint8Array.of(0), hello.subarray(43)), 'HELLO_MALFORMED'],
    ['with a byte after its end', concatBytes(hello, Uint8Array.of(0)), 'HELLO_MALFORMED'],
    ['with a payer flag of 2', patched(hello, hello.byteLength - 1, 2), 'HELLO_MALFORMED']
  ])('%s', async (_, bytes, code) => {
    expect(parseHello(hello)).toMatchObject({ model: 'm', payer: undefined })
    expect(await refusalOf(() => parseHello(bytes))).toBe(code)
  })
})

describe('a meta is refused', () => {
  it.each([
    ['with a byte after its end', concatBytes(meta, Uint8Array.of(0)), 'REQUEST_MALFORMED'],
    ['of another version', patched(meta, 0, 2), 'REQUEST_MALFORMED'],
    ['with an n of 2^53', patched(meta, 17, 0, 0x20, 0, 0, 0, 0, 0, 0), 'REQUEST_MALFORMED'],
    ['with a flag that has no meaning', patched(meta, 25, 2), 'REQUEST_MALFORMED'],
    ['for an input over 64 MiB', patched(meta, 34, 0x05, 0, 0, 0), 'TOO_LARGE'],
    ['for an input that is not padded', patched(meta, 34, 0, 0, 4, 1), 'REQUEST_MALFORMED']
  ])('%s', async (_, bytes, code) => {
    expect(parseMeta(meta)).toEqual(META)
    expect(await refusalOf(() => parseMeta(bytes))).toBe(code)
  })

  it.each([
    ['an n of 2^53', { n: 2 ** 53 }, 'TypeError'],
    ['an input over 64 MiB', { inputSize: 80 * 1024 * 1024 }, 'TOO_LARGE']
  ])('before it is made with %s', (_, wrong, expected) => {
    const made = (): Uint8Array => encodeMeta({ ...META, ...wrong })
    if (expected === 'TypeError') expect(made).toThrow(TypeError)
    else expect(made).toThrow(expect.objectContaining({ code: expected }))
  })
})

describe('an accept', () => {
  const fields = {
    sessionId: randomBytes(16),
    digest: randomBytes(32),
    notAfter: 1_800_000_000,
    replayWindow: 64,
    hostNonce: randomBytes(32),
    prices: { prompt: 1n, cached: 1n, completion: 1n, reasoning: 1n },
    enc: randomBytes(1120)
  }

  it('reads as it was made, to its last byte', async () => {
    const bytes = encodeAccept(fields)
    expect(parseAccept(bytes)).toEqual(fields)
    expect(await refusalOf(() => parseAccept(concatBytes(bytes, Uint8Array.of(0))))).toBe('ACCEPT_MALFORMED')
  })

  it.each([-1n, 2n ** 53n])('is not made with a price of %s', (price) => {
    expect(() => encodeAccept({ ...fields, prices: { ...fields.prices, cached: price } })).toThrow(TypeError)
  })
})

describe('a HELLO of a link', () => {
  const relay = encodeRelayLinkHello({ nonce: randomBytes(32), mostStreams: 1, mostBatchBytes: 65_536 })
  const host = encodeHostLinkHello({ digest: randomBytes(32), signature: randomBytes(64) })
  const client = encodeClientLinkHello(randomBytes(8))

  it.each([
    ['a relay', parseRelayLinkHello, relay],
    ['a host', parseHostLinkHello, host],
    ['a client', parseClientLinkHello, client]
  ])('of %s is read to its last byte', async (_, parse: (bytes: Uint8Array) => unknown, bytes) => {
    parse(bytes)
    for (const other of [concatBytes(bytes, Uint8Array.of(0)), bytes.subarray(0, -1), patched(bytes, 0, 2)]) {
      expect(await refusalOf(() => parse(other))).toBe('FRAME_MALFORMED')
    }
  })
})
