import type { FindStatementsRequest__Output } from '../../../proto/gen/bombyx/v1/FindStatementsRequest.ts'
import type { FindStatementsResponse } from '../../../proto/gen/bombyx/v1/FindStatementsResponse.ts'
import type { StoreUsageRequest__Output } from '../../../proto/gen/bombyx/v1/StoreUsageRequest.ts'
import type { StoreUsageResponse } from '../../../proto/gen/bombyx/v1/StoreUsageResponse.ts'
import { ServiceError } from '../../runtime/errors.ts'
import type { DeliveredStatement } from './delivery.ts'
import type { FoundStatement, Metered, ReceiptName } from './metering.ts'

/** What a host may leave unacknowledged, and so the most that a relay has of it to deliver. */
const MOST_STATEMENTS = 1024
const MOST_RECEIPTS = 256

export function deliveryFromWire({ statements }: StoreUsageRequest__Output): readonly DeliveredStatement[] {
  if (statements.length > MOST_STATEMENTS) {
    throw new ServiceError('ARGUMENT_INVALID', `at most ${MOST_STATEMENTS} statements a call, not ${statements.length}`)
  }
  return statements.map(({ statement, keyset, keyId }) => {
    if (keyId.byteLength !== 0 && keyId.byteLength !== 16) {
      throw new ServiceError('ARGUMENT_INVALID', 'a key_id is 16 bytes')
    }
    return { statement, keyset, keyId: keyId.byteLength === 0 ? undefined : keyId }
  })
}

export function receiptNamesFromWire({ receipts }: FindStatementsRequest__Output): readonly ReceiptName[] {
  if (receipts.length > MOST_RECEIPTS) throw new ServiceError('ARGUMENT_INVALID', `at most ${MOST_RECEIPTS} receipts`)
  return receipts.map(({ sessionId, n, keysetDigest, receiptHash }) => {
    const fits = sessionId.byteLength === 16 && keysetDigest.byteLength === 32 && receiptHash.byteLength === 32
    if (!fits) throw new ServiceError('ARGUMENT_INVALID', 'a session is 16 bytes, a digest 32')
    if (!Number.isSafeInteger(Number(n))) throw new ServiceError('ARGUMENT_INVALID', 'n is below 2^53')
    return { sessionId, n: Number(n), keysetDigest, receiptHash }
  })
}

export function foundToWire(found: readonly FoundStatement[]): FindStatementsResponse {
  return { statements: found.map(({ statement, keyset }) => ({ statement, keyset })) }
}

export function meteredToWire({ progress, refused }: Metered): StoreUsageResponse {
  return {
    progress: progress.map(({ epoch, storedUpTo }) => ({ epoch, storedUpTo: String(storedUpTo) })),
    refused: refused.map(({ index, code }) => ({ index, code }))
  }
}
