import { sha256 } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { AttestationError } from '../../../attestation/errors.ts'
import { type UsageStatement, verifyUsage } from '../../../attestation/receipt/usage.ts'
import { type Keyset, parseKeyset } from '../../../attestation/session/keyset.ts'
import type { BombyxErrorCode } from '../../runtime/errors.ts'

/** A statement as a relay delivered it, with the keyset that it names. */
export interface DeliveredStatement {
  readonly statement: Uint8Array
  readonly keyset: Uint8Array
  /** Of the API key whose session it is of; undefined where the relay knows none. */
  readonly keyId: Uint8Array | undefined
}

/** One that proves itself, at its place in the delivery. */
export interface ProvenStatement {
  readonly index: number
  readonly usage: UsageStatement
  readonly keyset: Keyset
  readonly keyId: Uint8Array | undefined
}

export interface UsageRefusal {
  readonly index: number
  readonly code: BombyxErrorCode
}

export interface CheckedDelivery {
  readonly proven: readonly ProvenStatement[]
  readonly refused: readonly UsageRefusal[]
}

/** Checks each statement alone: one that is refused takes no other with it. */
export function checkDelivery(delivery: readonly DeliveredStatement[]): CheckedDelivery {
  // A delivery is mostly of one keyset, which is then read once.
  const keysets = new Map<string, Keyset>()
  const proven: ProvenStatement[] = []
  const refused: UsageRefusal[] = []
  for (const [index, delivered] of delivery.entries()) {
    try {
      const keyset = readKeyset(delivered.keyset, keysets)
      proven.push({ index, usage: verifyUsage(delivered.statement, keyset), keyset, keyId: delivered.keyId })
    } catch (error) {
      if (!(error instanceof AttestationError)) throw error
      refused.push({ index, code: error.code })
    }
  }
  return { proven, refused }
}

function readKeyset(bytes: Uint8Array, known: Map<string, Keyset>): Keyset {
  const name = encodeHex(sha256(bytes))
  const keyset = known.get(name) ?? parseKeyset(bytes)
  known.set(name, keyset)
  return keyset
}
