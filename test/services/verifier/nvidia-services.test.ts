import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../attestation/encoding.ts'
import { assessDevices, type DeviceAssessment } from '../../../attestation/nvidia/assess.ts'
import { virtualPolicy } from '../../../attestation/policy.ts'
import { createVirtualCrl } from '../../../attestation/virtual/crl.ts'
import { createVirtualDevice } from '../../../attestation/virtual/device.ts'
import {
  answerVirtualOcsp,
  createVirtualDeviceEndorsements,
  type VirtualEndorsementOptions
} from '../../../attestation/virtual/device-endorsements.ts'
import { reportVirtualDevice } from '../../../attestation/virtual/device-report.ts'
import { createVirtualDeviceRoot, generateVirtualDeviceRootKeys } from '../../../attestation/virtual/device-root.ts'
import { completeContext } from '../../../services/runtime/context.ts'
import { codeOf } from '../../../services/runtime/errors.ts'
import {
  type DeviceEndorsements,
  deviceEndorsementSource,
  deviceWants
} from '../../../services/verifier/device-endorsements.ts'
import { type NvidiaServices, nvidiaServices } from '../../../services/verifier/nvidia-services.ts'
import {
  type FakeNvidia,
  type NvidiaFault,
  type NvidiaPart,
  rimReply,
  startFakeNvidia
} from '../../fakes/nvidia-services.ts'
import { createLabRoot, policyWith } from '../../fakes/virtual-evidence.ts'

const NOW = new Date('2026-11-23T12:00:00Z')
const [MINUTE, HOUR] = [60_000, 3_600_000]
const LIMITS = { attempts: 1, timeoutMs: 3_000, firstDelayMs: 2, maxDelayMs: 10, maxBytes: 1 << 20 }
const NONCE = new Uint8Array(32).fill(7)
const WAIT = { timeout: 10_000 }

const root = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
const stranger = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
const device = createVirtualDevice(root, { arch: 'HOPPER' }, NOW)
const evidence = reportVirtualDevice(device, NONCE)
const anchors = { deviceRoots: [root.deviceRoot.certificate], rimRoots: [root.rimRoot.certificate] }
const policy = virtualPolicy((await createLabRoot()).root.certificate, anchors)
const wants = deviceWants([evidence], anchors.deviceRoots)
const LENIENT = {
  rim: { required: false, accept_expired_certificate: false },
  ocsp: { required: false, accept_unknown: false, accept_certificate_hold: false, grace_after_last_good_seconds: 0 }
}

let nvidia: FakeNvidia
let services: NvidiaServices
let now: Date
let says: Partial<VirtualEndorsementOptions>
let rims: ReadonlyMap<string, Uint8Array>
let crls: ReadonlyMap<string, Uint8Array>
let latest: DeviceEndorsements

const rimsOf = (from = root) =>
  new Map(createVirtualDeviceEndorsements(from, [device], {}, now).rims.map(({ id, xml }) => [id, xml]))
const elapse = (ms: number) => {
  now = new Date(now.getTime() + ms)
}

beforeEach(async () => {
  now = NOW
  says = { ocspValid: { from: -60, until: 24 * 3600 } }
  rims = rimsOf()
  crls = new Map()
  nvidia = await startFakeNvidia({
    rim: (id) => rims.get(id),
    ocsp: ({ id, nonce }) => answerVirtualOcsp(root, [device], { ocspNonce: nonce, ...says, id }, now),
    crl: (path) => crls.get(path)
  })
  const config = {
    url: nvidia.url,
    ocspUrl: nvidia.url,
    crlUrl: nvidia.url,
    nrasUrl: nvidia.url,
    serviceKey: 'key',
    limits: LIMITS
  }
  services = nvidiaServices(
    { ...config, refresh: { aheadMs: 10 * MINUTE, everyMs: HOUR } },
    anchors.rimRoots,
    completeContext('verifier', { now: () => now })
  )
})

afterEach(async () => {
  await services[Symbol.asyncDispose]()
  await nvidia[Symbol.asyncDispose]()
})

/** Fetches, and appraises the GPU with what came; its codes. */
async function appraise(under = policy): Promise<DeviceAssessment & { readonly codes: readonly string[] }> {
  latest = await deviceEndorsementSource(services, under.devices)(wants)
  const rules = { ...under.devices, topology: 'single' } as const
  const { devices, referenceFaults } = assessDevices({ devices: [{ evidence, nonce: NONCE }], ...latest }, rules, now)
  const [assessed] = devices
  return { ...assessed!, codes: [...referenceFaults, ...assessed!.faults].map(({ code }) => code) }
}

const refusal = (action: Promise<unknown>) => action.then(() => undefined, codeOf)
const refreshed = async (asking: number) => {
  const before = nvidia.requests.length
  services.refreshDue()
  await expect.poll(() => nvidia.requests.length - before, WAIT).toBeGreaterThanOrEqual(asking)
}

