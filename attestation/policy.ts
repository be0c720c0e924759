import { type PolicyFields, policyShape } from './appraisal/policy-document.ts'
import { ShapeError } from './appraisal/shape.ts'
import { equalBytes, sha256 } from './crypto.ts'
import { decodeUtf8, encodeBase64 } from './encoding.ts'
import { AttestationError } from './errors.ts'
import { encodeJcs, type JsonValue } from './jcs.ts'
import { type DeviceAnchors, NVIDIA_DEVICE_ROOT, NVIDIA_RIM_ROOT } from './nvidia/anchors.ts'
import production from './policies/production.json' with { type: 'json' }
import tdxOnly from './policies/tdx-only.json' with { type: 'json' }
import virtual from './policies/virtual.json' with { type: 'json' }
import { INTEL_SGX_ROOT } from './tdx/anchors.ts'
import type { LogTrust } from './tlog/checkpoint.ts'
import { encodeVerifierKey, type NoteKey } from './tlog/note-key.ts'
import { parseCertificate } from './x509.ts'

export type { PolicyFields, ReferenceValues } from './appraisal/policy-document.ts'

const MAX_POLICY_BYTES = 1 << 18

declare const parsed: unique symbol

/** An appraisal policy (RFC 9334) that `parsePolicy` has accepted; appraisal takes nothing else. */
export interface Policy extends PolicyFields {
  readonly [parsed]: true
  /** SHA-256 of the document's RFC 8785 form. */
  readonly digest: Uint8Array
}

const parsedPolicies = new WeakSet<object>()

/** The published JSON schema (2020-12), which `policies/policy.schema.json` is; its rules are those that are read. */
export const POLICY_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Bombyx appraisal policy',
  ...policyShape.schema
} as const satisfies JsonValue

/** For hosts that run inference: refuses a host without device evidence and measurements that no release key signed. */
export const PRODUCTION_POLICY: Policy = acceptPolicy(production)

/** For a bare TDX quote, or a host judged by its TDX evidence alone: says nothing of devices or of what runs. */
export const TDX_ONLY_POLICY: Policy = acceptPolicy(tdxOnly)

/** The policies that go by a name wherever one is asked for. None of them accepts virtual evidence. */
export const NAMED_POLICIES: ReadonlyMap<string, Policy> = new Map(
  [PRODUCTION_POLICY, TDX_ONLY_POLICY].map((policy) => [policy.name, policy])
)

/**
 * Accepts the software TEE whose root certificates (DER) are given, and nothing else: of platforms, and of devices, which
 * it demands where there are roots of them; with a log's key, only attestations that are in that log. Refuses Intel's and
 * NVIDIA's roots.
 */
export function virtualPolicy(
  root: Uint8Array,
  { deviceRoots, rimRoots }: DeviceAnchors = NO_DEVICES,
  log: NoteKey | null = null
): Policy {
  return acceptPolicy({
    ...virtual,
    log: log === null ? virtual.log : virtualLogRules(log),
    anchor: { kind: 'virtual', root: encodeBase64(root) },
    devices: {
      ...virtual.devices,
      required: deviceRoots.length > 0,
      device_roots: deviceRoots.map(encodeBase64),
      rim_roots: rimRoots.map(encodeBase64)
    }
  })
}

/** A log puts the time to its checkpoint each minute at least; five let it restart. */
function virtualLogRules(key: NoteKey): JsonValue {
  return {
    kind: 'checkpoint',
    key: encodeVerifierKey(key),
    witnesses: [],
    minimum_witnesses: 0,
    maximum_checkpoint_age_seconds: 300
  }
}

/** Which log's signature the policy wants to see on a checkpoint; null where it wants none. */
export function logTrust({ log }: Policy): LogTrust | null {
  if (log.kind === 'none') return null
  const { key, witnesses, minimumWitnesses } = log
  return { origin: key.name, publicKey: key.publicKey, witnesses, minimumWitnesses }
}

const NO_DEVICES: DeviceAnchors = { deviceRoots: [], rimRoots: [] }

/**
 * Reads a policy document: JSON in UTF-8 with every field of the published schema (`policies/policy.schema.json`) and no
 * other, no member twice. Throws `POLICY_MALFORMED`.
 */
export function parsePolicy(bytes: Uint8Array): Policy {
  if (bytes.byteLength > MAX_POLICY_BYTES) throw malformed(`${bytes.byteLength} bytes, at most ${MAX_POLICY_BYTES}`)
  let source: string
  let document: JsonValue
  try {
    source = decodeUtf8(bytes)
    document = JSON.parse(source) as JsonValue
  } catch (cause) {
    throw malformed('not JSON in UTF-8', cause)
  }
  // JSON.parse keeps the last of two members of one name, where a person may have read the first.
  if (withoutWhiteSpace(source) !== JSON.stringify(document)) {
    throw malformed('a member occurs twice, or a text or number is not in its plainest form')
  }
  return acceptPolicy(document)
}

