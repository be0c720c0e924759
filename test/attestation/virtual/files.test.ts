import { beforeAll, describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../attestation/encoding.ts'
import { AttestationError } from '../../../attestation/errors.ts'
import { encodeJcs, type JsonValue } from '../../../attestation/jcs.ts'
import {
  encodeVirtualPlatform,
  encodeVirtualRoot,
  parseVirtualPlatform,
  parseVirtualRoot
} from '../../../attestation/virtual/files.ts'
import { createVirtualPlatform } from '../../../attestation/virtual/platform.ts'
import { quoteVirtual } from '../../../attestation/virtual/quote.ts'
import { createVirtualRoot, generateVirtualRootKeys, type VirtualRoot } from '../../../attestation/virtual/root.ts'

const NOW = new Date('2026-11-23T12:00:00Z')

let root: VirtualRoot

beforeAll(async () => {
  root = await createVirtualRoot(generateVirtualRootKeys(), NOW)
})

function edited(file: Uint8Array, edit: (document: Record<string, JsonValue>) => void): Uint8Array {
  const document = JSON.parse(new TextDecoder().decode(file)) as Record<string, JsonValue>
  edit(document)
  return encodeJcs(document)
}

describe('the file of a virtual root', () => {
  test('gives back the same certificates and keys', () => {
    const file = encodeVirtualRoot(root)
    expect(encodeVirtualRoot(parseVirtualRoot(file))).toEqual(file)
    expect(parseVirtualRoot(file).root.certificate).toEqual(root.root.certificate)
  })

  test.each([
    ['is not JSON', () => encodeUtf8('root')],
    ['is another kind of file', () => edited(encodeVirtualRoot(root), (d) => Object.assign(d, { kind: 'platform' }))],
    ['lacks the processor CA', () => edited(encodeVirtualRoot(root), (d) => delete d['processor'])],
    ['has a member too many', () => edited(encodeVirtualRoot(root), (d) => Object.assign(d, { note: 'x' }))],
    [
      'has a key that is none',
      () => edited(encodeVirtualRoot(root), (d) => Object.assign(d, { root: { certificate: 'AA==', key: 'AA==' } }))
    ]
  ])('is refused when it %s', (_, file) => {
    expect(codeOf(() => parseVirtualRoot(file()))).toBe('JCS_MALFORMED')
  })
})

describe('the file of a virtual platform', () => {
  test('gives back a platform that makes the same quotes', async () => {
    const platform = await createVirtualPlatform(root, { td: { version: 5, tdVersion: '1.5' }, faults: ['body'] }, NOW)
    const file = encodeVirtualPlatform(platform)
    const parsed = parseVirtualPlatform(file)
    expect(encodeVirtualPlatform(parsed)).toEqual(file)
    expect(parsed.pckChain).toBe(platform.pckChain)
    // ECDSA is randomised: header, descriptor and body are what can be compared.
    const signed = (quote: Uint8Array) => quote.subarray(0, 48 + 6 + 648)
    const reportData = new Uint8Array(64).fill(7)
    expect(signed(quoteVirtual(parsed, { reportData }))).toEqual(signed(quoteVirtual(platform, { reportData })))
  })

  test('holds no key of the root', async () => {
    const text = new TextDecoder().decode(encodeVirtualPlatform(await createVirtualPlatform(root, {}, NOW)))
    const rootFile = JSON.parse(new TextDecoder().decode(encodeVirtualRoot(root))) as Record<string, { key: string }>
    const keys = ['root', 'platform', 'processor', 'tcb_signing'].map((role) => rootFile[role]!.key)
    expect(keys.filter((key) => text.includes(key))).toEqual([])
  })

  test('is refused with three registers', async () => {
    const file = encodeVirtualPlatform(await createVirtualPlatform(root, {}, NOW))
    const short = edited(file, (d) => (d['td'] as Record<string, string[]>)['rtmrs']!.pop())
    expect(codeOf(() => parseVirtualPlatform(short))).toBe('JCS_MALFORMED')
  })
})

function codeOf(action: () => unknown): string | undefined {
  try {
    action()
  } catch (error) {
    return error instanceof AttestationError ? error.code : String(error)
  }
  return undefined
}
