import { type GpuMode, gpuModeEventPayload } from '../../attestation/appraisal/gpu-mode-event.ts'
import { modelEventPayload } from '../../attestation/appraisal/model-event.ts'
import type { HostEvidence } from '../../attestation/appraise.ts'
import { type BundleFields, encodeBundle, parseBundle } from '../../attestation/bundle.ts'
import { ed25519PrivateKey, ed25519PublicBytes, sha256 } from '../../attestation/crypto.ts'
import { decodeUtf8, encodeUtf8 } from '../../attestation/encoding.ts'
import { encodeEndorsements, parseEndorsements } from '../../attestation/endorsements.ts'
import { decodePem } from '../../attestation/pem.ts'
import { encodePolicy, type Policy, parsePolicy } from '../../attestation/policy.ts'
import {
  type Challenge,
  challengeNonce,
  encodeKeyset,
  gpuNonce,
  type KeysetFields,
  reportData
} from '../../attestation/session/keyset.ts'
import { parseTdxCollateral } from '../../attestation/tdx/collateral.ts'
import { createVirtualCollateral, type VirtualCollateralOptions } from '../../attestation/virtual/collateral.ts'
import type { VirtualDevice } from '../../attestation/virtual/device.ts'
import {
  createVirtualDeviceEndorsements,
  type VirtualEndorsementOptions
} from '../../attestation/virtual/device-endorsements.ts'
import { virtualGpuMode } from '../../attestation/virtual/device-files.ts'
import { reportVirtualDevice } from '../../attestation/virtual/device-report.ts'
import type { VirtualDeviceRoot } from '../../attestation/virtual/device-root.ts'
import { type VirtualApp, virtualEventLog } from '../../attestation/virtual/event-log.ts'
import { createVirtualPlatform, type VirtualPlatformOptions } from '../../attestation/virtual/platform.ts'
import { quoteVirtual, type VirtualTd } from '../../attestation/virtual/quote.ts'
import { createVirtualRoot, generateVirtualRootKeys, type VirtualRoot } from '../../attestation/virtual/root.ts'

export const NOW = new Date('2026-11-20T12:00:00Z')
export const NOW_SECONDS = NOW.getTime() / 1000

/** What differs from the evidence of a good host that attested ten minutes ago. */
export interface EvidenceChanges {
  readonly platform?: Partial<VirtualPlatformOptions>
  readonly collateral?: Partial<VirtualCollateralOptions>
  readonly challenge?: Partial<Challenge>
  readonly keyset?: Partial<KeysetFields>
  readonly app?: Partial<VirtualApp>
  readonly td?: Partial<VirtualTd>
  readonly machine?: VirtualMachine
  /** Applied to the finished bundle's members, after the quote was made over them. */
  readonly bundle?: Partial<BundleFields> | ((fields: BundleFields) => Partial<BundleFields>)
}

/** A guest's devices, all in order but for what is changed. */
export interface VirtualMachine {
  readonly root: VirtualDeviceRoot
  readonly devices: readonly VirtualDevice[]
  readonly mode?: Partial<GpuMode>
  readonly endorsements?: Partial<VirtualEndorsementOptions>
}

export interface Evidence {
  readonly fields: BundleFields
  readonly bundleBytes: Uint8Array
  readonly collateralBytes: Uint8Array
}

const CHALLENGE: Challenge = {
  random: sha256(encodeUtf8('random')),
  network: 0,
  seqno: 0,
  rootHash: new Uint8Array(32),
  genUtime: 0
}

const KEYSET: KeysetFields = {
  epoch: sha256(encodeUtf8('epoch')).subarray(0, 16),
  subject: 'bombyx:host:000102030405060708090a0b0c0d0e0f',
  model: { id: 'Qwen/Qwen3-8B', engine: 'vllm', weights: sha256(encodeUtf8('weights')) },
  notAfter: NOW_SECONDS + 86_400 - 600,
  sessionKeys: [{ keyId: 's1', publicKey: publicKey('session') }],
  receiptKeys: [{ keyId: 'r1', publicKey: publicKey('receipt') }],
  gpus: [],
  switches: [],
  tlsKeys: []
}

export const COMPOSE_HASH = sha256(encodeUtf8('compose'))

