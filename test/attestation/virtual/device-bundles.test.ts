import { beforeAll, describe, expect, test } from 'vitest'
import { appraiseBundle } from '../../../attestation/appraise.ts'
import { type Policy, PRODUCTION_POLICY, virtualPolicy } from '../../../attestation/policy.ts'
import { createVirtualDevice, type VirtualDevice } from '../../../attestation/virtual/device.ts'
import { VIRTUAL_DEVICE_KNOBS } from '../../../attestation/virtual/device-knobs.ts'
import { createVirtualDeviceRoot, generateVirtualDeviceRootKeys } from '../../../attestation/virtual/device-root.ts'
import { createVirtualPpcie } from '../../../attestation/virtual/ppcie.ts'
import type { VirtualRoot } from '../../../attestation/virtual/root.ts'
import {
  createEvidence,
  createLabRoot,
  type EvidenceChanges,
  NOW,
  namesOf,
  readEvidence,
  type VirtualMachine
} from '../../fakes/virtual-evidence.ts'

const root = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
const hopper = createVirtualDevice(root, { arch: 'HOPPER' }, NOW)
const machine = createVirtualPpcie(root, NOW)
let platformRoot: VirtualRoot
let policy: Policy

beforeAll(async () => {
  platformRoot = await createLabRoot()
  const anchors = { deviceRoots: [root.deviceRoot.certificate], rimRoots: [root.rimRoot.certificate] }
  policy = virtualPolicy(platformRoot.root.certificate, anchors)
})

async function appraise(changes: EvidenceChanges, under: Policy = policy) {
  return appraiseBundle(readEvidence(await createEvidence(platformRoot, changes)), under, NOW)
}

async function codesOf(changes: EvidenceChanges): Promise<readonly string[]> {
  const { kind, result } = await appraise(changes)
  expect(kind).toBe(result.findings.length === 0 ? 'trusted' : 'refused')
  return [...new Set(result.findings.map(({ code }) => code))]
}

const withDevices = (devices: readonly VirtualDevice[], more: Partial<VirtualMachine> = {}): VirtualMachine => ({
  root,
  devices,
  ...more
})

describe('a policy that demands devices', () => {
  test.each([
    ['one Hopper GPU', [hopper]],
    ['one Blackwell GPU', [createVirtualDevice(root, { arch: 'BLACKWELL' }, NOW)]],
    ['8 GPUs and 4 switches', machine]
  ])('trusts a guest with %s, and says of each what was proven', async (_, devices) => {
    const { kind, result } = await appraise({ machine: withDevices(devices) })
    expect([kind, result.status, result.tee]).toEqual(['trusted', 'affirming', 'virtual'])
    expect(
      result.devices?.map(({ arch, verification, nonce, revocation, measurements }) => [
        arch,
        verification,
        nonce,
        revocation,
        measurements?.mismatches.length
      ])
    ).toEqual(devices.map(({ arch }) => [arch, 'verified', 'match', 'good', 0]))
  })

  test('refuses a guest without', async () => {
    expect(await codesOf({})).toEqual(['DEVICE_EVIDENCE_MISSING'])
  })

  test('refuses one that did not measure the mode of its GPUs', async () => {
    const { gpuMode: _, ...app } = { gpuMode: undefined }
    const changes = { machine: withDevices([hopper]), app: { ...app, gpuMode: new Uint8Array(0) } }
    expect(await codesOf(changes)).toEqual(['EVENT_UNREADABLE'])
  })
})

describe('a real report in another host’s bundle', () => {
  const other = createVirtualDevice(root, { arch: 'HOPPER' }, NOW)

  test('is refused because the quote does not name it', async () => {
    const mine = await createEvidence(platformRoot, { machine: withDevices([other]) })
    const stolen = { machine: withDevices([hopper]), bundle: { devices: mine.fields.devices } }
    expect(await codesOf(stolen)).toEqual(
      expect.arrayContaining(['NONCE_MISMATCH', 'DEVICE_NOT_IN_KEYSET', 'DEVICE_NOT_IN_EVIDENCE'])
    )
  })

  test('is refused by its nonce even where the keyset names it', async () => {
    const theirs = await createEvidence(platformRoot, { machine: withDevices([other]) })
    const stolen = {
      machine: withDevices([hopper], { devices: [other] }),
      keyset: { ...namesOf([other]), subject: `bombyx:host:${'ff'.repeat(16)}` },
      bundle: { devices: theirs.fields.devices }
    }
    expect(await codesOf(stolen)).toEqual(['NONCE_MISMATCH'])
  })
})

describe('through the whole appraisal, a client refuses', () => {
  const single = Object.entries(VIRTUAL_DEVICE_KNOBS).filter(([, { machine: change }]) => change === undefined)

  test.each(single)('%s', async (_, { device, endorsements = {}, mode = {}, fault }) => {
    const changed = createVirtualDevice(root, { arch: 'HOPPER', ...device }, NOW)
    const { result } = await appraise({ machine: withDevices([changed], { endorsements, mode }) })
    const found = result.findings.map(({ code }) => code)
    expect(found).toContain(fault)
    expect(result.status).toBe(fault === 'OCSP_IN_GRACE' ? 'warning' : 'contraindicated')
  })

  test.each(Object.entries(VIRTUAL_DEVICE_KNOBS).filter(([, knob]) => knob.machine))(
    'a machine with a %s',
    async (_, { machine: change, fault }) => {
      const devices = change?.(machine, createVirtualPpcie(root, NOW)[0] as VirtualDevice) ?? []
      expect(await codesOf({ machine: withDevices(devices) })).toContain(fault)
    }
  )

  test('every virtual device under a policy for real hardware', async () => {
    const { kind, result } = await appraise({ machine: withDevices([hopper]) }, PRODUCTION_POLICY)
    expect([kind, result.tee]).toEqual(['refused', 'unverified'])
  })
})
