import type { GpuMode } from '../../attestation/appraisal/gpu-mode-event.ts'
import type { DeviceArchitecture, DeviceEvidence } from '../../attestation/bundle.ts'
import { ServiceError, type ServiceErrorCode } from '../runtime/errors.ts'
import { deviceName } from './devices.ts'

/** A function that this driver's library does not have is absent. What it writes goes into the bytes it is handed. */
type Native<Parameters extends readonly unknown[]> = ((...parameters: Parameters) => Promise<number>) | undefined

/** The functions of NVML that a host needs, each with NVML's return code. Handles are as wide as a pointer. */
export interface NvmlFunctions {
  readonly init: Native<[]>
  readonly shutdown: Native<[]>
  readonly systemGetConfComputeSettings: Native<[settings: Uint8Array]>
  readonly systemGetConfComputeState: Native<[state: Uint8Array]>
  readonly systemSetConfComputeGpusReadyState: Native<[ready: number]>
  readonly deviceGetCount: Native<[count: Uint8Array]>
  readonly deviceGetHandleByIndex: Native<[index: number, handle: Uint8Array]>
  readonly deviceGetArchitecture: Native<[device: bigint, architecture: Uint8Array]>
  readonly deviceGetConfComputeGpuCertificate: Native<[device: bigint, certificate: Uint8Array]>
  readonly deviceGetConfComputeGpuAttestationReport: Native<[device: bigint, report: Uint8Array]>
}

/** All GPUs of this guest, through its driver. */
export interface Gpus extends AsyncDisposable {
  mode(): Promise<GpuMode>
  collect(nonce: Uint8Array): Promise<readonly DeviceEvidence[]>
  setReady(ready: boolean): Promise<void>
}

/** nvmlConfComputeSettings_t: version, environment, ccFeature, devToolsMode, multiGpuMode. */
const SETTINGS_LENGTH = 20
const SETTINGS_VERSION = SETTINGS_LENGTH | (1 << 24)
/** nvmlConfComputeSystemState_t, of drivers before 550: environment, ccFeature, devToolsMode. */
const STATE_LENGTH = 12
const MULTI_GPU = ['none', 'protected-pcie', 'nvle'] as const
/** nvmlConfComputeGpuCertificate_t: two lengths, the chain, the chain for attestation. */
const CERTIFICATE = { sizeAt: 4, chainAt: 8 + 0x1000, chainLength: 0x1400 }
/** nvmlConfComputeGpuAttestationReport_t: flag, two lengths, nonce, report, the report of another controller. */
const REPORT = { sizeAt: 4, nonceAt: 12, reportAt: 12 + 32, reportLength: 0x2000, length: 12 + 32 + 0x2000 + 0x1000 }
const ARCHITECTURES: ReadonlyMap<number, DeviceArchitecture> = new Map([
  [9, 'HOPPER'],
  [10, 'BLACKWELL']
])
const MOST_GPUS = 16

const SUCCESS = 0
/** NVML's return codes that say what to do; every other is a refusal of the driver's. */
const RETURN_CODES: ReadonlyMap<number, readonly [code: ServiceErrorCode, reason: string]> = new Map([
  [3, ['DEVICE_REFUSED', 'not supported: confidential computing is off, or the GPU has none']],
  [4, ['DEVICE_FORBIDDEN', 'no permission: the agent wants root, or the rights on /dev/nvidia*']],
  [9, ['DEVICE_UNAVAILABLE', 'the NVIDIA driver is not loaded']],
  [13, ['DEVICE_LIBRARY_MISSING', 'the driver is too old for confidential computing']],
  [15, ['DEVICE_UNAVAILABLE', 'a GPU has fallen off the bus']],
  [16, ['DEVICE_UNAVAILABLE', 'a GPU wants a reset']]
])

