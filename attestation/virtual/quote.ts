import { ecPublicPoint, generateEc, type PrivateKey, randomBytes, sha256, signEcdsa } from '../crypto.ts'
import { concatBytes, decodeHex, encodeUtf8 } from '../encoding.ts'
import { uint16le, uint32le } from './little-endian.ts'
import type { QuoteFault, VirtualPlatform, VirtualQe } from './platform.ts'
import type { VirtualTcb } from './tcb.ts'
import type { VirtualTdFields } from './td.ts'

/** What a quote is asked to be of: report data always, any other field in place of the platform's. */
export interface VirtualTd extends Partial<VirtualTdFields> {
  /** 64 bytes. */
  readonly reportData: Uint8Array
}

type FullTd = VirtualTdFields & Pick<VirtualTcb, 'teeTcbSvn' | 'teeTcbSvn2'> & { readonly reportData: Uint8Array }

const INTEL_QE_VENDOR_ID = decodeHex('939a7233f79c4ca9940a0db3957f0607', 16)
const TEE_TYPE_TDX = 0x81
const ECDSA_P256 = 2
const QE_REPORT_CERTIFICATION = 6
const PCK_CHAIN_CERTIFICATION = 5
const BODY_TYPES = { '1.0': 2, '1.5': 3 } as const

/** A TDX quote as a quoting enclave makes it: version 4 or 5, certification data type 6 around type 5. */
export function quoteVirtual(platform: VirtualPlatform, td: VirtualTd): Uint8Array {
  const { tcb, faults } = platform
  const reportData = faults.includes('other-report-data') ? randomBytes(64) : td.reportData
  const full: FullTd = { ...platform.td, ...td, reportData, teeTcbSvn: tcb.teeTcbSvn, teeTcbSvn2: tcb.teeTcbSvn2 }
  const signed = concatBytes(quoteHeader(full), quoteBody(full))
  const signingKey = faults.includes('quote-by-stranger') ? generateEc('P-256') : platform.attestationKey
  const signatureData = concatBytes(
    turned(signEcdsa('P-256', signingKey, signed), faults, 'quote-signature'),
    turned(ecPublicPoint(platform.attestationKey), faults, 'attestation-key'),
    certificationData(QE_REPORT_CERTIFICATION, qeCertification(platform))
  )
  const header = turned(signed.subarray(0, 48), faults, 'header', 30)
  const body = turned(signed.subarray(48), faults, 'body', 200)
  const quote = concatBytes(header, body, uint32le(signatureData.byteLength), signatureData)
  return faults.includes('truncated') ? quote.subarray(0, quote.byteLength - 2000) : quote
}

function quoteHeader({ version }: FullTd): Uint8Array {
  const userData = new Uint8Array(20)
  return concatBytes(
    uint16le(version),
    uint16le(ECDSA_P256),
    uint32le(TEE_TYPE_TDX),
    uint32le(0),
    INTEL_QE_VENDOR_ID,
    userData
  )
}

function quoteBody(td: FullTd): Uint8Array {
  if (td.version === 4 && td.tdVersion === '1.5') throw new TypeError('version 4 carries TD 1.0 reports only')
  const body = tdReport(td)
  if (td.version === 4) return body
  return concatBytes(uint16le(BODY_TYPES[td.tdVersion]), uint32le(body.byteLength), body)
}

function tdReport(td: FullTd): Uint8Array {
  return concatBytes(
    sized(td.teeTcbSvn, 16),
    sized(td.mrSeam, 48),
    sized(td.mrSignerSeam, 48),
    sized(td.seamAttributes, 8),
    sized(td.tdAttributes, 8),
    sized(td.xfam, 8),
    sized(td.mrTd, 48),
    sized(td.mrConfigId, 48),
    sized(td.mrOwner, 48),
    sized(td.mrOwnerConfig, 48),
    ...td.rtmrs.map((rtmr) => sized(rtmr, 48)),
    sized(td.reportData, 64),
    ...(td.tdVersion === '1.5' ? [sized(td.teeTcbSvn2, 16), sized(td.mrServiceTd, 48)] : [])
  )
}

/** The QE's report over the attestation key, signed by the PCK as the PCE does it, and the PCK's chain. */
function qeCertification({ faults, qe, tcb, pckKey, attestationKey, pckChain }: VirtualPlatform): Uint8Array {
  const authData = Uint8Array.from({ length: 32 }, (_, index) => index)
  const binding = sha256(ecPublicPoint(attestationKey), authData)
  const report = qeReport(qe, tcb.sgxComponents, binding)
  const signingKey: PrivateKey = faults.includes('qe-report-by-stranger') ? generateEc('P-256') : pckKey
  return concatBytes(
    turned(report, faults, 'qe-report', 130),
    turned(signEcdsa('P-256', signingKey, report), faults, 'qe-report-signature'),
    uint16le(authData.byteLength),
    turned(authData, faults, 'qe-auth-data'),
    certificationData(PCK_CHAIN_CERTIFICATION, encodeUtf8(`${pckChain}\0`))
  )
}

/** An SGX report body. */
function qeReport(qe: VirtualQe, cpuSvn: Uint8Array, binding: Uint8Array): Uint8Array {
  return concatBytes(
    sized(cpuSvn, 16),
    uint32le(qe.miscSelect),
    new Uint8Array(28),
    sized(qe.attributes, 16),
    sha256(encodeUtf8('Bombyx Virtual QE')),
    new Uint8Array(32),
    sized(qe.mrSigner, 32),
    new Uint8Array(96),
    uint16le(qe.isvProdId),
    uint16le(qe.isvSvn),
    new Uint8Array(60),
    binding,
    new Uint8Array(32)
  )
}

function certificationData(type: number, data: Uint8Array): Uint8Array {
  return concatBytes(uint16le(type), uint32le(data.byteLength), data)
}

function turned(bytes: Uint8Array, faults: readonly QuoteFault[], fault: QuoteFault, at = 0): Uint8Array {
  if (!faults.includes(fault)) return bytes
  const copy = Uint8Array.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}

function sized(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.byteLength !== length) throw new TypeError(`${bytes.byteLength} bytes, ${length} wanted`)
  return bytes
}
