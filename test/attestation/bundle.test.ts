import { describe, expect, it } from 'vitest'
import { appraiseBundle } from '../../attestation/appraise.ts'
import { encodeBundle, MAX_BUNDLE_BYTES, parseBundle } from '../../attestation/bundle.ts'
import { sha256 } from '../../attestation/crypto.ts'
import { decodeUtf8, encodeBase64, encodeUtf8 } from '../../attestation/encoding.ts'
import type { AttestationErrorCode } from '../../attestation/errors.ts'
import { encodeJcs, type JsonValue } from '../../attestation/jcs.ts'
import { virtualPolicy } from '../../attestation/policy.ts'
import { challengeNonce } from '../../attestation/session/keyset.ts'
import { createEvidence, createLabRoot, NOW, readEvidence } from '../fakes/virtual-evidence.ts'

type Json = { [member: string]: JsonValue }

const root = await createLabRoot()
const good = await createEvidence(root, {
  bundle: { devices: [{ arch: 'LS10', certificate: encodeUtf8('chain'), evidence: encodeUtf8('report') }] }
})
const document = JSON.parse(decodeUtf8(good.bundleBytes)) as Json

function refuses(bytes: Uint8Array, code: AttestationErrorCode): void {
  expect(() => parseBundle(bytes)).toThrow(expect.objectContaining({ code }))
}

function edited(edit: (bundle: Json) => void): Uint8Array {
  const copy = structuredClone(document)
  edit(copy)
  return encodeJcs(copy)
}

