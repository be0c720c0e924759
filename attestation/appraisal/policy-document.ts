import type { TcbStatus } from '../tdx/status.ts'
import { encodeVerifierKey, type NoteKey, type NoteKeyType, parseVerifierKey } from '../tlog/note-key.ts'
import {
  base64,
  constant,
  flag,
  hex,
  integer,
  list,
  object,
  oneOf,
  type Read,
  type Shape,
  ShapeError,
  text,
  union,
  wordOr
} from './shape.ts'

const DAY = 86_400

/** The TCB statuses that a policy can name. `Revoked` is not among them: nothing makes a revoked platform good. */
export const NAMEABLE_STATUSES = [
  'UpToDate',
  'SWHardeningNeeded',
  'ConfigurationNeeded',
  'ConfigurationAndSWHardeningNeeded',
  'OutOfDate',
  'OutOfDateConfigurationNeeded',
  'TDRelaunchAdvised',
  'TDRelaunchAdvisedConfigurationNeeded',
  'NotSupported'
] as const satisfies readonly TcbStatus[]

/** Accepts any value, only values that a release key signed in the log, or only the values listed (none: nothing). */
const referenceValues = (length: number) => wordOr(['any', 'released'], list(hex(length), 256))
const statuses = list(oneOf(NAMEABLE_STATUSES), NAMEABLE_STATUSES.length)
/** Bits that must be set, and bits that must be clear, in the bytes' order of the quote (little-endian). */
const mask = object({ required: hex(8), forbidden: hex(8) })
const version = text('^[0-9A-F]+(\\.[0-9A-F]+)*$', 32)

/** Root certificates in DER; none: nothing is trusted. */
const roots = list(base64(8192), 4)

const devices = object({
  required: flag,
  deviceRoots: roots,
  rimRoots: roots,
  architectures: list(
    object({ arch: oneOf(['HOPPER', 'BLACKWELL', 'LS10']), minimumDriver: version, minimumVbios: version }),
    8
  ),
  topology: oneOf(['any', 'single', 'ppcie']),
  fwid: oneOf(['required', 'required-from-driver-550']),
  rim: object({ required: flag, acceptExpiredCertificate: flag }),
  ocsp: object({
    required: flag,
    acceptUnknown: flag,
    acceptCertificateHold: flag,
    graceAfterLastGoodSeconds: integer(0, 7 * DAY)
  }),
  remoteAttestation: oneOf(['off', 'required'])
})

/** A key as C2SP signed-note writes it: `<name>+<key id>+<key>`. */
function verifierKey(type: NoteKeyType): Shape<NoteKey> {
  const line = text('^[^\\s+]+\\+[0-9a-f]{8}\\+[A-Za-z0-9+/=]+$', 512)
  return {
    schema: line.schema,
    read(value, at) {
      const key = readVerifierKey(line.read(value, at), at)
      if (key.type !== type) throw new ShapeError(at, `a verifier key of type ${type} wanted`)
      return key
    },
    write: encodeVerifierKey
  }
}

function readVerifierKey(line: string, at: string): NoteKey {
  try {
    return Object.freeze(parseVerifierKey(line))
  } catch (cause) {
    throw new ShapeError(at, 'a C2SP verifier key wanted', { cause })
  }
}

const log = union({
  none: object({ kind: constant('none') }),
  checkpoint: object({
    kind: constant('checkpoint'),
    /** The log signs under its origin as the key's name. */
    key: verifierKey('ed25519'),
    witnesses: list(verifierKey('cosignature'), 16),
    minimumWitnesses: integer(0, 16),
    maximumCheckpointAgeSeconds: integer(1, 30 * DAY)
  })
})

/** Every field of a policy document, in the order it is published. */
export const policyShape = object({
  v: constant(1),
  name: text('^[a-z0-9][a-z0-9.-]*$', 64),
  description: text('^[^\\u0000-\\u001f]+$', 1024),
  anchor: object({ kind: oneOf(['intel-sgx', 'virtual']), root: base64(8192) }),
  trustedFrom: oneOf(['affirming', 'warning']),
  tcb: object({
    acceptedStatuses: statuses,
    toleratedStatuses: statuses,
    allowedAdvisories: wordOr(['any'], list(text('^[A-Z0-9-]+$', 64), 256)),
    minimumEvaluationDataNumber: integer(0, 0xffff_ffff),
    graceAfterTcbDateSeconds: integer(0, 1000 * DAY),
    graceAfterNextUpdateSeconds: integer(0, 30 * DAY)
  }),
  td: object({ attributes: mask, xfam: mask, septVeDisable: oneOf(['required', 'any']) }),
  referenceValues: object({
    mrTd: referenceValues(48),
    rtmr0: referenceValues(48),
    rtmr1: referenceValues(48),
    rtmr2: referenceValues(48),
    rtmr3: referenceValues(48),
    mrSeam: referenceValues(48),
    mrConfigId: referenceValues(48),
    mrOwner: referenceValues(48),
    mrOwnerConfig: referenceValues(48),
    mrServiceTd: referenceValues(48),
    composeHash: referenceValues(32),
    modelWeights: referenceValues(32)
  }),
  releases: object({ keys: list(hex(32), 64), delaySeconds: integer(0, 365 * DAY) }),
  devices,
  log,
  freshness: object({
    maximumAgeSeconds: integer(1, DAY),
    clockSkewSeconds: integer(0, 300),
    networks: list(integer(-0x8000_0000, 0x7fff_ffff), 16)
  })
})

/** `any`, `released`, or the values accepted. */
export type ReferenceValues = 'any' | 'released' | readonly Uint8Array[]

/** The members of a policy document, in camelCase. */
export interface PolicyFields extends Read<typeof policyShape> {}
