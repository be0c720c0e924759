import { ecPublicKey, equalBytes, type PublicKey, sha256, verifyEcdsa } from '../crypto.ts'
import { concatBytes } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import type { AuthenticPlatform } from './platform.ts'
import type { TdxQuote } from './quote.ts'

/**
 * Checks that the platform's PCK signed the Quoting Enclave's report, and that the report names the attestation key:
 * its data is SHA-256(attestation key ‖ auth data) ‖ 32 zero bytes.
 */
export function verifyQeReport(quote: TdxQuote, platform: AuthenticPlatform): void {
  const [leaf] = platform.chain
  if (!verifyEcdsa('P-256', leaf.publicKey, quote.qeReportBytes, quote.qeReportSignature)) {
    throw new AttestationError('QE_REPORT_SIGNATURE_INVALID', 'QE report is not signed by the PCK')
  }
  const binding = concatBytes(sha256(quote.attestationKey, quote.qeAuthData), new Uint8Array(32))
  if (!equalBytes(quote.qeReport.reportData, binding)) {
    throw new AttestationError('AK_BINDING_INVALID', 'QE report does not name the attestation key')
  }
}

/** Checks the attestation key's signature over everything before the signature data's length. */
export function verifyQuoteSignature(quote: TdxQuote): void {
  const key = readAttestationKey(quote.attestationKey)
  if (verifyEcdsa('P-256', key, quote.signedBytes, quote.signature)) return
  throw new AttestationError('QUOTE_SIGNATURE_INVALID', 'quote is not signed by its attestation key')
}

function readAttestationKey(point: Uint8Array): PublicKey {
  try {
    return ecPublicKey('P-256', point)
  } catch (cause) {
    throw new AttestationError('AK_MISMATCH', 'attestation key is not the P-256 point that the header calls it', {
      cause
    })
  }
}
