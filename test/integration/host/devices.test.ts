import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GpuMode, gpuModeEventPayload } from '../../../attestation/appraisal/gpu-mode-event.ts'
import { parseBundle } from '../../../attestation/bundle.ts'
import { sha256 } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { verifyDevice } from '../../../attestation/nvidia/device.ts'
import { decodePem } from '../../../attestation/pem.ts'
import { gpuNonce } from '../../../attestation/session/keyset.ts'
import { createVirtualDevice, type VirtualDevice } from '../../../attestation/virtual/device.ts'
import { encodeVirtualDevices, virtualGpuMode } from '../../../attestation/virtual/device-files.ts'
import { createVirtualDeviceRoot, generateVirtualDeviceRootKeys } from '../../../attestation/virtual/device-root.ts'
import { createVirtualPpcie } from '../../../attestation/virtual/ppcie.ts'
import { HostNetwork } from '../../fakes/host-network.ts'
import { openTestHost } from '../../fakes/test-host.ts'

const NOW = new Date()
const root = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bombyx-devices-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function fileOf(devices: readonly VirtualDevice[], mode: Partial<GpuMode> = {}): Promise<string> {
  const file = join(folder, `${encodeHex(sha256(new TextEncoder().encode(devices[0]?.chain))).slice(0, 12)}.json`)
  await writeFile(file, encodeVirtualDevices({ devices, mode: { ...virtualGpuMode(devices), ...mode } }))
  return file
}

function leafDigest({ chain }: VirtualDevice): string {
  return encodeHex(sha256(decodePem(chain)[0] ?? new Uint8Array()))
}

describe('an agent with devices', () => {
  test('names them in its keyset, and each of them answers keyset and challenge', async () => {
    const device = createVirtualDevice(root, { arch: 'BLACKWELL' }, NOW)
    await using host = await openTestHost({ env: { BOMBYX_DEVICES: `virtual:${await fileOf([device])}` } })
    const { keyset, nonce, devices, eventLogs } = parseBundle(host.network.bundles[0]!)
    expect(keyset.gpus.map(({ arch, certificateSha256 }) => [arch, encodeHex(certificateSha256)])).toEqual([
      ['BLACKWELL', leafDigest(device)]
    ])
    const [evidence] = devices
    if (evidence === undefined) throw new Error('no device evidence')
    const verified = verifyDevice(evidence, gpuNonce(keyset.digest, nonce), [root.deviceRoot.certificate], new Date())
    expect(encodeHex(verified.device.leafDigest)).toBe(leafDigest(device))
    const mode = eventLogs.flatMap(({ events }) => events).find(({ name }) => name === 'gpu-mode')
    expect(mode?.data).toEqual(gpuModeEventPayload({ ccFeature: true, devTools: false, multiGpu: 'none' }))
  })

  test('of a whole machine lists 8 GPUs and 4 switches', async () => {
    const machine = createVirtualPpcie(root, NOW)
    await using host = await openTestHost({ env: { BOMBYX_DEVICES: `virtual:${await fileOf(machine)}` } })
    const { keyset, devices } = parseBundle(host.network.bundles[0]!)
    expect([keyset.gpus.length, keyset.switches.length, devices.length]).toEqual([8, 4, 12])
  })

  test.each<[string, Parameters<typeof createVirtualDevice>[1], Partial<GpuMode>, string]>([
    ['with confidential computing off', { arch: 'HOPPER' }, { ccFeature: false }, 'CC_MODE_OFF'],
    ['in the developer’s mode', { arch: 'HOPPER' }, { devTools: true }, 'CC_MODE_DEVTOOLS'],
    ['whose report is another’s', { arch: 'HOPPER', faults: ['signed-by-stranger'] }, {}, 'REPORT_SIGNATURE_INVALID'],
    ['whose report is old', { arch: 'HOPPER', faults: ['other-nonce'] }, {}, 'NONCE_MISMATCH']
  ])('ends before it makes a key for a GPU %s', async (_, options, mode, code) => {
    const file = await fileOf([createVirtualDevice(root, options, NOW)], mode)
    const network = new HostNetwork()
    await expect(openTestHost({ network, env: { BOMBYX_DEVICES: `virtual:${file}` } })).rejects.toMatchObject({ code })
    expect(network.bundles).toHaveLength(0)
  })

  test('ends where its devices’ file is not there', async () => {
    const env = { BOMBYX_DEVICES: 'virtual:/nowhere/devices.json' }
    await expect(openTestHost({ env })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })
})
