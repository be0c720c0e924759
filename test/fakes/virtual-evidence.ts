import { modelEventPayload } from '../../attestation/appraisal/model-event.ts'
import type { HostEvidence } from '../../attestation/appraise.ts'
import { type BundleFields, encodeBundle, parseBundle } from '../../attestation/bundle.ts'
import { ed25519PrivateKey, ed25519PublicBytes, sha256 } from '../../attestation/crypto.ts'
import { decodeUtf8, encodeUtf8 } from '../../attestation/encoding.ts'
import { parseEndorsements } from '../../attestation/endorsements.ts'
import { encodePolicy, type Policy, parsePolicy } from '../../attestation/policy.ts'
import {
  type Challenge,
  challengeNonce,
  encodeKeyset,
  type KeysetFields,
  reportData
} from '../../attestation/session/keyset.ts'
import { createVirtualCollateral, type VirtualCollateralOptions } from '../../attestation/virtual/collateral.ts'
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
  /** Applied to the finished bundle's members, after the quote was made over them. */
  readonly bundle?: Partial<BundleFields> | ((fields: BundleFields) => Partial<BundleFields>)
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
    collateralBytes: await createVirtualCollateral(root, changes.collateral ?? {}, NOW)
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
  const keysetFields = { ...KEYSET, ...changes.keyset }
  const keyset = encodeKeyset(keysetFields)
  const log = virtualEventLog({
    appId: sha256(encodeUtf8('app')).subarray(0, 20),
    composeHash: COMPOSE_HASH,
    model: modelEventPayload(keysetFields.model),
    instanceId: sha256(encodeUtf8('instance')).subarray(0, 20),
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
    devices: []
  }
}

function publicKey(name: string): Uint8Array {
  return ed25519PublicBytes(ed25519PrivateKey(sha256(encodeUtf8(name))))
}
