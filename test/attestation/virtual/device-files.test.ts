import { describe, expect, test } from 'vitest'
import { AttestationError } from '../../../attestation/errors.ts'
import { encodeJcs, type JsonValue } from '../../../attestation/jcs.ts'
import { createVirtualDevice, type VirtualDevice } from '../../../attestation/virtual/device.ts'
import {
  encodeVirtualDeviceRoot,
  encodeVirtualDevices,
  parseVirtualDeviceRoot,
  parseVirtualDevices,
  virtualGpuMode
} from '../../../attestation/virtual/device-files.ts'
import { createVirtualDeviceRoot, generateVirtualDeviceRootKeys } from '../../../attestation/virtual/device-root.ts'
import { createVirtualPpcie } from '../../../attestation/virtual/ppcie.ts'
import { parseCertificateChain } from '../../../attestation/x509.ts'
import { verifyChain } from '../../../attestation/x509-chain.ts'

const NOW = new Date('2026-11-23T12:00:00Z')
const CODES = {
  invalid: 'PCK_CHAIN_INVALID',
  incomplete: 'PCK_CHAIN_INCOMPLETE',
  untrusted: 'ROOT_CA_UNTRUSTED'
} as const
const root = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)

describe('the file of a virtual device root', () => {
  test('gives back a root that certifies as the first does', () => {
    const file = encodeVirtualDeviceRoot(root)
    const parsed = parseVirtualDeviceRoot(file)
    expect(encodeVirtualDeviceRoot(parsed)).toEqual(file)
    const chain = parseCertificateChain(createVirtualDevice(parsed, { arch: 'BLACKWELL' }, NOW).chain)
    const [anchor] = parseCertificateChain(createVirtualDevice(root, { arch: 'HOPPER' }, NOW).chain).slice(-1)
    expect(verifyChain(chain, anchor === undefined ? [] : [anchor], CODES)).toBe(anchor)
  })

  test.each<[string, (document: Record<string, JsonValue>) => void]>([
    ['is another kind of file', (document) => Object.assign(document, { kind: 'bombyx-virtual-root' })],
    ['lacks an authority', (document) => delete document['gh100_identity']],
    ['has a key that is none', (document) => Object.assign(document, { responder_key: 'AA==' })],
    ['has a member too many', (document) => Object.assign(document, { note: 'x' })]
  ])('is refused when it %s', (_, edit) => {
    expect(codeOf(() => parseVirtualDeviceRoot(edited(encodeVirtualDeviceRoot(root), edit)))).toBe('JCS_MALFORMED')
  })
})

describe('the file of a machine’s devices', () => {
  test('gives back 8 GPUs and 4 switches', () => {
    const file = fileOf(createVirtualPpcie(root, NOW))
    const parsed = parseVirtualDevices(file)
    expect(encodeVirtualDevices(parsed)).toEqual(file)
    expect(parsed).toMatchObject({ mode: { ccFeature: true, devTools: false, multiGpu: 'protected-pcie' } })
  })

  test('keeps what is wrong with a device', () => {
    const changes = { opaque: [{ type: 36, data: null }], faults: ['signature'], changedMeasurements: [3] } as const
    const device = createVirtualDevice(root, { arch: 'HOPPER', fwid: 'absent', ...changes }, NOW)
    expect(parseVirtualDevices(fileOf([device])).devices).toMatchObject([{ ...changes, fwid: 'absent' }])
  })

  test('holds no key of the root', () => {
    const text = new TextDecoder().decode(fileOf([createVirtualDevice(root, { arch: 'LS10' }, NOW)]))
    const rootFile = JSON.parse(new TextDecoder().decode(encodeVirtualDeviceRoot(root))) as Record<
      string,
      { key: string }
    >
    const keys = Object.values(rootFile).flatMap((member) => (typeof member === 'object' ? [member.key] : []))
    expect(keys.length).toBeGreaterThan(10)
    expect(keys.filter((key) => text.includes(key))).toEqual([])
  })

  test('is refused with an architecture that is none', () => {
    const file = fileOf([createVirtualDevice(root, { arch: 'LS10' }, NOW)])
    const edit = (document: Record<string, JsonValue>) => {
      for (const device of document['devices'] as Record<string, string>[]) device['arch'] = 'AMPERE'
    }
    expect(codeOf(() => parseVirtualDevices(edited(file, edit)))).toBe('JCS_MALFORMED')
  })
})

function fileOf(devices: readonly VirtualDevice[]): Uint8Array {
  return encodeVirtualDevices({ devices, mode: virtualGpuMode(devices) })
}

function edited(file: Uint8Array, edit: (document: Record<string, JsonValue>) => void): Uint8Array {
  const document = JSON.parse(new TextDecoder().decode(file)) as Record<string, JsonValue>
  edit(document)
  return encodeJcs(document)
}

function codeOf(action: () => unknown): string | undefined {
  try {
    action()
  } catch (error) {
    return error instanceof AttestationError ? error.code : String(error)
  }
  return undefined
}
