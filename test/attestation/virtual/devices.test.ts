import { describe, expect, test } from 'vitest'
import { verifyEcdsa } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { OPAQUE_FIELD } from '../../../attestation/nvidia/opaque.ts'
import { parseDeviceReport } from '../../../attestation/nvidia/report.ts'
import { CHIPS } from '../../../attestation/virtual/chips.ts'
import {
  createVirtualDevice,
  DICE_EXTENSION,
  generateVirtualDeviceKeys,
  type VirtualDevice
} from '../../../attestation/virtual/device.ts'
import { reportVirtualDevice } from '../../../attestation/virtual/device-report.ts'
import { createVirtualDeviceRoot, generateVirtualDeviceRootKeys } from '../../../attestation/virtual/device-root.ts'
import { createVirtualPpcie } from '../../../attestation/virtual/ppcie.ts'
import { type Certificate, parseCertificate, parseCertificateChain } from '../../../attestation/x509.ts'
import { verifyChain } from '../../../attestation/x509-chain.ts'

const NOW = new Date('2026-11-23T12:00:00Z')
const NONCE = Uint8Array.from({ length: 32 }, (_, at) => at)
const CODES = {
  invalid: 'PCK_CHAIN_INVALID',
  incomplete: 'PCK_CHAIN_INCOMPLETE',
  untrusted: 'ROOT_CA_UNTRUSTED'
} as const

const root = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
const ARCHITECTURES = ['HOPPER', 'BLACKWELL', 'LS10'] as const

describe.each(ARCHITECTURES)('a virtual %s', (arch) => {
  const device = createVirtualDevice(root, { arch }, NOW)
  const { evidence } = reportVirtualDevice(device, NONCE)
  const report = parseDeviceReport(evidence)

  test('stands under five certificates up to the virtual device root', () => {
    const chain = parseCertificateChain(device.chain)
    const anchor = verifyChain(chain, [parseCertificate(root.deviceRoot.certificate)], CODES)
    expect(chain).toHaveLength(5)
    expect(chain.every(({ curve, notAfter }) => curve === 'P-384' && notAfter.getUTCFullYear() === 9999)).toBe(true)
    expect(chain.every(({ subject }) => subject.commonName.includes('Bombyx Virtual'))).toBe(true)
    expect(anchor.subject.commonName).toBe('Bombyx Virtual Device Identity CA')
  })

  test('answers the nonce with a report that its leaf signed', () => {
    expect(report.request.nonce).toEqual(NONCE)
    expect(report.response.blocks).toHaveLength(CHIPS[arch].blocks)
    expect(verifyEcdsa('P-384', leafOf(device).publicKey, report.signed, report.signature)).toBe(true)
  })

  test('names in its report the firmware that its leaf is bound to', () => {
    const { extensions } = leafOf(device)
    const oid = arch === 'BLACKWELL' ? DICE_EXTENSION.tcbInfo : DICE_EXTENSION.composite
    expect(encodeHex(extensions.get(oid)?.value ?? new Uint8Array())).toContain(encodeHex(device.firmwareId))
    const fwid = report.response.opaque.get(OPAQUE_FIELD.fwid)
    expect(fwid).toEqual(arch === 'LS10' ? undefined : device.firmwareId)
  })
})

describe('a report of the same shape as real hardware’s', () => {
  test('has the lengths of an H100’s under driver 590, apart from the board’s texts', () => {
    const { evidence } = reportVirtualDevice(createVirtualDevice(root, { arch: 'HOPPER' }, NOW), NONCE)
    const { response } = parseDeviceReport(evidence)
    expect(response.measurementRecordLength).toBe(3520)
    expect([...response.opaque.keys()]).toEqual([6, 14, 15, 16, 17, 18, 19, 3, 4, 12, 13, 11, 20, 21, 34, 36])
    const lengths = [...response.opaque.values()].map(({ byteLength }) => byteLength)
    expect(lengths).toEqual([8, 4, 9, 5, 5, 5, 2, 7, 8, 256, 4, 1, 48, 1, 2, 2])
  })

  test('writes VBIOS versions as devices do', () => {
    const device = createVirtualDevice(root, { arch: 'HOPPER', vbiosVersion: '96.00.5E.00.01' }, NOW)
    const vbios = parseDeviceReport(reportVirtualDevice(device, NONCE).evidence).response.opaque.get(6)
    expect(encodeHex(vbios ?? new Uint8Array())).toBe('005e009601000000')
  })
})

describe('a machine with protected PCIe', () => {
  const devices = createVirtualPpcie(root, NOW)
  const fieldsOf = (device: VirtualDevice) =>
    parseDeviceReport(reportVirtualDevice(device, NONCE).evidence).response.opaque
  const gpus = devices.filter(({ arch }) => arch === 'HOPPER')
  const switches = devices.filter(({ arch }) => arch === 'LS10')

  test('has 8 GPUs and 4 switches, each with a key and a PDI of its own', () => {
    expect([gpus.length, switches.length]).toEqual([8, 4])
    expect(new Set(devices.map(({ pdi }) => encodeHex(pdi))).size).toBe(12)
    expect(new Set(devices.map(({ chain }) => chain)).size).toBe(12)
  })

  test('has GPUs that name all switches, in the other byte order', () => {
    const expected = switches.map(({ pdi }) => encodeHex(Uint8Array.from(pdi).reverse())).sort()
    for (const gpu of gpus) {
      const links = encodeHex(fieldsOf(gpu).get(OPAQUE_FIELD.pdi) ?? new Uint8Array()).match(/.{16}/g) ?? []
      expect(links).toHaveLength(18)
      expect([...new Set(links)].sort()).toEqual(expected)
      expect(fieldsOf(gpu).get(OPAQUE_FIELD.protectedPcieStatus)).toEqual(Uint8Array.of(0xaa))
    }
  })

  test('has switches that name themselves and all GPUs, and say where they are', () => {
    const expected = gpus.map(({ pdi }) => encodeHex(pdi))
    for (const [position, device] of switches.entries()) {
      const fields = fieldsOf(device)
      expect(fields.get(OPAQUE_FIELD.pdi)).toEqual(device.pdi)
      expect(encodeHex(fields.get(OPAQUE_FIELD.switchGpuPdis) ?? new Uint8Array()).slice(0, 128)).toBe(
        expected.join('')
      )
      expect(fields.get(OPAQUE_FIELD.switchPositionId)).toEqual(Uint8Array.of(position, 0))
    }
  })

  test('is of 12 devices', () => {
    expect(() => createVirtualPpcie(root, NOW, [generateVirtualDeviceKeys()])).toThrow(TypeError)
  })
})

test('the number of a boot ROM’s certificate ends with the device’s PDI', () => {
  const device = createVirtualDevice(root, { arch: 'LS10' }, NOW)
  const [, brom] = parseCertificateChain(device.chain)
  expect(brom?.serialNumber).toBe(`50${encodeHex(device.pdi)}`)
})

test('a nonce is 32 bytes', () => {
  const device = createVirtualDevice(root, { arch: 'HOPPER' }, NOW)
  expect(() => reportVirtualDevice(device, new Uint8Array(31))).toThrow(TypeError)
})

function leafOf(device: VirtualDevice): Certificate {
  const [leaf] = parseCertificateChain(device.chain)
  if (leaf === undefined) throw new Error('no certificate')
  return leaf
}
