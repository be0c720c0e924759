import { type SessionCode, sessionCode, sessionCodeNumber } from '../../../attestation/session/codes.ts'
import { BrokenRule } from './broken-rule.ts'

/** The payloads that the link itself reads and writes; all others belong to its owner. */
export function creditPayload(bytes: number): Uint8Array {
  return Uint8Array.of(bytes >>> 24, bytes >>> 16, bytes >>> 8, bytes)
}

export function readCredit(payload: Uint8Array): number {
  if (payload.byteLength !== 4) throw new BrokenRule('CREDIT is 4 bytes')
  const [a = 0, b = 0, c = 0, d = 0] = payload
  const bytes = a * 0x100_0000 + ((b << 16) | (c << 8) | d)
  if (bytes === 0) throw new BrokenRule('CREDIT of nothing')
  return bytes
}

/** The payload of RESET, and of GOAWAY where no code is 0. */
export function codePayload(code: SessionCode | undefined): Uint8Array {
  const number = code === undefined ? 0 : sessionCodeNumber(code)
  return Uint8Array.of(number >>> 8, number)
}

/** A number that is no code of ours is read as PROTOCOL: codes are hints, and a reset is a reset. */
export function readCode(payload: Uint8Array): SessionCode {
  return readOptionalCode(payload) ?? 'PROTOCOL'
}

export function readOptionalCode(payload: Uint8Array): SessionCode | undefined {
  if (payload.byteLength !== 2) throw new BrokenRule('a code is 2 bytes')
  const [high = 0, low = 0] = payload
  const number = (high << 8) | low
  return number === 0 ? undefined : (sessionCode(number) ?? 'PROTOCOL')
}
