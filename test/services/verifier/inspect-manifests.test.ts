import { expect, test } from 'vitest'
import { createVirtualDevice } from '../../../attestation/virtual/device.ts'
import { createVirtualDeviceEndorsements } from '../../../attestation/virtual/device-endorsements.ts'
import { reportVirtualDevice } from '../../../attestation/virtual/device-report.ts'
import { createVirtualDeviceRoot, generateVirtualDeviceRootKeys } from '../../../attestation/virtual/device-root.ts'
import { completeContext } from '../../../services/runtime/context.ts'
import { inspectManifests } from '../../../services/verifier/inspect-manifests.ts'
import { type NvidiaFault, startFakeNvidia } from '../../fakes/nvidia-services.ts'

const NOW = new Date('2026-11-23T12:00:00Z')
const LIMITS = { attempts: 1, timeoutMs: 3_000, firstDelayMs: 1, maxDelayMs: 1, maxBytes: 1 << 20 }
const root = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
const device = createVirtualDevice(root, { arch: 'HOPPER' }, NOW)
const anchors = { deviceRoots: [root.deviceRoot.certificate], rimRoots: [root.rimRoot.certificate] }
const published = createVirtualDeviceEndorsements(root, [device], {}, NOW).rims

async function inspect(rims: typeof published, fault?: NvidiaFault) {
  await using nvidia = await startFakeNvidia({ rim: (id) => rims.find((rim) => rim.id === id)?.xml })
  if (fault !== undefined) nvidia.fail('rim', fault)
  const { url } = nvidia
  const refresh = { aheadMs: 0, everyMs: 1 }
  const services = { url, ocspUrl: url, crlUrl: url, nrasUrl: url, limits: LIMITS, refresh }
  const reports = [reportVirtualDevice(device, new Uint8Array(32))]
  return await inspectManifests(
    reports,
    { nvidia: services, refresh },
    anchors,
    completeContext('t', { now: () => NOW })
  )
}

test('both manifests of a GPU are found where they are published', async () => {
  const found = await inspect(published)
  expect(found.map(({ name, ok }) => [name, ok])).toEqual([
    ['manifest NV_GPU_DRIVER_GH100_590.12', true],
    ['manifest NV_GPU_VBIOS_B0B1_0001_885_9600A50001', true]
  ])
  expect(found[0]?.found).toMatch(/^127\.0\.0\.1:\d+: \d+ measurements of 590\.12$/)
})

test.each([
  { what: 'is not published', rims: [], words: /has none/, remedy: /released drivers/ },
  {
    what: 'cannot be had',
    rims: published,
    fault: { status: 503 },
    words: /COLLATERAL_UNAVAILABLE/,
    remedy: /BOMBYX_NVIDIA_RIM_URL/
  }
])('a manifest that $what is told, with what to do', async ({ rims, fault, words, remedy }) => {
  for (const inspection of await inspect(rims, fault)) {
    expect(inspection.ok).toBe(false)
    expect(inspection.found).toMatch(words)
    expect(inspection.remedy).toMatch(remedy)
  }
})
