import { GPU_MODE_EVENT } from '../appraisal/gpu-mode-event.ts'
import { APP_ID_EVENT, COMPOSE_HASH_EVENT, INSTANCE_ID_EVENT, MODEL_EVENT } from '../appraisal/model-event.ts'
import { sha384 } from '../crypto.ts'
import { concatBytes, encodeUtf8 } from '../encoding.ts'
import { parseCcel } from '../tdx/ccel.ts'
import { encodeDstackEventLog, parseDstackEventLog, type RuntimeEvent } from '../tdx/dstack-log.ts'
import { joinEventLogs, type Rtmrs, replayEventLog } from '../tdx/event-log.ts'
import { type CcelEvent, EVENT_TYPE, encodeCcel } from './ccel.ts'
import { uint32le } from './little-endian.ts'

/** What the agent measures of itself into RTMR3, in this order. */
export interface VirtualApp {
  readonly appId: Uint8Array
  /** 32 bytes. */
  readonly composeHash: Uint8Array
  readonly model: Uint8Array
  /** `gpuModeEventPayload` of the devices' mode; a guest without devices has none. */
  readonly gpuMode?: Uint8Array
  readonly instanceId: Uint8Array
}

export interface VirtualEventLog {
  /** RTMR0 to RTMR2: the boot. */
  readonly ccel: Uint8Array
  /** RTMR3: dstack's JSON. */
  readonly dstack: Uint8Array
  readonly rtmrs: Rtmrs
}

const EFI_GLOBAL_VARIABLE = Uint8Array.of(
  0x61,
  0xdf,
  0xe4,
  0x8b,
  0xca,
  0x93,
  0xd2,
  0x11,
  0xaa,
  0x0d,
  0,
  0xe0,
  0x98,
  3,
  0x2b,
  0x8c
)

/** The boot that the demonstration image is said to have, the same on every virtual platform. */
export const VIRTUAL_BOOT: readonly CcelEvent[] = [
  { rtmr: 0, type: EVENT_TYPE.platformConfigFlags, data: encodeUtf8('Bombyx Virtual firmware configuration') },
  { rtmr: 0, type: EVENT_TYPE.efiVariableDriverConfig, data: efiVariable('SecureBoot', Uint8Array.of(1)) },
  { rtmr: 0, type: EVENT_TYPE.separator, data: new Uint8Array(4) },
  {
    rtmr: 1,
    type: EVENT_TYPE.efiBootServicesApplication,
    data: encodeUtf8('Bombyx Virtual kernel'),
    digest: sha384(encodeUtf8('the bytes of the Bombyx Virtual kernel'))
  },
  { rtmr: 1, type: EVENT_TYPE.efiAction, data: encodeUtf8('Calling EFI Application from Boot Option') },
  { rtmr: 1, type: EVENT_TYPE.separator, data: new Uint8Array(4) },
  { rtmr: 1, type: EVENT_TYPE.efiAction, data: encodeUtf8('Exit Boot Services Invocation') },
  { rtmr: 2, type: EVENT_TYPE.eventTag, data: encodeUtf8('Bombyx Virtual kernel command line') }
]

/** The two logs of a virtual guest that runs `app`, and the registers that they replay to. */
export function virtualEventLog(app: VirtualApp): VirtualEventLog {
  const ccel = encodeCcel(VIRTUAL_BOOT)
  const dstack = encodeDstackEventLog(runtimeEvents(app))
  const log = joinEventLogs([parseCcel(ccel), parseDstackEventLog(dstack)])
  return { ccel, dstack, rtmrs: replayEventLog(log) }
}

function runtimeEvents({ appId, composeHash, model, gpuMode, instanceId }: VirtualApp): readonly RuntimeEvent[] {
  return [
    { name: APP_ID_EVENT, payload: appId, version: 2 },
    { name: COMPOSE_HASH_EVENT, payload: composeHash, version: 2 },
    { name: MODEL_EVENT, payload: model, version: 2 },
    ...(gpuMode === undefined ? [] : [{ name: GPU_MODE_EVENT, payload: gpuMode, version: 2 } as const]),
    { name: INSTANCE_ID_EVENT, payload: instanceId, version: 2 }
  ]
}

/** UEFI_VARIABLE_DATA: the GUID, both lengths, the name in UCS-2, the value. */
function efiVariable(name: string, value: Uint8Array): Uint8Array {
  const ucs2 = new Uint8Array(Buffer.from(name, 'utf16le'))
  const lengths = [name.length, value.byteLength].map((length) => concatBytes(uint32le(length), uint32le(0)))
  return concatBytes(EFI_GLOBAL_VARIABLE, ...lengths, ucs2, value)
}
