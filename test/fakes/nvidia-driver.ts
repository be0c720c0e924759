import type { GpuMode } from '../../attestation/appraisal/gpu-mode-event.ts'
import { encodeUtf8 } from '../../attestation/encoding.ts'
import type { VirtualDevice } from '../../attestation/virtual/device.ts'
import { reportVirtualDevice } from '../../attestation/virtual/device-report.ts'
import type { NscqFunctions, NscqObservation } from '../../services/host/nscq.ts'
import type { NvmlFunctions } from '../../services/host/nvml.ts'

/** What a driver's libraries would do: which devices are there, in what mode, and what each function returns. */
export interface NvidiaDriver {
  readonly devices: readonly VirtualDevice[]
  readonly mode: GpuMode
  /** Return codes other than success, by function. */
  readonly returns?: { readonly [name in keyof NvmlFunctions]?: number }
  /** Functions that this version does not have. */
  readonly missing?: readonly (keyof NvmlFunctions)[]
  /** Return codes of NSCQ by the end of a path, or by function. */
  readonly nscqReturns?: { readonly [what: string]: number }
  /** TNVL status of the switches; locked where not given. */
  readonly switchMode?: number
  /** What a length field says in place of the truth. */
  readonly claimedLength?: number
}

/** What was called and set, in order. */
export interface DriverLog {
  readonly calls: string[]
  ready: boolean
}

const MULTI_GPU = ['none', 'protected-pcie', 'nvle'] as const
const ARCHITECTURES = { HOPPER: 9, BLACKWELL: 10, LS10: 0 } as const
const FIRST_HANDLE = 0x7f00_0000_1000n

/** NVML as its header lays its structures out, over virtual devices. */
export function fakeNvml(driver: NvidiaDriver): { readonly nvml: NvmlFunctions; readonly log: DriverLog } {
  const log: DriverLog = { calls: [], ready: false }
  const gpus = driver.devices.filter(({ arch }) => arch !== 'LS10')
  const gpuOf = (handle: bigint): VirtualDevice => {
    const gpu = gpus[Number(handle - FIRST_HANDLE)]
    if (gpu === undefined) throw new Error(`no GPU has handle ${handle}`)
    return gpu
  }
  const functions: { [name in keyof NvmlFunctions]-?: (...parameters: never[]) => void } = {
    init: () => undefined,
    shutdown: () => undefined,
    systemGetConfComputeSettings: (settings: Uint8Array) => writeSettings(settings, driver.mode),
    systemGetConfComputeState: (state: Uint8Array) => writeWords(state, [2, ...modeWords(driver.mode)], 0),
    systemSetConfComputeGpusReadyState: (ready: number) => {
      log.ready = ready === 1
    },
    deviceGetCount: (count: Uint8Array) => writeWords(count, [gpus.length], 0),
    deviceGetHandleByIndex: (index: number, handle: Uint8Array) =>
      new DataView(handle.buffer).setBigUint64(0, FIRST_HANDLE + BigInt(index), true),
    deviceGetArchitecture: (handle: bigint, arch: Uint8Array) =>
      writeWords(arch, [ARCHITECTURES[gpuOf(handle).arch]], 0),
    deviceGetConfComputeGpuCertificate: (handle: bigint, certificate: Uint8Array) => {
      const chain = encodeUtf8(gpuOf(handle).chain)
      writeWords(certificate, [driver.claimedLength ?? chain.byteLength], 4)
      certificate.set(chain, 8 + 0x1000)
    },
    deviceGetConfComputeGpuAttestationReport: (handle: bigint, report: Uint8Array) => {
      const { evidence } = reportVirtualDevice(gpuOf(handle), report.slice(12, 44))
      writeWords(report, [driver.claimedLength ?? evidence.byteLength], 4)
      report.set(evidence, 44)
    }
  }
  const entries = Object.entries(functions).map(([name, run]) => {
    const key = name as keyof NvmlFunctions
    if (driver.missing?.includes(key) === true) return [key, undefined]
    const native = async (...parameters: never[]): Promise<number> => {
      log.calls.push(key)
      const returned = driver.returns?.[key] ?? 0
      if (returned === 0) run(...parameters)
      return returned
    }
    return [key, native]
  })
  return { nvml: Object.fromEntries(entries) as NvmlFunctions, log }
}

/** NSCQ over the switches among virtual devices. */
export function fakeNscq(driver: NvidiaDriver): { readonly nscq: NscqFunctions; readonly log: DriverLog } {
  const log: DriverLog = { calls: [], ready: false }
  const switches = driver.devices.filter(({ arch }) => arch === 'LS10')
  let nonce = new Uint8Array(32)
  const returnedBy = (what: string): number => driver.nscqReturns?.[what.split('/').at(-1) ?? ''] ?? 0
  const valuesAt = (path: string): readonly NscqObservation['value'][] => {
    if (path === '/drv/nvswitch/{device}/uuid') return switches.map((_, index) => `SWX-${index}`)
    if (path === '/{nvswitch}/id/arch') return switches.map(() => 2)
    const [, index, what] = /^\/SWX-(\d)\/config\/(\w+)$/.exec(path) ?? []
    const device = switches[Number(index)]
    if (device === undefined) throw new Error(`no switch at ${path}`)
    if (what === 'pcie_mode') return [driver.switchMode ?? 3]
    const { certificate, evidence } = reportVirtualDevice(device, nonce)
    return [what === 'certificate' ? certificate : evidence]
  }
  const nscq: NscqFunctions = {
    createSession: async () => ({ returned: returnedBy('create'), session: 77n }),
    destroySession: async () => {
      log.calls.push('destroy')
    },
    setInput: async (_, input) => {
      nonce = Uint8Array.from(input)
      return returnedBy('input')
    },
    observe: async (_, path) => {
      log.calls.push(path)
      const returned = returnedBy(path)
      return { returned, observed: returned < 0 ? [] : valuesAt(path).map((value) => ({ returned: 0, value })) }
    }
  }
  return { nscq, log }
}

function writeSettings(settings: Uint8Array, mode: GpuMode): void {
  const version = new DataView(settings.buffer).getUint32(0, true)
  if (version !== (20 | (1 << 24))) throw new Error(`version ${version} of the settings`)
  writeWords(settings, [2, ...modeWords(mode), MULTI_GPU.indexOf(mode.multiGpu)], 4)
}

function modeWords({ ccFeature, devTools }: GpuMode): readonly number[] {
  return [Number(ccFeature), Number(devTools)]
}

function writeWords(bytes: Uint8Array, words: readonly number[], at: number): void {
  words.forEach((word, index) => {
    new DataView(bytes.buffer).setUint32(at + 4 * index, word, true)
  })
}