describe('an evidence bundle', () => {
  it('is read back as it was written', () => {
    const bundle = parseBundle(good.bundleBytes)
    expect(bundle.keyset.bytes).toEqual(good.fields.keyset)
    expect(bundle.quote.bytes).toEqual(good.fields.quote)
    expect(bundle.challenge).toEqual(good.fields.challenge)
    expect(bundle.devices).toEqual(good.fields.devices)
    expect(bundle.eventLogs).toHaveLength(2)
    expect(bundle.digest).toEqual(sha256(good.bundleBytes))
  })

  it('has the members of the published format, and no nonce: that is computed', () => {
    expect(Object.keys(document)).toEqual(['challenge', 'devices', 'event_log', 'keyset', 'quote', 'v'])
    expect(Object.keys(document['challenge'] as Json)).toEqual(['gen_utime', 'network', 'random', 'root_hash', 'seqno'])
    expect(parseBundle(good.bundleBytes).nonce).toEqual(challengeNonce(good.fields.challenge))
  })

  it.each(Object.keys(document))('is malformed without %s', (member) => {
    refuses(
      edited((bundle) => delete bundle[member]),
      'BUNDLE_MALFORMED'
    )
  })

  const malformed: readonly (readonly [string, Uint8Array])[] = [
    ['a member that nobody knows', edited((bundle) => Object.assign(bundle, { nonce: '00'.repeat(32) }))],
    ['white space', encodeUtf8(JSON.stringify(document, null, 1))],
    ['another order', encodeUtf8(JSON.stringify(Object.fromEntries(Object.entries(document).reverse())))],
    ['a member twice', encodeUtf8(decodeUtf8(good.bundleBytes).replace('"v":1', '"v":1,"v":1'))],
    ['bytes after its end', encodeUtf8(`${decodeUtf8(good.bundleBytes)}\n`)],
    ['version 2', edited((bundle) => Object.assign(bundle, { v: 2 }))],
    [
      'a challenge of 31 random bytes',
      edited(({ challenge }) => Object.assign(challenge as Json, { random: '00'.repeat(31) }))
    ],
    ['a block without a network', edited(({ challenge }) => Object.assign(challenge as Json, { seqno: 1 }))],
    [
      'a block hash without a network',
      edited(({ challenge }) => Object.assign(challenge as Json, { root_hash: '11'.repeat(32) }))
    ],
    ['a network without a block', edited(({ challenge }) => Object.assign(challenge as Json, { network: -239 }))],
    ['a network past 32 bits', edited(({ challenge }) => Object.assign(challenge as Json, { network: 2 ** 31 }))],
    [
      'base64 that is not canonical',
      edited((bundle) => Object.assign(bundle, { quote: `${String(bundle['quote']).slice(0, -4)}AB==` }))
    ],
    ['base64url', edited((bundle) => Object.assign(bundle, { keyset: '-_-_' }))],
    [
      'a log of no known format',
      edited((bundle) => Object.assign(bundle, { event_log: [{ data: '', format: 'tpm' }] }))
    ],
    [
      'three logs',
      edited((bundle) => Object.assign(bundle, { event_log: Array(3).fill((bundle['event_log'] as Json[])[1]) }))
    ],
    [
      'a log that is not in a list',
      edited((bundle) => Object.assign(bundle, { event_log: (bundle['event_log'] as Json[])[0] }))
    ],
    [
      'a device of no known architecture',
      edited((bundle) => Object.assign((bundle['devices'] as Json[])[0] as Json, { arch: 'AMPERE' }))
    ],
    [
      '17 devices',
      edited((bundle) => Object.assign(bundle, { devices: Array(17).fill((bundle['devices'] as Json[])[0]) }))
    ],
    [
      'a quote of more than 64 KiB',
      edited((bundle) => Object.assign(bundle, { quote: encodeBase64(new Uint8Array(65_537)) }))
    ],
    ['more than 1 MiB', new Uint8Array(MAX_BUNDLE_BYTES + 1).fill(0x20)],
    ['nothing', new Uint8Array(0)],
    ['null', encodeUtf8('null')],
    ['a list', encodeUtf8('[]')]
  ]
  it.each(malformed)('is malformed with %s', (_, bytes) => refuses(bytes, 'BUNDLE_MALFORMED'))

  it('is refused with the code of the part that cannot be read', () => {
    const part = (member: string, bytes: Uint8Array) =>
      edited((bundle) => Object.assign(bundle, { [member]: encodeBase64(bytes) }))
    refuses(part('quote', good.fields.quote.subarray(0, 100)), 'QUOTE_TRUNCATED')
    refuses(part('keyset', encodeUtf8('{}')), 'KEYSET_MALFORMED')
    const log = { data: encodeBase64(encodeUtf8('[')), format: 'dstack' }
    refuses(
      edited((bundle) => Object.assign(bundle, { event_log: [log] })),
      'EVENT_LOG_MALFORMED'
    )
  })

  it('cannot be written in a form that would be refused', () => {
    const challenge = { ...good.fields.challenge, genUtime: 5 }
    expect(() => encodeBundle({ ...good.fields, challenge })).toThrow(
      expect.objectContaining({ code: 'BUNDLE_MALFORMED' })
    )
  })

  // What a firmware event says of itself is nobody's claim, so a bit of that may turn and change nothing.
  it('proves the same or nothing with a bit turned anywhere in it', async () => {
    const policy = virtualPolicy(root.root.certificate)
    const evidence = await createEvidence(root)
    const { endorsements, challenge } = readEvidence(evidence)
    const claims = (bytes: Uint8Array) => {
      const { result } = appraiseBundle({ bundle: parseBundle(bytes), endorsements, challenge }, policy, NOW)
      return result.status === 'affirming' ? [result.platform, result.workload, result.nonce] : 'refused'
    }
    const proven = claims(evidence.bundleBytes)
    expect(proven).toHaveLength(3)
    let refused = 0
    const step = Math.floor(evidence.bundleBytes.length / 400)
    for (let at = 0; at < evidence.bundleBytes.length; at += step) {
      const bytes = Uint8Array.from(evidence.bundleBytes)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 7))
      const outcome = attempt(() => claims(bytes))
      if (typeof outcome === 'string') refused += 1
      else expect(outcome).toEqual(proven)
    }
    expect(refused).toBeGreaterThan(300)
  })
})

function attempt<T>(appraise: () => T): T | 'malformed' {
  try {
    return appraise()
  } catch (error) {
    expect(error).toHaveProperty('code')
    return 'malformed'
  }
}
