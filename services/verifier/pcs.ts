import { encodeHex } from '../../attestation/encoding.ts'
import { crlBytes } from '../../attestation/tdx/collateral.ts'
import type { PckCa } from '../../attestation/tdx/pck.ts'
import { type HttpLimits, type HttpReply, httpGet } from './http.ts'
import { parseCrlDocument, parseSignedDocument } from './pcs-replies.ts'
import type { CollateralSource } from './platform-family.ts'

/** Intel's Provisioning Certification Service, version 4, or a caching service (PCCS) that speaks the same. */
export interface PcsConfig {
  /** `https://host[:port]`. */
  readonly url: string
  /** Where the root CA's CRL is: a PCCS has it under `rootcacrl`, Intel on a distribution point of its own. */
  readonly rootCrlUrl: string
  readonly limits: HttpLimits
}

export const INTEL_PCS_URL = 'https://api.trustedservices.intel.com'
export const INTEL_ROOT_CRL_URL = 'https://certificates.trustedservices.intel.com/IntelSGXRootCA.der'

export const PCS_LIMITS: HttpLimits = {
  attempts: 4,
  timeoutMs: 10_000,
  firstDelayMs: 250,
  maxDelayMs: 10_000,
  maxBytes: 1 << 20
}

/** Asks the service for the five documents that a TDX quote is verified with, all at once. */
export function pcsSource(config: PcsConfig): CollateralSource {
  return async ({ fmspc, ca }, signal) => {
    // One part that fails makes the others useless: their tries end with it.
    const rest = new AbortController()
    const get = (url: URL): Promise<HttpReply> => httpGet(url, config.limits, AbortSignal.any([signal, rest.signal]))
    try {
      const [tcbInfo, qeIdentity, pckCrl, rootCaCrl] = await Promise.all([
        get(tcbInfoUrl(config, fmspc)),
        get(new URL('/tdx/certification/v4/qe/identity', config.url)),
        get(pckCrlUrl(config, ca)),
        get(new URL(config.rootCrlUrl))
      ])
      return {
        ...tcbInfoParts(tcbInfo),
        ...qeIdentityParts(qeIdentity),
        ...pckCrlParts(pckCrl),
        rootCaCrl: crlBytes(rootCaCrl.body)
      }
    } finally {
      rest.abort()
    }
  }
}

function tcbInfoUrl({ url }: PcsConfig, fmspc: Uint8Array): URL {
  return new URL(`/tdx/certification/v4/tcb?fmspc=${encodeHex(fmspc)}`, url)
}

function pckCrlUrl({ url }: PcsConfig, ca: PckCa): URL {
  return new URL(`/sgx/certification/v4/pckcrl?ca=${ca}&encoding=der`, url)
}

function tcbInfoParts(reply: HttpReply) {
  const headers = ['tcb-info-issuer-chain', 'sgx-tcb-info-issuer-chain']
  const { document, signature, issuerChain } = parseSignedDocument(reply, 'tcbInfo', headers)
  return { tcbInfo: document, tcbInfoSignature: signature, tcbInfoIssuerChain: issuerChain }
}

function qeIdentityParts(reply: HttpReply) {
  const headers = ['sgx-enclave-identity-issuer-chain']
  const { document, signature, issuerChain } = parseSignedDocument(reply, 'enclaveIdentity', headers)
  return { qeIdentity: document, qeIdentitySignature: signature, qeIdentityIssuerChain: issuerChain }
}

function pckCrlParts(reply: HttpReply) {
  const { crl, issuerChain } = parseCrlDocument(reply, ['sgx-pck-crl-issuer-chain'])
  return { pckCrl: crl, pckCrlIssuerChain: issuerChain }
}
