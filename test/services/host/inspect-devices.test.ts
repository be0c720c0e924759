import { expect, test } from 'vitest'
import { createVirtualDevice } from '../../../attestation/virtual/device.ts'
import { createVirtualDeviceRoot, generateVirtualDeviceRootKeys } from '../../../attestation/virtual/device-root.ts'
import { type InspectManifests, inspectDevices } from '../../../services/host/inspect-devices.ts'
import { openNvidiaDevices } from '../../../services/host/nvidia-devices.ts'
import { fakeNscq, fakeNvml, type NvidiaDriver } from '../../fakes/nvidia-driver.ts'

const NOW = new Date('2026-11-23T12:00:00Z')
const root = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
const hopper = createVirtualDevice(root, { arch: 'HOPPER' }, NOW)
const strange = createVirtualDevice(root, { arch: 'HOPPER', faults: ['signature'] }, NOW)
const old = createVirtualDevice(root, { arch: 'HOPPER', vbiosVersion: '96.00.30.00.01' }, NOW)
const oldDriver = createVirtualDevice(root, { arch: 'HOPPER', driverVersion: '545.00' }, NOW)
const ON = { ccFeature: true, devTools: false, multiGpu: 'none' } as const

const NO_MANIFESTS: InspectManifests = async () => []

function inspect(driver: NvidiaDriver, manifests = NO_MANIFESTS) {
  const libraries = { nvml: () => fakeNvml(driver).nvml, nscq: () => fakeNscq(driver).nscq }
  const open = async () => ({
    ...(await openNvidiaDevices(libraries)),
    deviceRoots: [root.deviceRoot.certificate]
  })
  return inspectDevices(manifests, open, NOW)
}

test('a GPU in order is shown with its versions', async () => {
  const found = await inspect({ devices: [hopper], mode: ON })
  expect(found.map(({ ok }) => ok)).toEqual([true, true, true])
  expect(found[2]?.name).toMatch(/^GPU GH100 [0-9A-F]{16}$/)
  expect(found[2]?.found).toBe('its report verifies; driver 590.12, VBIOS 96.00.A5.00.01')
})

test('its manifests are asked for after its report', async () => {
  const manifest = { name: 'manifest', ok: false, found: 'none', remedy: 'get it from somewhere' }
  const asked: string[] = []
  const found = await inspect({ devices: [hopper], mode: ON }, async (devices) => {
    asked.push(...devices.map(({ arch }) => arch))
    return [manifest]
  })
  expect([asked, found.at(-1)]).toEqual([['HOPPER'], manifest])
})

test.each<[string, Partial<NvidiaDriver>, readonly boolean[], RegExp]>([
  ['no driver', { returns: { init: 9 } }, [false], /DEVICE_UNAVAILABLE: nvmlInit gives 9/],
  [
    'confidential computing off',
    { mode: { ...ON, ccFeature: false }, returns: { deviceGetConfComputeGpuAttestationReport: 3 } },
    [true, false, false],
    /off/
  ],
  ['the developer’s mode', { mode: { ...ON, devTools: true } }, [true, false, true], /developer mode/],
  [
    'an old VBIOS',
    { devices: [old] },
    [true, true, false],
    /VBIOS 96.00.30.00.01; VBIOS_TOO_OLD: VBIOS 96.00.5E.00.01 or newer/
  ],
  [
    'an old driver',
    { devices: [oldDriver] },
    [true, true, false],
    /driver 545.00, .*DRIVER_TOO_OLD: driver 550.90.07 or newer/
  ],
  ['a report that does not verify', { devices: [strange] }, [true, true, false], /REPORT_SIGNATURE_INVALID/]
])('%s is told, with its remedy', async (_, change, oks, words) => {
  const found = await inspect({ devices: [hopper], mode: ON, ...change })
  expect(found.map(({ ok }) => ok)).toEqual(oks)
  const wrong = found.filter(({ ok }) => !ok)
  expect(wrong[0]?.found).toMatch(words)
  expect(wrong.every(({ remedy }) => remedy.length > 20)).toBe(true)
})
