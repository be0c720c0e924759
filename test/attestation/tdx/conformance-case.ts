import { encodeBase64, encodeHex } from '../../../attestation/encoding.ts'
import { encodePem } from '../../../attestation/pem.ts'
import { type ConformanceResult, verifyAttestationTdx } from '../../../attestation/tdx/conformance.ts'
import { virtualKnob } from '../../../attestation/virtual/knobs.ts'
import { createVirtualPlatform } from '../../../attestation/virtual/platform.ts'
import { quoteVirtual } from '../../../attestation/virtual/quote.ts'
import type { VirtualRoot } from '../../../attestation/virtual/root.ts'
import { createEvidence, type MadeEvidence, NOW } from './evidence.ts'

/** A case of the conformance suite; `undefined` members are left out of the JSON. */
export interface ConformanceCase {
  readonly schema_version: unknown
  readonly quote_b64: unknown
  readonly collateral: Readonly<Record<string, unknown>>
  readonly expiration_check_date_unix: unknown
  readonly execution_mode?: unknown
  readonly policy?: Readonly<Record<string, unknown>>
}

interface Answer {
  readonly exitCode: number
  readonly accepted: boolean
  readonly code: string | undefined
  readonly outputs: Readonly<Record<string, unknown>>
}

export function caseOf({ quoteBytes, collateral }: Omit<MadeEvidence, 'quote'>, root: VirtualRoot): ConformanceCase {
  const answer = (member: string, text: string, signature: Uint8Array) =>
    `{"${member}":${text},"signature":"${encodeHex(signature)}"}`
  return {
    schema_version: '1',
    quote_b64: encodeBase64(quoteBytes),
    collateral: {
      tcb_info_json: answer('tcbInfo', collateral.tcbInfo, collateral.tcbInfoSignature),
      qe_identity_json: answer('enclaveIdentity', collateral.qeIdentity, collateral.qeIdentitySignature),
      pck_crl_der_b64: encodeBase64(collateral.pckCrl),
      root_crl_der_b64: encodeBase64(collateral.rootCaCrl),
      intel_root_ca_pem: encodePem([root.root.certificate]),
      tcb_info_issuer_chain_pem: collateral.tcbInfoIssuerChain,
      qe_identity_issuer_chain_pem: collateral.qeIdentityIssuerChain,
      pck_crl_issuer_chain_pem: collateral.pckCrlIssuerChain
    },
    expiration_check_date_unix: NOW.getTime() / 1000
  }
}

/** The case of a knob of the software TEE; its quote may not even parse. */
export async function caseWith(name: string, root: VirtualRoot): Promise<ConformanceCase> {
  const { platform = {}, collateral = {} } = virtualKnob(name)
  const quoteBytes = quoteVirtual(await createVirtualPlatform(root, platform, NOW), { reportData: new Uint8Array(64) })
  const withCollateral = await createEvidence(root, {}, collateral)
  return caseOf({ quoteBytes, collateral: withCollateral.collateral }, root)
}

export function answerTo(request: ConformanceCase): Answer {
  return answerOf(verifyAttestationTdx(JSON.stringify(request)))
}

export function answerOf({ exitCode, output }: ConformanceResult): Answer {
  const { stage, accepted, rejection, outputs } = JSON.parse(JSON.stringify(output))
  if (stage !== 'verify-attestation-tdx') throw new TypeError(`stage ${stage}`)
  return { exitCode, accepted, code: rejection?.code, outputs: outputs ?? {} }
}
