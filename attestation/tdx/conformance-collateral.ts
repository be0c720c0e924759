import { decodeHex } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { encodePem } from '../pem.ts'
import { parseCrl } from '../x509.ts'
import type { TdxCollateral } from './collateral.ts'
import type { ConformanceCollateral } from './conformance-request.ts'
import { parsePckChain } from './pck.ts'
import { parseQeIdentity } from './qe-identity.ts'
import type { TdxQuote } from './quote.ts'
import { signedMember } from './signed-member.ts'
import { parseTcbInfo } from './tcb-info.ts'
import { intelTcbSigningChain } from './tcb-signing.ts'

/**
 * A case's collateral as the verifier takes it. A chain that the case lacks is made of what is at hand: the quote's
 * own PCK CA for the PCK CRL, and Intel's published TCB signing certificate for the JSON documents. Both are checked
 * like any other, so they never widen what is accepted.
 */
export function readConformanceCollateral(
  quote: TdxQuote,
  collateral: ConformanceCollateral,
  now: Date
): TdxCollateral {
  const signingChain = intelTcbSigningChain(collateral.root, now)
  return {
    tcbInfo: signedMember(collateral.tcbInfoJson, 'tcbInfo'),
    tcbInfoSignature: readSignature(collateral.tcbInfoJson),
    tcbInfoIssuerChain: collateral.tcbInfoIssuerChain ?? signingChain,
    qeIdentity: signedMember(collateral.qeIdentityJson, 'enclaveIdentity'),
    qeIdentitySignature: readSignature(collateral.qeIdentityJson),
    qeIdentityIssuerChain: collateral.qeIdentityIssuerChain ?? signingChain,
    pckCrl: collateral.pckCrl,
    rootCaCrl: collateral.rootCrl,
    pckCrlIssuerChain: collateral.pckCrlIssuerChain ?? pckCaChain(quote)
  }
}

/** Whether any part says that it should have been updated; unreadable counts as such. It is nobody's verdict. */
export function isConformanceCollateralExpired(collateral: ConformanceCollateral, now: Date): boolean {
  try {
    const dated = [
      parseTcbInfo(signedMember(collateral.tcbInfoJson, 'tcbInfo')),
      parseQeIdentity(signedMember(collateral.qeIdentityJson, 'enclaveIdentity')),
      parseCrl(collateral.pckCrl),
      parseCrl(collateral.rootCrl)
    ]
    return dated.some(({ nextUpdate }) => now > nextUpdate)
  } catch (error) {
    if (error instanceof AttestationError) return true
    throw error
  }
}

function readSignature(json: string): Uint8Array {
  const [, hex] = /^"([0-9a-fA-F]*)"$/.exec(signedMember(json, 'signature')) ?? []
  if (hex === undefined) throw new AttestationError('COLLATERAL_MALFORMED', 'signature is not hex')
  return decodeHex(hex)
}

function pckCaChain(quote: TdxQuote): string {
  return encodePem(
    parsePckChain(quote.pckChainPem)
      .slice(1)
      .map(({ der }) => der)
  )
}
