import { remedyOf } from '../../attestation/appraisal/findings.ts'
import type { GpuMode } from '../../attestation/appraisal/gpu-mode-event.ts'
import type { DeviceEvidence } from '../../attestation/bundle.ts'
import { randomBytes } from '../../attestation/crypto.ts'
import { verifyDevice } from '../../attestation/nvidia/device.ts'
import { deviceFaults } from '../../attestation/nvidia/device-rules.ts'
import { deviceLabel } from '../../attestation/nvidia/mode.ts'
import { PRODUCTION_POLICY } from '../../attestation/policy.ts'
import { codeOf } from '../runtime/errors.ts'
import { type DeviceCollector, deviceName } from './devices.ts'
import type { Inspection } from './inspect.ts'
import { loadNscq, loadNvml } from './native-library.ts'
import { openNvidiaDevices } from './nvidia-devices.ts'

const DRIVER = {
  name: 'NVIDIA GPU',
  remedy: 'pass a confidential-computing GPU (H100, H200, B200) through to the guest and install its driver'
}
const MODE = {
  name: 'confidential computing',
  remedy:
    'on the host, set the GPU to confidential computing (on, not devtools) and reset it; then start the guest anew'
}
const REPORTS = {
  name: 'device reports',
  remedy: 'confidential computing on, the driver of the guest in the version that the VBIOS wants, and root'
}

/** Whether what these devices are compared with is to be had. */
export type InspectManifests = (devices: readonly DeviceEvidence[]) => Promise<readonly Inspection[]>

/**
 * Looks at the GPUs and NVSwitches of this guest, and has each report once, held against the versions that `production`
 * wants; then asks for their manifests. Changes nothing.
 */
export async function inspectDevices(
  inspectManifests: InspectManifests,
  open: () => Promise<DeviceCollector> = () => openNvidiaDevices({ nvml: loadNvml, nscq: loadNscq }),
  now: Date = new Date()
): Promise<readonly Inspection[]> {
  try {
    await using collector = await open()
    const mode = await collector.mode()
    const nonce = randomBytes(32)
    return [
      { ...DRIVER, ok: true, found: 'the driver answers' },
      { ...MODE, ...inspectMode(mode) },
      ...(await inspectReports({ collector, nonce, now }, inspectManifests))
    ]
  } catch (error) {
    return [{ ...DRIVER, ok: false, found: wordsOf(error) }]
  }
}

function inspectMode(mode: GpuMode | undefined): Pick<Inspection, 'ok' | 'found'> {
  if (mode === undefined) return { ok: false, found: 'no device' }
  const { ccFeature, devTools, multiGpu } = mode
  const isOn = ccFeature || multiGpu === 'protected-pcie'
  const found = [isOn ? 'on' : 'off', ...(devTools ? ['developer mode'] : []), `several GPUs: ${multiGpu}`].join(', ')
  return { ok: isOn && !devTools, found }
}

async function inspectReports(asked: Asked, inspectManifests: InspectManifests): Promise<readonly Inspection[]> {
  try {
    const collected = await asked.collector.collect(asked.nonce)
    const reports = collected.map((evidence, index) => inspectReport(evidence, index, asked))
    return [...reports, ...(await inspectManifests(collected))]
  } catch (error) {
    return [{ ...REPORTS, ok: false, found: wordsOf(error) }]
  }
}

interface Asked {
  readonly collector: DeviceCollector
  readonly nonce: Uint8Array
  readonly now: Date
}

function inspectReport(evidence: DeviceEvidence, index: number, { collector, nonce, now }: Asked): Inspection {
  try {
    const verified = verifyDevice(evidence, nonce, collector.deviceRoots, now)
    const { device, driverVersion, vbiosVersion } = verified
    const driver = driverVersion === undefined ? '' : `driver ${driverVersion}, `
    const found = `its report verifies; ${driver}VBIOS ${vbiosVersion}`
    const [fault] = deviceFaults(verified, PRODUCTION_POLICY.devices)
    if (fault === undefined) return { name: deviceLabel(device), ok: true, found, remedy: '' }
    const wanted = `${found}; ${fault.code}: ${fault.expected} is wanted`
    return { name: deviceLabel(device), ok: false, found: wanted, remedy: remedyOf(fault.code) }
  } catch (error) {
    return { ...REPORTS, name: deviceName(evidence.arch, index), ok: false, found: wordsOf(error) }
  }
}

function wordsOf(error: unknown): string {
  const code = codeOf(error)
  if (code === undefined || !(error instanceof Error)) throw error
  return `${code}: ${error.message}`
}
