import { AttestationError } from '../errors.ts'
import type { QuoteBody } from './body.ts'

/** TDATTRIBUTES bits that Intel defines (TDX DCAP §A.3.4): DEBUG, SEPT_VE_DISABLE, PKS, KL, PERFMON. */
export const TD_ATTRIBUTE = {
  debug: 1n << 0n,
  septVeDisable: 1n << 28n,
  pks: 1n << 30n,
  keyLocker: 1n << 31n,
  perfmon: 1n << 63n
} as const

const DEFINED = Object.values(TD_ATTRIBUTE).reduce((all, bit) => all | bit, 0n)
const SGX_DEBUG = 0x02

/** Refuses a TD (or enclave) whose memory its host can read, and every attribute bit that is reserved. */
export function checkAttributes(body: QuoteBody): void {
  if (body.kind === 'sgx') {
    const isDebug = ((body.attributes[0] ?? 0) & SGX_DEBUG) !== 0
    if (isDebug) throw new AttestationError('TD_ATTRIBUTES_DEBUG_SET', 'enclave runs in debug mode')
    return
  }
  const attributes = readBits(body.tdAttributes)
  if ((attributes & TD_ATTRIBUTE.debug) !== 0n) {
    throw new AttestationError('TD_ATTRIBUTES_DEBUG_SET', 'TD runs in debug mode: its host reads its memory')
  }
  const reserved = attributes & ~DEFINED
  if (reserved !== 0n) {
    throw new AttestationError('TD_ATTRIBUTES_RESERVED_BIT_SET', `reserved TD attributes 0x${reserved.toString(16)}`)
  }
}

/** TDATTRIBUTES or XFAM as a number: bit 0 is the lowest of the first byte. */
export function readBits(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true)
}
