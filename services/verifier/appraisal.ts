import { authenticateKeptPlatform } from '../../attestation/appraisal/kept-quotes.ts'
import { appraiseBundle } from '../../attestation/appraise.ts'
import { type EvidenceBundle, parseBundle } from '../../attestation/bundle.ts'
import { sha256Hex } from '../../attestation/crypto.ts'
import { encodeUtf8 } from '../../attestation/encoding.ts'
import {
  type Endorsements,
  encodeEndorsements,
  parseEndorsements,
  tdxEndorsements
} from '../../attestation/endorsements.ts'
import { AttestationError } from '../../attestation/errors.ts'
import { keepByDigest } from '../../attestation/kept.ts'
import type { Policy } from '../../attestation/policy.ts'
import { countReleases, type ReferenceValueEvidence } from '../../attestation/releases.ts'
import { readSecondOpinion } from '../../attestation/remote-opinion.ts'
import { type AppraisalResult, encodeResult } from '../../attestation/result.ts'
import { type ResultTokenSigner, signResultToken } from '../../attestation/result-token.ts'
import { gpuNonce } from '../../attestation/session/keyset.ts'
import { encodeTdxCollateral, type TdxCollateral } from '../../attestation/tdx/collateral.ts'
import type { TdxQuote } from '../../attestation/tdx/quote.ts'
import { ServiceError } from '../runtime/errors.ts'
import {
  type DeviceEndorsementSource,
  type DeviceEndorsements,
  type DeviceWants,
  deviceWants,
  NO_ENDORSEMENTS
} from './device-endorsements.ts'
import type { GivenOpinion, OpinionWants } from './nras-service.ts'
import type { PlatformFamily } from './platform-family.ts'

/** What the network says of a host's evidence. */
export interface Verdict {
  readonly result: AppraisalResult
  /** Whether the policy trusts such a host. */
  readonly trusted: boolean
  /** JCS. */
  readonly resultBytes: Uint8Array
  /** The result signed by this verifier. */
  readonly token: string
  /** The document that the appraisal used; empty where the evidence was refused before it took any. */
  readonly collateral: Uint8Array
}

/** What is to be had from Intel and NVIDIA before evidence can be appraised. */
export interface Certified {
  readonly family: PlatformFamily
  readonly devices: DeviceWants
  /** What NVIDIA's remote service is to be asked; undefined where the policy does not want its opinion. */
  readonly opinion: OpinionWants | undefined
}

/** The computation of an appraisal, in two steps: collateral is had between them. Threads stand behind it. */
export interface AppraisalWork {
  /** Whose collateral the bundle wants; undefined where the policy's root vouches for none. */
  readonly certify: (bundle: Uint8Array) => Promise<Certified | undefined>
  readonly appraise: (task: AppraisalTask) => Promise<Verdict>
}

export interface AppraisalTask {
  readonly bundle: Uint8Array
  readonly nonce: Uint8Array
  /** Absent: evidence that is refused before it takes any. */
  readonly collateral: TdxCollateral | undefined
  readonly devices: DeviceEndorsements
  readonly opinion: GivenOpinion | undefined
  readonly referenceValues: readonly ReferenceValueEvidence[]
  readonly now: Date
}

/** What somebody wants appraised. */
export interface AppraisalWish {
  readonly bundle: Uint8Array
  /** The nonce that the asker gave out. */
  readonly nonce: Uint8Array
  /** What the asker knows of; those count that the policy's rules count. */
  readonly referenceValues: readonly ReferenceValueEvidence[]
}

export interface AppraisalContext {
  readonly now: () => Date
  readonly work: AppraisalWork
  readonly getCollateral: (family: PlatformFamily) => Promise<TdxCollateral>
  readonly getDeviceEndorsements: DeviceEndorsementSource
  /** Undefined: nobody is there to be asked, and appraisal refuses for it. */
  readonly getOpinion: (wants: OpinionWants) => Promise<GivenOpinion | undefined>
}

/**
 * Appraises an evidence bundle that answers to `nonce`. Throws for evidence that cannot be read and for collateral that
 * cannot be had; evidence that the policy refuses gets a verdict like any other.
 */
export async function appraiseEvidence(
  wish: AppraisalWish,
  { now, work, getCollateral, getDeviceEndorsements, getOpinion }: AppraisalContext
): Promise<Verdict> {
  const { bundle, nonce } = wish
  if (nonce.byteLength !== 32) throw new ServiceError('ARGUMENT_INVALID', 'a nonce is 32 bytes')
  const certified = await work.certify(bundle)
  if (certified === undefined) {
    const none = { collateral: undefined, devices: NO_ENDORSEMENTS, opinion: undefined }
    return work.appraise({ ...wish, ...none, now: now() })
  }
  const [collateral, devices, opinion] = await Promise.all([
    getCollateral(certified.family),
    getDeviceEndorsements(certified.devices),
    certified.opinion && getOpinion(certified.opinion)
  ])
  return work.appraise({ ...wish, collateral, devices, opinion, now: now() })
}

