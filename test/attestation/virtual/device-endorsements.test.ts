import { beforeAll, describe, expect, test } from 'vitest'
import { decodeUtf8 } from '../../../attestation/encoding.ts'
import { createVirtualDevice, type VirtualDevice } from '../../../attestation/virtual/device.ts'
import {
  createVirtualDeviceEndorsements,
  type VirtualDeviceEndorsements
} from '../../../attestation/virtual/device-endorsements.ts'
import { createVirtualDeviceRoot, generateVirtualDeviceRootKeys } from '../../../attestation/virtual/device-root.ts'
import { createVirtualPpcie } from '../../../attestation/virtual/ppcie.ts'
import { canonicalXml, element, writeXml } from '../../../attestation/virtual/xml-writer.ts'
import { parseCertificateChain } from '../../../attestation/x509.ts'

const NOW = new Date('2026-11-23T12:00:00Z')
const root = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)

describe('manifests', () => {
  test('are one for the driver and one for the VBIOS of a GPU, under the names that NVIDIA’s service takes', () => {
    expect(idsOf([createVirtualDevice(root, { arch: 'HOPPER' }, NOW)])).toEqual([
      'NV_GPU_DRIVER_GH100_590.12',
      'NV_GPU_VBIOS_B0B1_0001_885_9600A50001'
    ])
  })

  test('are one for the BIOS of a switch, and each is made once for a whole machine', () => {
    expect(idsOf(createVirtualPpcie(root, NOW))).toEqual([
      'NV_GPU_DRIVER_GH100_590.12',
      'NV_GPU_VBIOS_B0B1_0001_885_9600A50001',
      'NV_SWITCH_BIOS_5612_0002_890_9610730001'
    ])
  })

  test('speak for 33 indices of a GPU together, none of them in both', () => {
    const { rims } = endorse([createVirtualDevice(root, { arch: 'BLACKWELL' }, NOW)])
    const active = rims.flatMap(({ xml }) =>
      [...decodeUtf8(xml).matchAll(/index="(\d+)" active="True"/g)].map(([, at]) => at)
    )
    expect(active).toHaveLength(33)
    expect(new Set(active).size).toBe(33)
  })
})

describe('a manifest’s signature', () => {
  test('is over the canonical form, in which an attribute’s namespace comes before its name', () => {
    const tag = element(
      'a',
      [
        ['xmlns:z', 'urn:1'],
        ['xmlns', 'urn:0'],
        ['xmlns:y', 'urn:2'],
        ['y:a', '1'],
        ['z:b', '2'],
        ['b', '&"<'],
        ['a', '4']
      ],
      ['x > y', element('b', [['xmlns', 'urn:0']])]
    )
    expect(canonicalXml(tag)).toBe(
      '<a xmlns="urn:0" xmlns:y="urn:2" xmlns:z="urn:1" a="4" b="&amp;&quot;&lt;" z:b="2" y:a="1">x &gt; y<b></b></a>'
    )
    expect(writeXml(tag)).toMatch(/^<a xmlns:z="urn:1" xmlns="urn:0" .*<b xmlns="urn:0"\/><\/a>$/)
  })

  test('of a part names what is declared around it', () => {
    const part = element('p:a', [], [element('p:b')])
    expect(
      canonicalXml(part, [
        ['xmlns:p', 'urn:1'],
        ['xmlns', 'urn:0']
      ])
    ).toBe('<p:a xmlns="urn:0" xmlns:p="urn:1"><p:b></p:b></p:a>')
  })
})

describe('OCSP answers', () => {
  let devices: readonly VirtualDevice[]
  let all: VirtualDeviceEndorsements

  beforeAll(() => {
    devices = createVirtualPpcie(root, NOW)
    all = endorse(devices)
  })

  test('are one for every certificate between the leaves and the roots, and for the manifests’ signer', () => {
    // 12 boot ROMs, 2 provisioners, 1 identity CA; of two products 1 signer and 2 CAs each.
    expect(all.ocsp).toHaveLength(12 + 2 + 1 + 6)
  })

  test('are named by the number of the certificate that they are about', () => {
    const numbers = devices
      .flatMap(({ chain }) => parseCertificateChain(chain).slice(1, -1))
      .map(({ serialNumber }) => serialNumber)
    const ids = all.ocsp.map(({ id }) => id)
    expect(numbers.filter((number) => !ids.includes(number))).toEqual([])
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('are absent for what is to be missing', () => {
    const { ocsp } = createVirtualDeviceEndorsements(root, devices, { statuses: { identity: 'missing' } }, NOW)
    expect(ocsp).toHaveLength(all.ocsp.length - 1)
  })
})

function endorse(devices: readonly VirtualDevice[]): VirtualDeviceEndorsements {
  return createVirtualDeviceEndorsements(root, devices, {}, NOW)
}

function idsOf(devices: readonly VirtualDevice[]): readonly string[] {
  return endorse(devices).rims.map(({ id }) => id)
}