describe('NVIDIA’s services', () => {
  test('are asked for both manifests, and about every certificate between leaves and roots', async () => {
    expect(await appraise()).toMatchObject({ codes: [], revocation: 'good', measurements: { mismatches: [] } })
    expect(nvidia.requests.filter((request) => request.startsWith('GET /v1/rim/')).sort()).toEqual(
      [...rims.keys()].map((id) => `GET /v1/rim/${id}`).sort()
    )
    // Boot ROM, provisioner and identity CA; the manifests’ signer and two CAs.
    expect(nvidia.requests.filter((request) => request.startsWith('POST'))).toHaveLength(6)
    expect(nvidia.headers.find((headers) => headers.authorization !== undefined)?.authorization).toBe('Bearer key')
  })

  test('are asked once for what many hosts want', async () => {
    await Promise.all([appraise(), appraise(), appraise()])
    await appraise()
    expect(nvidia.requests.filter((request) => request.startsWith('POST'))).toHaveLength(6)
  })

  test('are asked again every hour, by the timer alone, for manifests that are issued again', async () => {
    await appraise()
    const before = latest.rims
    elapse(HOUR)
    rims = rimsOf()
    await refreshed(2)
    await expect.poll(async () => (await appraise()) && latest.rims).toEqual(wants.rims.map((id) => rims.get(id)))
    expect(latest.rims).not.toEqual(before)
  })
})

describe('the answers', () => {
  test.each([
    ['revoked', 'OCSP_REVOKED'],
    ['hold', 'OCSP_HOLD'],
    ['unknown', 'OCSP_UNKNOWN']
  ] as const)('that say %s are passed on, for appraisal to judge', async (status, code) => {
    says = { ...says, statuses: { brom: status } }
    expect((await appraise()).codes).toEqual([code])
  })

  test('serve on in an outage, and count for the policy’s grace of 48 hours after the last good one', async () => {
    await appraise()
    nvidia.fail('ocsp', { status: 503 })
    elapse(23 * HOUR)
    expect((await appraise()).codes).toEqual([])
    elapse(2 * HOUR)
    expect((await appraise()).codes).toContain('OCSP_IN_GRACE')
    elapse(22 * HOUR)
    expect((await appraise()).codes).toContain('OCSP_IN_GRACE')
    elapse(2 * HOUR)
    expect((await appraise()).codes).toContain('OCSP_UNAVAILABLE')
    nvidia.mend()
    // Whatever failed before is asked again when its pause is over.
    await expect.poll(async () => elapse(10 * MINUTE) ?? (await appraise()).revocation, WAIT).toBe('good')
  }, 20_000)

  const useless: readonly (readonly [string, Partial<VirtualEndorsementOptions>])[] = [
    ['are of another nonce', { ocspNonce: NONCE }],
    ['are of no nonce', { ocspNonce: new Uint8Array(0) }],
    ['are stale', { ocspValid: { from: -7200, until: -3600 } }],
    ['are of the future', { ocspValid: { from: 3600, until: 7200 } }],
    ['are changed on the way', { ocspFaults: ['signature'] }],
    ['come from a responder that nobody named', { ocspFaults: ['responder-without-authority'] }]
  ]
  test.each(useless)('that %s are none, whatever they say', async (_, change) => {
    says = { ...says, ...change }
    expect(await refusal(appraise())).toBe('COLLATERAL_UNAVAILABLE')
  })

  test.each(useless)('that %s do not take the place of the last good one', async (_, change) => {
    await appraise()
    says = { ...says, ...change }
    elapse(2 * HOUR)
    await refreshed(6)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect((await appraise()).codes).toEqual([])
  })
})

describe('manifests', () => {
  test('that the service does not know are left out, and the device is refused for it', async () => {
    rims = new Map()
    expect((await appraise()).codes).toEqual(['RIM_MISSING'])
  })

  test('serve on for 48 hours in an outage, and no longer', async () => {
    await appraise()
    nvidia.fail('rim', { status: 500 })
    elapse(47 * HOUR)
    expect((await appraise()).measurements).toMatchObject({ mismatches: [] })
    elapse(2 * HOUR)
    expect(await refusal(appraise())).toBe('COLLATERAL_UNAVAILABLE')
  })

  const [id = ''] = wants.rims
  const rim =
    (changes: object): (() => NvidiaFault) =>
    () => ({ body: rimReply(id, rims.get(id)!, changes), times: 1 })
  const lies: readonly (readonly [string, () => NvidiaFault])[] = [
    ['not what its digest is of', rim({ sha256: '00'.repeat(32) })],
    ['under another name', rim({ id: 'NV_GPU_DRIVER_GH100_1.2' })],
    ['without one', rim({ rim: undefined })],
    ['not base64', rim({ rim: '<SoftwareIdentity/>' })],
    ['signed by somebody else', () => ({ body: rimReply(id, rimsOf(stranger).get(id)!), times: 1 })],
    ['no JSON', () => ({ body: encodeUtf8('<html>'), times: 1 })],
    ['too much', () => ({ body: new Uint8Array(2 << 20), times: 1 })]
  ]
  test.each(lies)('that are %s are refused, and serve nobody', async (_, fault) => {
    rims = new Map([[id, rims.get(id)!]])
    const lone = deviceEndorsementSource(services, policy.devices)
    nvidia.fail('rim', fault())
    expect(await refusal(lone({ rims: [id], certificates: [] }))).toBe('COLLATERAL_UNAVAILABLE')
  })
})

