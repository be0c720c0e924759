import type { EvidenceBundle } from '../bundle.ts'
import { decodeUtf8, encodeHex } from '../encoding.ts'
import type { DevicesAssessment } from '../nvidia/assess.ts'
import { hasProtectedPcie } from '../nvidia/mode.ts'
import type { Finding } from '../result.ts'
import type { VerifiedEventLog } from '../tdx/event-log.ts'
import { contraindicated } from './findings.ts'
import { GPU_MODE_EVENT, type GpuMode, gpuModeEventPayload } from './gpu-mode-event.ts'
import { countFindings, onlyEvent } from './workload-rules.ts'

const WANTED = 'confidential computing or protected PCIe on, developer tools off'

/**
 * That the measured guest found its GPUs in confidential mode, and not in the developer's, before it made its keys: exactly
 * one event `gpu-mode`, for a guest with GPUs. Protected PCIe is a mode of its own, in which the driver may call confidential
 * computing off: it counts where each GPU's own report says it too. A guest without GPUs need not say anything.
 */
export function gpuModeFindings(
  { devices }: EvidenceBundle,
  log: VerifiedEventLog,
  assessment: DevicesAssessment
): readonly Finding[] {
  if (!devices.some(({ arch }) => arch !== 'LS10')) return []
  const counted = countFindings(log, GPU_MODE_EVENT)
  const payload = onlyEvent(log, GPU_MODE_EVENT)
  if (payload === null) return counted
  const mode = readGpuMode(payload)
  if (mode === undefined)
    return [contraindicated('EVENT_UNREADABLE', `an event "${GPU_MODE_EVENT}"`, encodeHex(payload))]
  const actual = decodeUtf8(payload)
  const isProtected = mode.multiGpu === 'protected-pcie' && areProtected(assessment)
  if (!mode.ccFeature && !isProtected) return [contraindicated('CC_MODE_OFF', WANTED, actual)]
  return mode.devTools ? [contraindicated('CC_MODE_DEVTOOLS', WANTED, actual)] : []
}

function areProtected({ devices }: DevicesAssessment): boolean {
  const gpus = devices.filter(({ state }) => state.arch !== 'LS10')
  return gpus.every(({ verified }) => verified !== null && hasProtectedPcie(verified))
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