/** The work under one policy, on the caller's own thread. */
export function appraiseUnder(policy: Policy, signer: ResultTokenSigner): AppraisalWork {
  return {
    certify: async (bytes) => {
      const bundle = readBundle(bytes)
      const family = certifiedFamily(bundle.quote, policy)
      const devices = deviceWants(bundle.devices, policy.devices.deviceRoots)
      return family && { family, devices, opinion: opinionWants(bundle, policy) }
    },
    appraise: async ({ bundle: bytes, nonce, collateral = NONE, devices, opinion, referenceValues, now }) => {
      const { document, endorsements } = endorsementsOf(collateral, devices, opinion)
      const bundle = readBundle(bytes)
      const second = opinion && (await readSecondOpinion(bundle, endorsements, opinion.from, now))
      const challenge = { kind: 'expected', nonce } as const
      const releases = countReleases(referenceValues, policy, now)
      // The leaf is written after this: a host is put into the log because it was appraised.
      const given = { bundle, endorsements, challenge, releases, inclusion: 'apart' } as const
      const evidence = { ...given, ...(second ? { secondOpinion: second } : {}) }
      const { kind, result } = appraiseBundle(evidence, policy, now)
      return {
        result,
        trusted: kind === 'trusted',
        resultBytes: encodeResult(result),
        token: await signResultToken(result, signer),
        collateral: document
      }
    }
  }
}

/** Those that wait for their collateral between the two steps. */
const MOST_BUNDLES = 16
const keepBundle = keepByDigest<EvidenceBundle>(MOST_BUNDLES)

function readBundle(bytes: Uint8Array): EvidenceBundle {
  return keepBundle(sha256Hex(bytes), () => parseBundle(bytes))
}

interface ReadDocument {
  readonly document: Uint8Array
  readonly endorsements: Endorsements
}

/** Hosts of one family have their endorsements in common. */
const MOST_DOCUMENTS = 32
const keepDocument = keepByDigest<ReadDocument>(MOST_DOCUMENTS)

/** What a client appraises with in its turn, read as a client reads it. */
function endorsementsOf(
  collateral: TdxCollateral,
  devices: DeviceEndorsements,
  opinion: GivenOpinion | undefined
): ReadDocument {
  if (collateral === NONE) return { document: new Uint8Array(0), endorsements: tdxEndorsements(NONE) }
  const parts = [...Object.values(collateral), ...devices.rims, ...devices.ocsp, ...devices.crls].map(partDigest)
  const make = (): ReadDocument => {
    const document = encodeDocument(collateral, devices, opinion?.eats ?? [])
    return { document, endorsements: parseEndorsements(document) }
  }
  // An opinion is on one nonce: no other host's document has it.
  if (opinion !== undefined) return make()
  return keepDocument(`${devices.rims.length} ${devices.ocsp.length} ${parts.join()}`, make)
}

function partDigest(part: string | Uint8Array): string {
  return sha256Hex(typeof part === 'string' ? encodeUtf8(part) : part)
}

/** Without devices, the collateral document alone. */
function encodeDocument(
  tdx: TdxCollateral,
  { rims, ocsp, crls }: DeviceEndorsements,
  nras: readonly string[]
): Uint8Array {
  return [rims, ocsp, crls, nras].every(({ length }) => length === 0)
    ? encodeTdxCollateral(tdx)
    : encodeEndorsements({ tdx, rims, ocsp, crls, nras })
}

/** The service is asked about devices that the policy's roots vouch for, all of them or none: what else comes is refused here. */
function opinionWants(
  { devices, keyset, nonce }: EvidenceBundle,
  { devices: rules }: Policy
): OpinionWants | undefined {
  if (rules.remoteAttestation === 'off' || devices.length === 0) return undefined
  const isKnown = devices.every((device) => deviceWants([device], rules.deviceRoots).certificates.length > 0)
  return isKnown ? { nonce: gpuNonce(keyset.digest, nonce), devices } : undefined
}

/** What appraisal refuses by, before it looks at collateral, does not get any. */
const NONE: TdxCollateral = {
  tcbInfo: '',
  tcbInfoSignature: new Uint8Array(0),
  tcbInfoIssuerChain: '',
  qeIdentity: '',
  qeIdentitySignature: new Uint8Array(0),
  qeIdentityIssuerChain: '',
  pckCrl: new Uint8Array(0),
  rootCaCrl: new Uint8Array(0),
  pckCrlIssuerChain: ''
}

/** A family is only the sender's word until the policy's root vouches for it, and nobody is asked for collateral on that. */
function certifiedFamily({ pckChainPem }: TdxQuote, { anchor }: Policy): PlatformFamily | undefined {
  const anchors = { intelSgxRoots: [anchor.root], dangerouslyAcceptCollateralSecondsPastNextUpdate: 0 }
  try {
    return authenticateKeptPlatform(pckChainPem, anchors).pck
  } catch (error) {
    if (error instanceof AttestationError && error.kind === 'refused') return undefined
    throw error
  }
}
