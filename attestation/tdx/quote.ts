import { ByteReader } from '../byte-reader.ts'
import { decodeHex, decodeUtf8 } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { sameBytes } from '../x509.ts'
import { BODY_SIZE, type EnclaveReport, type QuoteBody, readBody, readEnclaveReport } from './body.ts'

export interface QuoteHeader {
  readonly version: 3 | 4 | 5
  readonly attestationKeyType: 2
  /** 0x81 TDX, 0 SGX. */
  readonly teeType: number
  readonly qeVendorId: Uint8Array
  readonly userData: Uint8Array
}

/**
 * A quote as Intel's TDX DCAP Quoting Library lays it out (§A.3, §A.4), and SGX's v3 for the same checks. Parsed,
 * not verified: every field is the sender's word.
 */
export interface TdxQuote {
  readonly bytes: Uint8Array
  readonly header: QuoteHeader
  readonly body: QuoteBody
  /** Everything before the signature data's length: what the attestation key signs. */
  readonly signedBytes: Uint8Array
  /** Raw r ‖ s. */
  readonly signature: Uint8Array
  /** P-256, raw x ‖ y. */
  readonly attestationKey: Uint8Array
  readonly qeReport: EnclaveReport
  readonly qeReportBytes: Uint8Array
  readonly qeReportSignature: Uint8Array
  readonly qeAuthData: Uint8Array
  /** PCK leaf, PCK CA, root. */
  readonly pckChainPem: string
}

export const MAX_QUOTE = 64 * 1024
export const INTEL_QE_VENDOR_ID = decodeHex('939a7233f79c4ca9940a0db3957f0607')

const TEE_TDX = 0x81
const TEE_SGX = 0
const QE_REPORT_CERTIFICATION_DATA = 6
const PCK_CERTIFICATE_CHAIN = 5
/** v5's body descriptor (§A.4.2). */
const BODY_TYPES: Readonly<Record<number, QuoteBody['kind']>> = { 1: 'sgx', 2: 'tdx10', 3: 'tdx15' }

/**
 * Reads a TDX quote of version 4 or 5, or an SGX quote of version 3. Refuses more than 64 KiB, lengths that leave the
 * buffer or disagree, and every type but ECDSA P-256 with a PCK chain. Bytes after the signature data are tolerated,
 * because real quotes have them; nothing is read from there.
 */
export function parseTdxQuote(bytes: Uint8Array): TdxQuote {
  // All of it is attacker-controlled: this runs before any signature is checked.
  if (bytes.byteLength > MAX_QUOTE) {
    throw new AttestationError('QUOTE_FORMAT_UNSUPPORTED', `${bytes.byteLength} bytes, at most ${MAX_QUOTE}`)
  }
  const reader = littleEndian(bytes)
  const header = readHeader(reader)
  const body = readBody(reader, readBodyKind(reader, header))
  const signedBytes = bytes.subarray(0, reader.offset)
  const data = littleEndian(reader.bytes(reader.uint32('signature data length'), 'signature data'))
  const signature = data.bytes(64, 'signature')
  const attestationKey = data.bytes(64, 'attestation key')
  const certification = readCertification(header.version === 3 ? data : enterQeReportCertification(data))
  finish(data, 'signature data')
  return { bytes, header, body, signedBytes, signature, attestationKey, ...certification }
}

function readHeader(reader: ByteReader): QuoteHeader {
  const version = reader.uint16('version')
  if (version !== 3 && version !== 4 && version !== 5) throw unsupported(`quote version ${version}`)
  const attestationKeyType = reader.uint16('attestation key type')
  const teeType = reader.uint32('TEE type')
  reader.skip(4, 'reserved')
  const qeVendorId = reader.bytes(16, 'QE vendor id')
  const userData = reader.bytes(20, 'user data')
  if (version === 3 && teeType !== TEE_SGX) throw unsupported(`version 3 with TEE type ${teeType}`)
  if (version !== 3 && teeType !== TEE_TDX) throw new AttestationError('WRONG_TEE_TYPE', `TEE type ${teeType}`)
  if (attestationKeyType !== 2) {
    throw new AttestationError('ATTESTATION_KEY_TYPE_UNSUPPORTED', `attestation key type ${attestationKeyType}`)
  }
  if (!sameBytes(qeVendorId, INTEL_QE_VENDOR_ID)) {
    throw new AttestationError('QE_VENDOR_UNKNOWN', "the Quoting Enclave is not Intel's")
  }
  return { version, attestationKeyType, teeType, qeVendorId, userData }
}

function readBodyKind(reader: ByteReader, header: QuoteHeader): QuoteBody['kind'] {
  if (header.version === 3) return 'sgx'
  if (header.version === 4) return 'tdx10'
  const type = reader.uint16('body type')
  const size = reader.uint32('body size')
  const kind = BODY_TYPES[type]
  if (kind === undefined || kind === 'sgx') throw unsupported(`body type ${type} of a TDX quote`)
  if (size !== BODY_SIZE[kind]) throw unsupported(`body type ${type} of ${size} bytes`)
  return kind
}

function enterQeReportCertification(data: ByteReader): ByteReader {
  const type = data.uint16('certification data type')
  if (type !== QE_REPORT_CERTIFICATION_DATA) throw unsupported(`certification data type ${type}, 6 wanted`)
  return littleEndian(data.bytes(data.uint32('certification data length'), 'certification data'))
}

function readCertification(data: ByteReader) {
  const qeReportBytes = data.bytes(BODY_SIZE.sgx, 'QE report')
  const qeReportSignature = data.bytes(64, 'QE report signature')
  const qeAuthData = data.bytes(data.uint16('QE auth data length'), 'QE auth data')
  const type = data.uint16('PCK certification data type')
  if (type !== PCK_CERTIFICATE_CHAIN) throw unsupported(`PCK certification data type ${type}, 5 wanted`)
  const chain = data.bytes(data.uint32('PCK chain length'), 'PCK chain')
  finish(data, 'certification data')
  return {
    qeReport: readEnclaveReport(littleEndian(qeReportBytes)),
    ...{ qeReportBytes, qeReportSignature, qeAuthData },
    pckChainPem: readPem(chain)
  }
}

function readPem(chain: Uint8Array): string {
  try {
    return decodeUtf8(chain)
  } catch (cause) {
    throw new AttestationError('PCK_CHAIN_INVALID', 'PCK chain is not text', { cause })
  }
}

function finish(reader: ByteReader, field: string): void {
  if (reader.remaining !== 0) throw unsupported(`${reader.remaining} bytes after the end of ${field}`)
}

function littleEndian(bytes: Uint8Array): ByteReader {
  return new ByteReader(bytes, 'QUOTE_TRUNCATED', 'little')
}

function unsupported(message: string): AttestationError {
  return new AttestationError('QUOTE_FORMAT_UNSUPPORTED', message)
}
