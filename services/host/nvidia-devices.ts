import { NVIDIA_DEVICE_ROOT } from '../../attestation/nvidia/anchors.ts'
import type { DeviceCollector } from './devices.ts'
import { type NscqFunctions, openNscq, type Switches } from './nscq.ts'
import { collectWithNvattest, type RunNvattest } from './nvattest.ts'
import { type NvmlFunctions, openNvml } from './nvml.ts'

/** The libraries of this guest's driver, loaded when they are wanted. */
export interface NvidiaLibraries {
  readonly nvml: () => NvmlFunctions
  readonly nscq: () => NscqFunctions
  /** Absent: reports come from the libraries too. */
  readonly nvattest?: RunNvattest
}

/**
 * NVIDIA's devices. Modes and the ready state are NVML's; reports are NVML's and, where PCIe is protected, NSCQ's for the
 * switches, or all of them `nvattest`'s.
 */
export async function openNvidiaDevices({ nvml, nscq, nvattest }: NvidiaLibraries): Promise<DeviceCollector> {
  await using stack = new AsyncDisposableStack()
  const gpus = stack.use(await openNvml(nvml()))
  const { multiGpu } = await gpus.mode()
  const hasSwitches = multiGpu === 'protected-pcie'
  const switches: Pick<Switches, 'collect'> | undefined =
    hasSwitches && nvattest === undefined ? stack.use(await openNscq(nscq())) : undefined
  const owned = stack.move()
  return {
    deviceRoots: [NVIDIA_DEVICE_ROOT],
    mode: () => gpus.mode(),
    collect: async (nonce) => {
      if (nvattest === undefined) {
        return [...(await gpus.collect(nonce)), ...((await switches?.collect(nonce)) ?? [])]
      }
      const collected = await collectWithNvattest(nvattest, 'gpu', nonce)
      return hasSwitches ? [...collected, ...(await collectWithNvattest(nvattest, 'nvswitch', nonce))] : collected
    },
    setReady: (ready) => gpus.setReady(ready),
    [Symbol.asyncDispose]: () => owned.disposeAsync()
  }
}
