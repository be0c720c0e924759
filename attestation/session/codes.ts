import type { AttestationErrorCode } from '../errors.ts'

/** The codes of RESET, GOAWAY and refusals, in the protocol's order: a code's number is its place, from 1. */
export const SESSION_CODES = [
  'SESSION_UNKNOWN',
  'SESSION_EXPIRED',
  'KEYSET_CHANGED',
  'REPLAYED',
  'DEADLINE_PASSED',
  'UNSEAL_FAILED',
  'TRUNCATED',
  'TOO_LARGE',
  'NO_CAPACITY',
  'HOST_LOST',
  'CANCELLED',
  'UNPAID',
  'PROTOCOL',
  'KEY_REFUSED',
  'RATE_LIMITED',
  'QUOTA_SPENT',
  'BUDGET_SPENT'
] as const

/** A hint from an untrusted party: it never makes a client use an unappraised key or take a stream for complete. */
export type SessionCode = (typeof SESSION_CODES)[number]

export function sessionCodeNumber(code: SessionCode): number {
  return SESSION_CODES.indexOf(code) + 1
}

/** The code of a number from the wire; undefined for 0 and for numbers that the protocol does not know. */
export function sessionCode(number: number): SessionCode | undefined {
  return SESSION_CODES[number - 1]
}

/** What an error of this layer is called on the wire. Whatever has no name of its own there broke the protocol. */
export function sessionCodeOf(code: AttestationErrorCode): SessionCode {
  const named = SESSION_CODES.find((name) => name === code)
  return named ?? (code === 'KEYSET_LAPSED' ? 'KEYSET_CHANGED' : 'PROTOCOL')
}
