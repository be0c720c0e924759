import {
  constant,
  hex,
  integer,
  list,
  nullable,
  object,
  oneOf,
  type Read,
  text,
  union,
  unixTime
} from '../appraisal/shape.ts'

/** A leaf is 8 KiB at most; large things are digests of blobs. */
const MAX_ADVISORIES = 64
const MAX_DEVICES = 16
const MAX_SIGNATURES = 8

const kindOf = <const K extends string>(kind: K) => ({ kind: constant(kind), v: constant(1) })
const hostId = hex(16)
const digest = hex(32)
const count = integer(0, Number.MAX_SAFE_INTEGER)
/** One line that people read: no control characters. */
const line = (maxLength: number) => text('^[^\\p{Cc}\\p{Cs}]*$', maxLength)
const reasonCode = text('^[A-Z][A-Z0-9_]*$', 64)

const network = integer(-0x8000_0000, 0x7fff_ffff)
const uint32 = integer(0, 0xffff_ffff)

/** What was found of a host, and until when that holds. Evidence, collateral and policy are served by their digests. */
const attestation = object({
  ...kindOf('attestation'),
  host: hostId,
  evidenceDigest: digest,
  keysetDigest: digest,
  nonce: digest,
  /** The nonce's preimage; `network` 0 is no beacon. */
  challenge: object({ random: digest, network, seqno: uint32, rootHash: digest, genUtime: uint32 }),
  collateralDigest: digest,
  policyDigest: digest,
  result: object({
    status: oneOf(['affirming', 'warning', 'contraindicated']),
    tee: oneOf(['tdx', 'sgx', 'virtual', 'unverified']),
    /** Intel's word for it; null where nothing proves one. */
    tcbStatus: nullable(text('^[A-Za-z]+$', 48)),
    advisories: list(text('^[A-Z0-9-]+$', 32), MAX_ADVISORIES),
    devices: list(
      object({
        arch: oneOf(['HOPPER', 'BLACKWELL', 'LS10']),
        verification: text('^[a-z][a-z-]*$', 32),
        driverVersion: nullable(line(32)),
        vbiosVersion: nullable(line(32))
      }),
      MAX_DEVICES
    )
  }),
  appraisedAt: unixTime,
  expiresAt: unixTime
})

const policy = object({
  ...kindOf('policy'),
  policyDigest: digest,
  name: line(64),
  author: line(255),
  effectiveAt: unixTime
})

const REGISTERS = [
  'mr_td',
  'rtmr0',
  'rtmr1',
  'rtmr2',
  'rtmr3',
  'mr_seam',
  'mr_config_id',
  'mr_owner',
  'mr_owner_config',
  'mr_service_td'
] as const

export const releaseStatement = object({
  kind: constant('release'),
  /** Values that belong to one build; a register that is not named is not said. */
  registers: list(object({ name: oneOf(REGISTERS), value: hex(48) }), REGISTERS.length),
  digests: list(object({ name: oneOf(['compose_hash', 'model_weights']), value: digest }), 2),
  sourceRepository: line(255),
  sourceCommit: text('^(?:[0-9a-f]{40}|[0-9a-f]{64})$', 64),
  recipeDigest: digest
})

/** A measurement set that release keys vouch for, or the end of one. A client counts it only by the keys of its own policy. */
const referenceValue = object({
  ...kindOf('reference-value'),
  label: line(255),
  statement: union({
    release: releaseStatement,
    revocation: object({
      kind: constant('revocation'),
      /** The leaf hash of the release that no longer counts. */
      releaseLeaf: digest,
      reason: line(255)
    })
  }),
  signatures: list(object({ key: digest, signature: hex(64) }), MAX_SIGNATURES)
})

const quarantine = object({
  ...kindOf('quarantine'),
  host: hostId,
  change: union({
    imposed: object({ kind: constant('imposed'), reason: reasonCode, since: unixTime }),
    lifted: object({ kind: constant('lifted'), at: unixTime })
  })
})

/** One period's usage statements, as the RFC 6962 root over them and their sums; numbers below 2^53. */
const usage = object({
  ...kindOf('usage'),
  from: unixTime,
  to: unixTime,
  root: digest,
  count,
  totals: object({
    promptTokens: count,
    cachedTokens: count,
    completionTokens: count,
    reasoningTokens: count,
    durationMs: count,
    /** nanoTON. */
    price: count
  })
})

export interface AttestationLeaf extends Read<typeof attestation> {}
export interface PolicyLeaf extends Read<typeof policy> {}
export interface ReferenceValueLeaf extends Read<typeof referenceValue> {}
export interface QuarantineLeaf extends Read<typeof quarantine> {}
export interface UsageLeaf extends Read<typeof usage> {}

/** What the log is told, by kind. */
export type LogLeaf = AttestationLeaf | PolicyLeaf | ReferenceValueLeaf | QuarantineLeaf | UsageLeaf

type LeafShape = typeof attestation | typeof policy | typeof referenceValue | typeof quarantine | typeof usage

export const leafShape = union<LeafShape>({
  attestation,
  policy,
  'reference-value': referenceValue,
  quarantine,
  usage
})
