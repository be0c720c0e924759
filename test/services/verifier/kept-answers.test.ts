import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createVirtualDevice } from '../../../attestation/virtual/device.ts'
import { answerVirtualOcsp, createVirtualDeviceEndorsements } from '../../../attestation/virtual/device-endorsements.ts'
import { reportVirtualDevice } from '../../../attestation/virtual/device-report.ts'
import { createVirtualDeviceRoot, generateVirtualDeviceRootKeys } from '../../../attestation/virtual/device-root.ts'
import { completeContext } from '../../../services/runtime/context.ts'
import { codeOf } from '../../../services/runtime/errors.ts'
import { deviceWants } from '../../../services/verifier/device-endorsements.ts'
import { nvidiaServices } from '../../../services/verifier/nvidia-services.ts'
import { type FakeNvidia, startFakeNvidia } from '../../fakes/nvidia-services.ts'

const NOW = new Date('2026-11-23T12:00:00Z')
const HOUR = 3_600_000
const LIMITS = { attempts: 1, timeoutMs: 3_000, firstDelayMs: 1, maxDelayMs: 1, maxBytes: 1 << 20 }
const root = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
const device = createVirtualDevice(root, { arch: 'HOPPER' }, NOW)
const published = createVirtualDeviceEndorsements(root, [device], {}, NOW).rims
const wants = deviceWants([reportVirtualDevice(device, new Uint8Array(32))], [root.deviceRoot.certificate])
const [id = ''] = wants.rims
const asked = wants.certificates[0]!

let folder: string
let nvidia: FakeNvidia
let now: Date

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bombyx-kept-'))
})
afterAll(() => rm(folder, { recursive: true }))
beforeEach(async () => {
  now = NOW
  nvidia = await startFakeNvidia({
    rim: (name) => published.find((rim) => rim.id === name)?.xml,
    ocsp: ({ id: number, nonce }) => answerVirtualOcsp(root, [device], { id: number, ocspNonce: nonce }, now)
  })
})
afterEach(() => nvidia[Symbol.asyncDispose]())

/** A verifier's services, started anew. */
async function startedAnew() {
  const { url } = nvidia
  const refresh = { aheadMs: 0, everyMs: HOUR }
  const config = { url, ocspUrl: url, crlUrl: url, nrasUrl: url, limits: LIMITS, refresh, keptIn: join(folder, 'kept') }
  const services = nvidiaServices(config, [root.rimRoot.certificate], completeContext('t', { now: () => now }))
  return { services, [Symbol.asyncDispose]: () => services[Symbol.asyncDispose]() }
}

async function fetchBoth(): Promise<readonly (Uint8Array | undefined)[]> {
  await using verifier = await startedAnew()
  return await Promise.all([verifier.services.rim(id), verifier.services.ocsp(asked)])
}

test('a verifier that starts in an outage has what came last, for its time', async () => {
  const before = await fetchBoth()
  expect(before.every((part) => part !== undefined)).toBe(true)
  for (const part of ['rim', 'ocsp'] as const) nvidia.fail(part, { status: 503 })
  now = new Date(NOW.getTime() + 47 * HOUR)
  expect(await fetchBoth()).toEqual(before)
  now = new Date(NOW.getTime() + 49 * HOUR)
  await using verifier = await startedAnew()
  expect(await verifier.services.rim(id).catch(codeOf)).toBe('COLLATERAL_UNAVAILABLE')
  expect(await verifier.services.ocsp(asked)).toEqual(before[1])
})

test('what the service does not have any more is not brought back', async () => {
  await fetchBoth()
  nvidia.fail('rim', { status: 404 })
  await using verifier = await startedAnew()
  expect(await verifier.services.rim(id)).toBeUndefined()
})

test('a folder that cannot be written to is done without', async () => {
  await rm(join(folder, 'kept'), { recursive: true, force: true })
  await writeFile(join(folder, 'kept'), 'a file')
  expect((await fetchBoth()).every((part) => part !== undefined)).toBe(true)
})
