import { sha256 } from './crypto.ts'
import { encodeHex } from './encoding.ts'
import { AttestationError, type AttestationErrorCode } from './errors.ts'
import { type Certificate, type Crl, sameBytes } from './x509.ts'
import { BASIC_CONSTRAINTS, KEY_USAGE } from './x509-extensions.ts'

/** Which code a chain's refusals carry: the caller knows what the chain was for. */
export interface ChainCodes {
  readonly invalid: AttestationErrorCode
  readonly incomplete: AttestationErrorCode
  readonly untrusted: AttestationErrorCode
}

/** What this code acts on, or what does not widen whom a chain speaks for; any other critical extension refuses. */
const UNDERSTOOD: ReadonlySet<string> = new Set([KEY_USAGE, BASIC_CONSTRAINTS, '2.5.29.14', '2.5.29.35'])

/**
 * Checks a chain, leaf first, up to one of `anchors`, and returns that anchor: each name, signature, CA flag, path
 * length and key usage; no critical extension that is neither understood here nor by the caller, who names those that it
 * acts on. The last certificate must be an anchor, or a certificate that an anchor's key made for itself. Dates are
 * `checkValidity`'s.
 */
export function verifyChain(
  chain: readonly Certificate[],
  anchors: readonly Certificate[],
  codes: ChainCodes,
  understood: readonly string[] = []
): Certificate {
  const root = chain.at(-1)
  if (root === undefined || chain.length < 2) {
    throw new AttestationError(codes.incomplete, `a chain of ${chain.length} certificates`)
  }
  const anchor = findAnchor(root, anchors)
  if (anchor === undefined) {
    const fingerprint = encodeHex(sha256(root.der))
    throw new AttestationError(
      codes.untrusted,
      `root ${root.subject.commonName} (SHA-256 ${fingerprint}) is not trusted`
    )
  }
  const issuers = [...chain.slice(1, -1), anchor]
  issuers.forEach((issuer, index) => {
    const certificate = chain[index]
    const fault = certificate === undefined ? 'absent' : faultOf(certificate, issuer, index, understood)
    if (fault === undefined) return
    throw new AttestationError(codes.invalid, `${certificate?.subject.commonName}: ${fault}`)
  })
  return anchor
}

/** Refuses a certificate before its notBefore or after its notAfter. */
export function checkValidity(chain: readonly Certificate[], now: Date, code: AttestationErrorCode): void {
  const time = now.getTime()
  for (const { subject, notBefore, notAfter } of chain) {
    const isIn = time >= notBefore.getTime() && time <= notAfter.getTime()
    if (isIn) continue
    const reason = time < notBefore.getTime() ? `begins ${notBefore.toISOString()}` : `ended ${notAfter.toISOString()}`
    throw new AttestationError(code, `${subject.commonName} ${reason}`)
  }
}

/** Refuses a CRL that is not `issuer`'s own: by name, key usage and signature. */
export function verifyCrl(crl: Crl, issuer: Certificate, code: AttestationErrorCode): void {
  if (!sameBytes(crl.issuer.raw, issuer.subject.raw)) {
    throw new AttestationError(code, `CRL of ${crl.issuer.commonName}, ${issuer.subject.commonName} wanted`)
  }
  if (!issuer.keyUsage.has('cRLSign'))
    throw new AttestationError(code, `${issuer.subject.commonName} may not sign CRLs`)
  if (!crl.isSignedBy(issuer)) {
    throw new AttestationError(code, `CRL is not signed by ${issuer.subject.commonName}`)
  }
}

function findAnchor(root: Certificate, anchors: readonly Certificate[]): Certificate | undefined {
  return (
    anchors.find((anchor) => sameBytes(anchor.der, root.der)) ??
    anchors.find(
      (anchor) =>
        sameBytes(anchor.spki, root.spki) && sameBytes(anchor.subject.raw, root.subject.raw) && root.isSignedBy(anchor)
    )
  )
}

/** Why `issuer` does not vouch for this certificate, which has `depth` CAs below it. */
function faultOf(
  certificate: Certificate,
  issuer: Certificate,
  depth: number,
  understood: readonly string[]
): string | undefined {
  const isKnown = (oid: string) => UNDERSTOOD.has(oid) || understood.includes(oid)
  const unknown = [...certificate.extensions].find(([oid, { critical }]) => critical && !isKnown(oid))
  if (unknown !== undefined) return `critical extension ${unknown[0]} is not understood`
  if (!sameBytes(certificate.issuer.raw, issuer.subject.raw)) return `issued by ${certificate.issuer.commonName}`
  if (!issuer.isCa) return 'its issuer is no CA'
  if (!issuer.keyUsage.has('keyCertSign')) return 'its issuer may not sign certificates'
  if (issuer.pathLength !== undefined && depth > issuer.pathLength) return 'more CAs than its issuer allows'
  return certificate.isSignedBy(issuer) ? undefined : 'not signed by its issuer'
}
