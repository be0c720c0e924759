import { GPU_MODE_EVENT } from '../../attestation/appraisal/gpu-mode-event.ts'
import {
  APP_ID_EVENT,
  COMPOSE_HASH_EVENT,
  INSTANCE_ID_EVENT,
  MODEL_EVENT
} from '../../attestation/appraisal/model-event.ts'
import type { EventLogBytes } from '../../attestation/bundle.ts'
import type { RuntimeEvent } from '../../attestation/tdx/dstack-log.ts'

/** What the agent measures of itself into RTMR3 before it quotes. */
export interface MeasuredApp {
  /** 20 bytes: the first of the compose hash, as in dstack. */
  readonly appId: Uint8Array
  /** 32 bytes: SHA-256 of the guest's configuration. */
  readonly composeHash: Uint8Array
  /** `modelEventPayload` of the keyset's model. */
  readonly model: Uint8Array
  /** `gpuModeEventPayload` of what the driver says; undefined in a guest without devices. */
  readonly gpuMode: Uint8Array | undefined
  /** 20 bytes, of this start of the guest. */
  readonly instanceId: Uint8Array
}

export interface CollectedEvidence {
  readonly quote: Uint8Array
  readonly eventLog: readonly EventLogBytes[]
}

/** Where evidence comes from. `measure` is called once, before the first `collect`. */
export interface Collector {
  readonly tee: 'tdx' | 'virtual'
  /** Extends RTMR3 with the app's events. */
  measure(app: MeasuredApp): Promise<void>
  /** A quote with these 64 bytes of report data, and the logs that its registers replay from. */
  collect(reportData: Uint8Array): Promise<CollectedEvidence>
}

/** The events of RTMR3, in dstack's order. */
export function runtimeEvents(app: MeasuredApp): readonly RuntimeEvent[] {
  return [
    { name: APP_ID_EVENT, payload: app.appId, version: 1 },
    { name: COMPOSE_HASH_EVENT, payload: app.composeHash, version: 1 },
    { name: MODEL_EVENT, payload: app.model, version: 1 },
    ...(app.gpuMode === undefined ? [] : [{ name: GPU_MODE_EVENT, payload: app.gpuMode, version: 1 } as const]),
    { name: INSTANCE_ID_EVENT, payload: app.instanceId, version: 1 }
  ]
}
