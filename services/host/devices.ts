import type { GpuMode } from '../../attestation/appraisal/gpu-mode-event.ts'
import type { DeviceArchitecture, DeviceEvidence } from '../../attestation/bundle.ts'

/**
 * Where evidence of GPUs and NVSwitches comes from. Each call asks the devices anew. What is missing is said with
 * DEVICE_LIBRARY_MISSING, DEVICE_UNAVAILABLE, DEVICE_FORBIDDEN or DEVICE_REFUSED.
 */
export interface DeviceCollector extends AsyncDisposable {
  /** Roots, in DER, that these devices' chains end at. */
  readonly deviceRoots: readonly Uint8Array[]
  /** What the driver says of all GPUs; undefined: this guest has no devices. */
  mode(): Promise<GpuMode | undefined>
  /** A report of each device with this nonce of 32 bytes; GPUs first. */
  collect(nonce: Uint8Array): Promise<readonly DeviceEvidence[]>
  /** Whether CUDA may use the GPUs: closed from boot until somebody has attested them. */
  setReady(ready: boolean): Promise<void>
}

/** A guest without devices. A policy that wants some refuses its host. */
export const NO_DEVICES: DeviceCollector = {
  deviceRoots: [],
  mode: async () => undefined,
  collect: async () => [],
  setReady: async () => undefined,
  [Symbol.asyncDispose]: async () => undefined
}

/** How messages call a device. */
export function deviceName(arch: DeviceArchitecture, index: number): string {
  return `${arch === 'LS10' ? 'NVSwitch' : 'GPU'} ${index}`
}