/** Refuses with DEVICE_UNAVAILABLE where there is no GPU. */
export async function openNvml(functions: NvmlFunctions): Promise<Gpus> {
  await call('nvmlInit', functions.init)
  const close = async (): Promise<void> => {
    await functions.shutdown?.()
  }
  try {
    const handles = await listHandles(functions)
    if (handles.length === 0) throw new ServiceError('DEVICE_UNAVAILABLE', 'the driver knows no GPU')
    return {
      mode: () => readMode(functions),
      collect: async (nonce) => {
        const collected: DeviceEvidence[] = []
        for (const [index, handle] of handles.entries())
          collected.push(await collectOne(functions, index, handle, nonce))
        return collected
      },
      setReady: (ready) =>
        call('nvmlSystemSetConfComputeGpusReadyState', functions.systemSetConfComputeGpusReadyState, ready ? 1 : 0),
      [Symbol.asyncDispose]: close
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function listHandles(functions: NvmlFunctions): Promise<readonly bigint[]> {
  const count = new Uint8Array(4)
  await call('nvmlDeviceGetCount', functions.deviceGetCount, count)
  const length = uint32(count, 0)
  if (length > MOST_GPUS) throw new ServiceError('DEVICE_REFUSED', `${length} GPUs, at most ${MOST_GPUS}`)
  const handles: bigint[] = []
  for (let index = 0; index < length; index++) {
    const handle = new Uint8Array(8)
    await call('nvmlDeviceGetHandleByIndex', functions.deviceGetHandleByIndex, index, handle)
    handles.push(new DataView(handle.buffer).getBigUint64(0, true))
  }
  return handles
}

async function readMode(functions: NvmlFunctions): Promise<GpuMode> {
  if (functions.systemGetConfComputeSettings === undefined) return readOldMode(functions)
  const settings = new Uint8Array(SETTINGS_LENGTH)
  new DataView(settings.buffer).setUint32(0, SETTINGS_VERSION, true)
  await call('nvmlSystemGetConfComputeSettings', functions.systemGetConfComputeSettings, settings)
  const multiGpu = MULTI_GPU[uint32(settings, 16)]
  if (multiGpu === undefined) throw new ServiceError('DEVICE_REFUSED', 'a multi-GPU mode that is not known')
  return { ccFeature: uint32(settings, 8) === 1, devTools: uint32(settings, 12) !== 0, multiGpu }
}

async function readOldMode({ systemGetConfComputeState }: NvmlFunctions): Promise<GpuMode> {
  const state = new Uint8Array(STATE_LENGTH)
  await call('nvmlSystemGetConfComputeState', systemGetConfComputeState, state)
  return { ccFeature: uint32(state, 4) === 1, devTools: uint32(state, 8) !== 0, multiGpu: 'none' }
}

async function collectOne(
  functions: NvmlFunctions,
  index: number,
  handle: bigint,
  nonce: Uint8Array
): Promise<DeviceEvidence> {
  const architecture = new Uint8Array(4)
  await call('nvmlDeviceGetArchitecture', functions.deviceGetArchitecture, handle, architecture)
  const arch = ARCHITECTURES.get(uint32(architecture, 0))
  if (arch === undefined) throw new ServiceError('DEVICE_REFUSED', `GPU ${index} is neither Hopper nor Blackwell`)
  const chain = new Uint8Array(CERTIFICATE.chainAt + CERTIFICATE.chainLength)
  await call('nvmlDeviceGetConfComputeGpuCertificate', functions.deviceGetConfComputeGpuCertificate, handle, chain)
  const report = new Uint8Array(REPORT.length)
  report.set(nonce, REPORT.nonceAt)
  const getReport = functions.deviceGetConfComputeGpuAttestationReport
  await call('nvmlDeviceGetConfComputeGpuAttestationReport', getReport, handle, report)
  const what = deviceName(arch, index)
  return {
    arch,
    certificate: sized(chain.subarray(CERTIFICATE.chainAt), uint32(chain, CERTIFICATE.sizeAt), `${what}: certificates`),
    evidence: sized(
      report.subarray(REPORT.reportAt, REPORT.reportAt + REPORT.reportLength),
      uint32(report, REPORT.sizeAt),
      `${what}: report`
    )
  }
}

async function call<Parameters extends readonly unknown[]>(
  name: string,
  native: Native<Parameters>,
  ...parameters: Parameters
): Promise<void> {
  if (native === undefined) {
    throw new ServiceError('DEVICE_LIBRARY_MISSING', `${name} is not in this NVML: the driver is too old`)
  }
  const returned = await native(...parameters)
  if (returned === SUCCESS) return
  const [code, reason] = RETURN_CODES.get(returned) ?? (['DEVICE_REFUSED', 'the driver refuses'] as const)
  throw new ServiceError(code, `${name} gives ${returned}: ${reason}`)
}

/** The bytes that the driver says it wrote; it is not believed past the end. */
function sized(bytes: Uint8Array, length: number, what: string): Uint8Array {
  if (length === 0 || length > bytes.byteLength) throw new ServiceError('DEVICE_REFUSED', `${what} of ${length} bytes`)
  return bytes.slice(0, length)
}

function uint32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true)
}