/** A root of the software TEE that no other test has. */
export function createLabRoot(): Promise<VirtualRoot> {
  return createVirtualRoot(generateVirtualRootKeys(), NOW)
}

/** Evidence of a host under `root` that its virtual policy takes at `NOW`, apart from what is changed. */
export async function createEvidence(root: VirtualRoot, changes: EvidenceChanges = {}): Promise<Evidence> {
  const fields = await createFields(root, changes)
  const change = typeof changes.bundle === 'function' ? changes.bundle(fields) : changes.bundle
  const bundle = { ...fields, ...change }
  return {
    fields: bundle,
    bundleBytes: encodeBundle(bundle),
    collateralBytes: await createEndorsements(root, changes)
  }
}

/** The evidence as a client reads it. */
export function readEvidence({ bundleBytes, collateralBytes }: Evidence): HostEvidence {
  return {
    bundle: parseBundle(bundleBytes),
    endorsements: parseEndorsements(collateralBytes),
    challenge: { kind: 'any-fresh' }
  }
}

/** `policy` with some members put in place of others, section by section. */
export function policyWith(policy: Policy, changes: { readonly [section: string]: unknown }): Policy {
  const document = JSON.parse(decodeUtf8(encodePolicy(policy))) as { [section: string]: unknown }
  for (const [section, members] of Object.entries(changes)) {
    const isPart = typeof members === 'object' && members !== null && !('kind' in members)
    document[section] = isPart ? { ...(document[section] as object), ...members } : members
  }
  return parsePolicy(encodeUtf8(JSON.stringify(document)))
}

async function createFields(root: VirtualRoot, changes: EvidenceChanges): Promise<BundleFields> {
  const challenge = { ...CHALLENGE, ...changes.challenge }
  const devices = changes.machine?.devices ?? []
  const keysetFields = { ...KEYSET, ...namesOf(devices), ...changes.keyset }
  const keyset = encodeKeyset(keysetFields)
  const log = virtualEventLog({
    appId: sha256(encodeUtf8('app')).subarray(0, 20),
    composeHash: COMPOSE_HASH,
    model: modelEventPayload(keysetFields.model),
    instanceId: sha256(encodeUtf8('instance')).subarray(0, 20),
    ...(devices.length === 0
      ? {}
      : { gpuMode: gpuModeEventPayload({ ...virtualGpuMode(devices), ...changes.machine?.mode }) }),
    ...changes.app
  })
  const platform = await createVirtualPlatform(root, changes.platform ?? {}, NOW)
  const quote = quoteVirtual(platform, {
    reportData: reportData(sha256(keyset), challengeNonce(challenge)),
    rtmrs: log.rtmrs,
    ...changes.td
  })
  return {
    challenge,
    keyset,
    quote,
    eventLog: [
      { format: 'ccel', data: log.ccel },
      { format: 'dstack', data: log.dstack }
    ],
    devices: devices.map((device) => reportVirtualDevice(device, gpuNonce(sha256(keyset), challengeNonce(challenge))))
  }
}

async function createEndorsements(root: VirtualRoot, { collateral, machine }: EvidenceChanges): Promise<Uint8Array> {
  const tdx = await createVirtualCollateral(root, collateral ?? {}, NOW)
  if (machine === undefined) return tdx
  const { rims, ocsp } = createVirtualDeviceEndorsements(machine.root, machine.devices, machine.endorsements ?? {}, NOW)
  return encodeEndorsements({
    tdx: parseTdxCollateral(tdx),
    rims: rims.map(({ xml }) => xml),
    ocsp: ocsp.map(({ der }) => der),
    crls: [],
    nras: []
  })
}

/** How a keyset names devices. */
export function namesOf(devices: readonly VirtualDevice[]): Pick<KeysetFields, 'gpus' | 'switches'> {
  const named = devices.map(({ arch, chain }) => ({
    arch,
    certificateSha256: sha256(decodePem(chain)[0] ?? chainless())
  }))
  return { gpus: named.filter(({ arch }) => arch !== 'LS10'), switches: named.filter(({ arch }) => arch === 'LS10') }
}

function chainless(): never {
  throw new TypeError('a device has certificates')
}

function publicKey(name: string): Uint8Array {
  return ed25519PublicBytes(ed25519PrivateKey(sha256(encodeUtf8(name))))
}