/** The RFC 8785 form of the document, which `digest` is of. */
export function encodePolicy(policy: Policy): Uint8Array {
  return encodeJcs(policyShape.write(policy))
}

/** Throws `TypeError` for an object that only looks like a policy: a copy with a field changed is not one. */
export function assertPolicy(policy: Policy): void {
  if (!parsedPolicies.has(policy)) throw new TypeError('a policy comes from parsePolicy')
}

function acceptPolicy(document: JsonValue): Policy {
  const fields = readFields(document)
  checkAnchor(fields)
  checkDeviceAnchors(fields)
  checkStatuses(fields)
  checkMasks(fields)
  checkWitnesses(fields)
  const policy = Object.freeze({ ...fields, digest: sha256(encodeJcs(document)) }) as Policy
  parsedPolicies.add(policy)
  return policy
}

function readFields(document: JsonValue): PolicyFields {
  try {
    return policyShape.read(document, '')
  } catch (cause) {
    if (!(cause instanceof ShapeError)) throw cause
    throw malformed(cause.message, cause)
  }
}

/**
 * Intel's kind is for Intel's root alone and the virtual kind for any other, so no document can pass a software root off
 * as Intel's. A policy for virtual evidence says so in its name, which every result carries.
 */
function checkAnchor({ anchor, name }: PolicyFields): void {
  const isIntel = equalBytes(anchor.root, INTEL_SGX_ROOT)
  checkRoot(anchor.root, 'anchor.root')
  if (anchor.kind === 'intel-sgx' && !isIntel)
    throw malformed("anchor.root: not Intel's SGX root, so not kind intel-sgx")
  if (anchor.kind === 'virtual' && isIntel) throw malformed("anchor.root: Intel's SGX root is not kind virtual")
  const isNamedVirtual = name === 'virtual' || name.startsWith('virtual-')
  if (isNamedVirtual !== (anchor.kind === 'virtual')) {
    throw malformed(
      'name: "virtual" or "virtual-…" belongs to a policy whose anchor is of kind virtual, and only to it'
    )
  }
}

/** Devices go with the platform: Intel's root with NVIDIA's, byte for byte, and a virtual root with any other. */
function checkDeviceAnchors({ anchor, devices }: PolicyFields): void {
  const fields = [
    ['devices.device_roots', devices.deviceRoots, NVIDIA_DEVICE_ROOT],
    ['devices.rim_roots', devices.rimRoots, NVIDIA_RIM_ROOT]
  ] as const
  for (const [field, roots, nvidia] of fields) {
    for (const root of roots) {
      checkRoot(root, field)
      if (equalBytes(root, nvidia) !== (anchor.kind === 'intel-sgx')) {
        throw malformed(`${field}: NVIDIA's root belongs to an anchor of kind intel-sgx, and only to it`)
      }
    }
  }
}

function checkRoot(root: Uint8Array, field: string): void {
  let isCa: boolean
  try {
    isCa = parseCertificate(root).isCa
  } catch (cause) {
    throw malformed(`${field}: not a certificate in DER`, cause)
  }
  if (!isCa) throw malformed(`${field}: not the certificate of an authority`)
}

function checkStatuses({ tcb }: PolicyFields): void {
  const both = tcb.acceptedStatuses.filter((status) => tcb.toleratedStatuses.includes(status))
  if (both.length > 0) throw malformed(`tcb: ${both.join(', ')} is both accepted and tolerated`)
}

function checkMasks({ td }: PolicyFields): void {
  for (const [field, { required, forbidden }] of [
    ['attributes', td.attributes],
    ['xfam', td.xfam]
  ] as const) {
    if (required.some((byte, index) => (byte & (forbidden[index] ?? 0)) !== 0)) {
      throw malformed(`td.${field}: a bit is both required and forbidden`)
    }
  }
  const forbidsSeptVeDisable = ((td.attributes.forbidden[3] ?? 0) & 0x10) !== 0
  if (td.septVeDisable === 'required' && forbidsSeptVeDisable) {
    throw malformed('td.sept_ve_disable: required, and forbidden by td.attributes')
  }
}

/** Counted as `verifyCheckpoint` counts them: once a public key, and never the log's own. */
function checkWitnesses({ log }: PolicyFields): void {
  if (log.kind === 'none') return
  const different = new Set(log.witnesses.map(({ publicKey }) => encodeBase64(publicKey)))
  if (different.has(encodeBase64(log.key.publicKey))) throw malformed("log.witnesses: the log's own key is no witness")
  if (different.size !== log.witnesses.length) throw malformed('log.witnesses: a key occurs twice')
  if (log.minimumWitnesses > different.size) throw malformed('log.minimum_witnesses: more than there are witnesses')
}

function withoutWhiteSpace(json: string): string {
  return json.replace(/("(?:[^"\\]|\\.)*")|[ \t\n\r]+/g, '$1')
}

function malformed(message: string, cause?: unknown): AttestationError {
  return new AttestationError('POLICY_MALFORMED', message, cause === undefined ? undefined : { cause })
}
