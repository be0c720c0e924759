import type { StoreUsageRequest__Output } from '../../proto/gen/bombyx/v1/StoreUsageRequest.ts'
import type { StoreUsageResponse } from '../../proto/gen/bombyx/v1/StoreUsageResponse.ts'
import { ServiceError } from '../runtime/errors.ts'
import type { Metered } from './metering.ts'
import type { DeliveredStatement } from './usage.ts'

/** What a host may leave unacknowledged, and so the most that a relay has of it to deliver. */
const MOST_STATEMENTS = 1024

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

export function meteredToWire({ progress, refused }: Metered): StoreUsageResponse {
  return {
    progress: progress.map(({ epoch, storedUpTo }) => ({ epoch, storedUpTo: String(storedUpTo) })),
    refused: refused.map(({ index, code }) => ({ index, code }))
  }
}
