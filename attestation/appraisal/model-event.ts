import { encodeHex } from '../encoding.ts'
import { encodeJcs } from '../jcs.ts'
import type { KeysetModel } from '../session/keyset.ts'

/** The RTMR3 event that names the model that the guest serves. */
export const MODEL_EVENT = 'model'
/** The RTMR3 event that names the guest's measured configuration: 32 raw bytes. */
export const COMPOSE_HASH_EVENT = 'compose-hash'
export const APP_ID_EVENT = 'app-id'
export const INSTANCE_ID_EVENT = 'instance-id'

/**
 * The payload of the `model` event: the RFC 8785 form of the keyset's `engine`, `id` and `weights`, so that what the guest
 * measured when it loaded the weights and what its keys are offered for are the same bytes.
 */
export function modelEventPayload(model: KeysetModel): Uint8Array {
  return encodeJcs({ engine: model.engine, id: model.id, weights: encodeHex(model.weights) })
}
