import type { EvidenceBundle } from '../bundle.ts'
import { decodeUtf8, encodeHex } from '../encoding.ts'
import type { Finding } from '../result.ts'
import type { VerifiedEventLog } from '../tdx/event-log.ts'
import { contraindicated } from './findings.ts'
import { GPU_MODE_EVENT, type GpuMode, gpuModeEventPayload } from './gpu-mode-event.ts'
import { countFindings, onlyEvent } from './workload-rules.ts'

const WANTED = 'confidential computing on, developer tools off'

/**
 * That the measured guest found its GPUs in confidential mode, and not in the developer's, before it made its keys: exactly
 * one event `gpu-mode`, for a guest with GPUs. A guest without need not say anything.
 */
export function gpuModeFindings({ devices }: EvidenceBundle, log: VerifiedEventLog): readonly Finding[] {
  if (!devices.some(({ arch }) => arch !== 'LS10')) return []
  const counted = countFindings(log, GPU_MODE_EVENT)
  const payload = onlyEvent(log, GPU_MODE_EVENT)
  if (payload === null) return counted
  const mode = readGpuMode(payload)
  if (mode === undefined)
    return [contraindicated('EVENT_UNREADABLE', `an event "${GPU_MODE_EVENT}"`, encodeHex(payload))]
  const actual = decodeUtf8(payload)
  if (!mode.ccFeature) return [contraindicated('CC_MODE_OFF', WANTED, actual)]
  return mode.devTools ? [contraindicated('CC_MODE_DEVTOOLS', WANTED, actual)] : []
}

/** Only the exact bytes that a guest writes are a mode: there are twelve. */
function readGpuMode(payload: Uint8Array): GpuMode | undefined {
  return MODES.find((mode) => Buffer.compare(gpuModeEventPayload(mode), payload) === 0)
}

const FLAGS = [true, false] as const
const MODES: readonly GpuMode[] = FLAGS.flatMap((ccFeature) =>
  FLAGS.flatMap((devTools) =>
    (['none', 'protected-pcie', 'nvle'] as const).map((multiGpu) => ({ ccFeature, devTools, multiGpu }))
  )
)
