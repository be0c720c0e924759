import { ecPublicKey, equalBytes, type PublicKey, sha256, verifyEcdsa } from '../crypto.ts'
import { concatBytes } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { sameBytes } from '../x509.ts'
import type { AuthenticPlatform } from './platform.ts'
import type { TdxQuote } from './quote.ts'

const vouched = Symbol('vouched')

/**
 * An attestation key that a platform's Quoting Enclave vouched for. A Quoting Enclave signs quote after quote with one
 * key, so it can be kept like the platform. Only `verifyQeReport` makes one.
 */
export interface VouchedKey {
  readonly [vouched]: true
  /** What was said, and by whom: PCK (SubjectPublicKeyInfo), QE report, its signature, attestation key, auth data. */
  readonly report: readonly Uint8Array[]
}

/**
 * Checks that the platform's PCK signed the Quoting Enclave's report, and that the report names the attestation key:
 * its data is SHA-256(attestation key ‖ auth data) ‖ 32 zero bytes. It is not checked again where `kept` is of the same
 * PCK and all these bytes are the same.
 */
export function verifyQeReport(quote: TdxQuote, platform: AuthenticPlatform, kept?: VouchedKey): VouchedKey {
  const [leaf] = platform.chain
  const report = [leaf.spki, quote.qeReportBytes, quote.qeReportSignature, quote.attestationKey, quote.qeAuthData]
  if (kept !== undefined && areSame(kept.report, report)) return kept
  if (!verifyEcdsa('P-256', leaf.publicKey, quote.qeReportBytes, quote.qeReportSignature)) {
    throw new AttestationError('QE_REPORT_SIGNATURE_INVALID', 'QE report is not signed by the PCK')
  }
  const binding = concatBytes(sha256(quote.attestationKey, quote.qeAuthData), new Uint8Array(32))
  if (!equalBytes(quote.qeReport.reportData, binding)) {
    throw new AttestationError('AK_BINDING_INVALID', 'QE report does not name the attestation key')
  }
  // Copies: the quote's bytes are its sender's buffer, which may be written again.
  return { [vouched]: true, report: report.map((bytes) => bytes.slice()) }
}

function areSame(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.every((bytes, i) => sameBytes(bytes, b[i] ?? new Uint8Array(0)))
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
