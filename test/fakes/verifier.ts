import { type EvidenceBundle, parseBundle } from '../../attestation/bundle.ts'
import { sha256 } from '../../attestation/crypto.ts'
import { encodeHex, encodeUtf8 } from '../../attestation/encoding.ts'
import { type AppraisalResult, type DeviceClaims, encodeResult } from '../../attestation/result.ts'
import type { KeysetDevice } from '../../attestation/session/keyset.ts'
import type { Verdict } from '../../proto/gen/bombyx/v1/Verdict.ts'
import type { VerifierHandlers } from '../../proto/gen/bombyx/v1/Verifier.ts'
import { bombyxV1, packageDefinition } from '../../proto/load.ts'
import { ServiceError } from '../../services/runtime/errors.ts'
import { bindService, type GrpcServer, startGrpcServer, unary } from '../../services/runtime/grpc.ts'

/**
 * How a fake verifier answers from now on. `life` is of its verdicts, in seconds; `unproven`: no verified quote is over the
 * keyset.
 */
export type FakeAnswer =
  | { readonly kind: 'accept'; readonly status: 'AFFIRMING' | 'WARNING'; readonly life: number }
  | { readonly kind: 'refuse'; readonly unproven?: true }
  | { readonly kind: 'fail' }

export interface FakeVerifier extends AsyncDisposable {
  readonly authority: string
  answer: FakeAnswer
  /** The leaves that came with the latest appraisal. */
  readonly referenceValues: readonly Uint8Array[]
}

export const FAKE_COLLATERAL: Uint8Array = encodeUtf8('{"collateral":"of nobody"}')

export const FAKE_POLICY: Uint8Array = encodeUtf8('{"policy":"of nobody"}')

/** Affirms whatever parses and is over the nonce that the asker gave, until `answer` is set to something else. */
export async function startAcceptingVerifier(life = 3600): Promise<FakeVerifier> {
  return startFakeVerifier({ kind: 'accept', status: 'AFFIRMING', life })
}

/** Refuses all evidence. */
export async function startRefusingVerifier(): Promise<FakeVerifier> {
  return startFakeVerifier({ kind: 'refuse' })
}

async function startFakeVerifier(first: FakeAnswer): Promise<FakeVerifier> {
  const state = { answer: first, referenceValues: [] as readonly Uint8Array[] }
  const handlers: VerifierHandlers = {
    Appraise: unary((request) => {
      const bundle = parseBundle(request.bundle)
      state.referenceValues = request.referenceValues.map(({ leaf }) => leaf)
      const over = encodeHex(bundle.nonce) === encodeHex(request.expectedNonce)
      if (state.answer.kind === 'fail') throw new ServiceError('COLLATERAL_UNAVAILABLE', 'Intel does not answer')
      const verdict = verdictOf(over ? state.answer : { kind: 'refuse', unproven: true }, bundle)
      return { verdict, collateral: FAKE_COLLATERAL, policy: FAKE_POLICY }
    }),
    GetCollateral: unary(() => ({ collateral: FAKE_COLLATERAL })),
    GetKeys: unary(() => ({ jwks: '{"keys":[]}' }))
  }
  const services = [bindService<VerifierHandlers>(bombyxV1.Verifier.service, handlers)]
  const server: GrpcServer = await startGrpcServer({ listen: '127.0.0.1:0', services, reflection: packageDefinition })
  return {
    authority: server.authority,
    get referenceValues() {
      return state.referenceValues
    },
    get answer() {
      return state.answer
    },
    set answer(next) {
      state.answer = next
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]()
  }
}

function verdictOf(answer: FakeAnswer, bundle: EvidenceBundle): Verdict {
  const now = Math.floor(Date.now() / 1000)
  const good = answer.kind === 'accept'
  return {
    status: good ? answer.status : 'CONTRAINDICATED',
    tee: 'virtual',
    tcbStatus: good ? 'UpToDate' : 'Revoked',
    appraisedAt: now,
    notAfter: good ? now + answer.life : now,
    result: encodeResult(refusalOf(bundle, answer.kind === 'refuse' && answer.unproven === true)),
    token: 'fake',
    trusted: good
  }
}

/** A result whose workload and devices alone matter: those that the keyset names, under the digests of their certificates. */
function refusalOf({ keyset, nonce, digest }: EvidenceBundle, unproven: boolean): AppraisalResult {
  const { subject, epoch, model, notAfter } = keyset
  return {
    v: 1,
    status: 'contraindicated',
    tee: unproven ? 'unverified' : 'virtual',
    colocation: 'no-devices',
    appraisedAt: new Date(0),
    notAfter: new Date(0),
    policy: { name: 'fake', digest: sha256(FAKE_POLICY) },
    nonce,
    bundleDigest: digest,
    collateralDigest: sha256(FAKE_COLLATERAL),
    platform: null,
    workload: unproven
      ? null
      : {
          subject,
          epoch,
          keysetDigest: keyset.digest,
          keysetNotAfter: new Date(notAfter * 1000),
          beaconNetwork: 0,
          model,
          appId: null,
          composeHash: null,
          instanceId: null
        },
    devices: keyset.gpus.map(deviceOf),
    findings: []
  }
}

function deviceOf({ certificateSha256 }: KeysetDevice): DeviceClaims {
  return {
    ...{
      arch: 'HOPPER',
      verification: 'verified',
      chip: null,
      pdi: null,
      identity: certificateSha256,
      certificateSha256
    },
    ...{ driverVersion: null, vbiosVersion: null, reportSignature: 'valid', certificateChain: 'valid', nonce: 'match' },
    ...{ fwid: 'match', feature: null, revocation: 'good', measurements: null }
  }
}