describe('a service', () => {
  const broken: readonly (readonly [NvidiaPart, string, NvidiaFault])[] = [
    ['rim', 'refuses everything', { status: 403 }],
    ['rim', 'hangs', { silent: true }],
    ['ocsp', 'refuses everything', { status: 403 }],
    ['ocsp', 'hangs', { silent: true }],
    ['ocsp', 'breaks every connection', { broken: true }],
    ['ocsp', 'says “try later”', { body: Uint8Array.of(0x30, 3, 0x0a, 1, 3) }]
  ]
  test.each(broken)(
    'of %s that %s makes the appraisal an error, so that no host is refused for it',
    async (part, _, fault) => {
      nvidia.fail(part, fault)
      const started = Date.now()
      expect(await refusal(appraise())).toBe('COLLATERAL_UNAVAILABLE')
      expect(Date.now() - started).toBeLessThan(20_000)
      const asked = nvidia.requests.length
      expect(await refusal(appraise())).toBe('COLLATERAL_UNAVAILABLE')
      expect(nvidia.requests.length).toBeLessThanOrEqual(asked + 4)
    }
  )

  test.each(broken)('of %s that %s is done without where the policy does', async (part, _, fault) => {
    nvidia.fail(part, fault)
    const lenient = policyWith(policy, { devices: LENIENT })
    expect((await appraise(lenient)).codes).toEqual([])
  })
})

describe('a CRL', () => {
  const crl = (revoked: readonly Uint8Array[], until = 24 * HOUR) =>
    createVirtualCrl(root.gh100Identity, revoked, { thisUpdate: NOW, nextUpdate: new Date(NOW.getTime() + until) })
  const PROVISIONER = wants.certificates.find(({ crl: own }) => own?.path === '/crl/gh100Identity.crl')!

  test('of each authority is asked for under the path that its certificates name', async () => {
    await appraise()
    const paths = nvidia.requests.filter((request) => request.startsWith('GET /crl/')).sort()
    expect(paths).toContain('GET /crl/deviceRoot.crl')
    expect(paths).toContain('GET /crl/gh100Identity.crl')
    expect(paths).toContain('GET /crl/rimRoot.crl')
  })

  test('stands in for an answer that nobody gives, of those that it covers', async () => {
    crls = new Map([['/crl/gh100Identity.crl', crl([])]])
    says = { ...says, statuses: { provisioner: 'missing' } }
    expect(await appraise()).toMatchObject({ codes: [], revocation: 'good' })
    elapse(25 * HOUR)
    expect((await appraise()).codes).toContain('OCSP_UNAVAILABLE')
  })

  test('that revokes outweighs an answer that says good', async () => {
    const serial = Uint8Array.from(Buffer.from(PROVISIONER.serialNumber, 'hex'))
    crls = new Map([['/crl/gh100Identity.crl', crl([serial])]])
    expect((await appraise()).codes).toEqual(['OCSP_REVOKED'])
  })

  test.each([
    [
      'of another authority',
      () => createVirtualCrl(root.rimRoot, [], { thisUpdate: NOW, nextUpdate: new Date(NOW.getTime() + HOUR) })
    ],
    ['that has lapsed', () => crl([], -HOUR)],
    ['that is none', () => encodeUtf8('CRL')]
  ])('%s stands in for nothing', async (_, make) => {
    crls = new Map([['/crl/gh100Identity.crl', make()]])
    says = { ...says, statuses: { provisioner: 'missing' } }
    expect((await appraise()).codes).toEqual(['OCSP_UNAVAILABLE'])
  })

  test('is not there for a single device, whose boot ROM only OCSP knows', () => {
    const [only, ...others] = wants.certificates.filter(({ crl: own }) => own === undefined)
    expect([only?.serialNumber.slice(0, 2), others]).toEqual(['41', []])
  })

  test('that cannot be had is done without', async () => {
    nvidia.fail('crl', { silent: true })
    expect((await appraise()).codes).toEqual([])
  })
})
