import { encodeJcs } from '../jcs.ts'

/** The RTMR3 event that says in which mode the guest found its GPUs: only the driver says it, no report does. */
export const GPU_MODE_EVENT = 'gpu-mode'

/** What NVML says of all GPUs of a guest (`nvmlSystemGetConfComputeSettings`). */
export interface GpuMode {
  /** Confidential computing is on. */
  readonly ccFeature: boolean
  /** The developer's mode, which leaves debugging open. */
  readonly devTools: boolean
  readonly multiGpu: 'none' | 'protected-pcie' | 'nvle'
}

/** The payload of the `gpu-mode` event: the RFC 8785 form of `{"cc_feature","dev_tools","multi_gpu"}`. */
export function gpuModeEventPayload({ ccFeature, devTools, multiGpu }: GpuMode): Uint8Array {
  return encodeJcs({ cc_feature: ccFeature, dev_tools: devTools, multi_gpu: multiGpu })
}
