import { type GpuMode, gpuModeEventPayload } from '../../attestation/appraisal/gpu-mode-event.ts'
import { equalBytes, randomBytes } from '../../attestation/crypto.ts'
import { type VerifiedDevice, verifyDevice } from '../../attestation/nvidia/device.ts'
import { deviceLabel, gpuFeature } from '../../attestation/nvidia/mode.ts'
import { duplicatedDevices, type TopologyRule, topologyFaults } from '../../attestation/nvidia/topology.ts'
import type { KeysetDevice } from '../../attestation/session/keyset.ts'
import { ServiceError } from '../runtime/errors.ts'
import type { DeviceCollector } from './devices.ts'

/** Devices that attested to their own agent, as a keyset names them. */
export interface AdmittedDevices {
  readonly gpus: readonly KeysetDevice[]
  readonly switches: readonly KeysetDevice[]
  /** Payload of the `gpu-mode` event; undefined: a guest without devices. */
  readonly gpuMode: Uint8Array | undefined
}

/**
 * Attests the guest's own devices, with a nonce of its own. No session key is made before this passes, so that a measured
 * agent vouches for the devices beside it:
 *
 * 1. The driver says that confidential computing is on, and the developer's mode off.
 * 2. Each device's report is authentic, answers the nonce, and is of the firmware that its certificate is for.
 * 3. None is there twice.
 * 4. The reports' modes are the driver's, and all devices are there that the mode wants.
 *
 * Throws CC_MODE_OFF, CC_MODE_DEVTOOLS, DEVICE_DUPLICATED, TOPOLOGY_INVALID, what `verifyDevice` throws, and what
 * collecting throws. Reference values and revocation are the verifier's, and every client's, to check.
 */
export async function admitDevices(collector: DeviceCollector, now: Date): Promise<AdmittedDevices> {
  const mode = await collector.mode()
  if (mode === undefined) return { gpus: [], switches: [], gpuMode: undefined }
  checkMode(mode)
  const nonce = randomBytes(32)
  const collected = await collector.collect(nonce)
  const devices = collected.map((evidence) => verifyDevice(evidence, nonce, collector.deviceRoots, now))
  checkDuplicates(devices)
  checkTopology(devices, mode)
  const isSwitch = ({ arch }: VerifiedDevice) => arch === 'LS10'
  return {
    gpus: devices.filter((device) => !isSwitch(device)).map(keysetDevice),
    switches: devices.filter(isSwitch).map(keysetDevice),
    gpuMode: gpuModeEventPayload(mode)
  }
}

/** A mode is measured once a boot; throws DEVICE_REFUSED when the driver now says another. */
export function checkSameMode(measured: Uint8Array | undefined, now: Uint8Array | undefined): void {
  const isSame = measured === undefined || now === undefined ? measured === now : equalBytes(measured, now)
  if (isSame) return
  throw new ServiceError('DEVICE_REFUSED', 'the GPUs are in another mode than was measured: the guest must start anew')
}

/** Protected PCIe is a confidential mode of its own, which excludes the other. */
function checkMode({ ccFeature, devTools, multiGpu }: GpuMode): void {
  if (!ccFeature && multiGpu !== 'protected-pcie') {
    throw new ServiceError('CC_MODE_OFF', 'confidential computing is off: set it on the host, then reset the GPU')
  }
  if (devTools) {
    throw new ServiceError(
      'CC_MODE_DEVTOOLS',
      'the developer mode is on: set confidential computing to on, not devtools'
    )
  }
}

function checkDuplicates(devices: readonly VerifiedDevice[]): void {
  const [second] = duplicatedDevices(devices)
  if (second === undefined) return
  throw new ServiceError('DEVICE_DUPLICATED', `${deviceLabel(second.device)} reports twice`)
}

function checkTopology(devices: readonly VerifiedDevice[], { multiGpu }: GpuMode): void {
  for (const device of devices) {
    if (device.arch === 'LS10' || gpuFeature(device) !== undefined) continue
    throw new ServiceError('CC_MODE_OFF', `${deviceLabel(device.device)} reports no confidential mode`)
  }
  const rule = TOPOLOGIES[multiGpu]
  const [fault] = topologyFaults(devices, rule)
  if (fault !== undefined) throw new ServiceError('TOPOLOGY_INVALID', fault)
}

/** Several GPUs are as good as one each where none of them uses protected PCIe; encrypted links are their own affair. */
const TOPOLOGIES = {
  none: 'whole',
  'protected-pcie': 'ppcie',
  nvle: 'whole'
} as const satisfies Record<GpuMode['multiGpu'], TopologyRule>

function keysetDevice({ arch, device }: VerifiedDevice): KeysetDevice {
  return { arch, certificateSha256: device.leafDigest }
}
