import { array, type LibraryHandle, load, pointer, proto, register, struct, type TypeObject, unregister } from 'koffi'
import { ServiceError } from '../runtime/errors.ts'
import type { NscqFunctions, NscqObservation, NscqValue } from './nscq.ts'
import type { NvmlFunctions } from './nvml.ts'

/** Runs in a thread of its own: a report takes a device tenths of a second. */
type NativeFunction = (...parameters: readonly unknown[]) => Promise<unknown>

/** Memory that is written is handed over as bytes; a handle is as wide as a pointer, and is handed back as it came. */
const NVML_PROTOTYPES = {
  init: 'int nvmlInit_v2()',
  shutdown: 'int nvmlShutdown()',
  systemGetConfComputeSettings: 'int nvmlSystemGetConfComputeSettings(void *settings)',
  systemGetConfComputeState: 'int nvmlSystemGetConfComputeState(void *state)',
  systemSetConfComputeGpusReadyState: 'int nvmlSystemSetConfComputeGpusReadyState(uint32_t ready)',
  deviceGetCount: 'int nvmlDeviceGetCount_v2(void *count)',
  deviceGetHandleByIndex: 'int nvmlDeviceGetHandleByIndex_v2(uint32_t index, void *handle)',
  deviceGetArchitecture: 'int nvmlDeviceGetArchitecture(uint64_t device, void *architecture)',
  deviceGetConfComputeGpuCertificate: 'int nvmlDeviceGetConfComputeGpuCertificate(uint64_t device, void *certificate)',
  deviceGetConfComputeGpuAttestationReport:
    'int nvmlDeviceGetConfComputeGpuAttestationReport(uint64_t device, void *report)'
} as const satisfies Record<keyof NvmlFunctions, string>

const NSCQ_PROTOTYPES = {
  create: 'BombyxNscqSession nscq_session_create(uint32_t flags)',
  destroy: 'void nscq_session_destroy(uint64_t session)',
  setInput: 'int8_t nscq_session_set_input(uint64_t session, uint32_t flags, void *input, uint32_t length)',
  observe:
    'int8_t nscq_session_path_observe(uint64_t session, const char *path, void *callback, void *user, uint32_t flags)',
  toLabel: 'int8_t nscq_uuid_to_label(void *uuid, void *label, uint32_t flags)'
} as const
struct('BombyxNscqSession', { returned: 'int8_t', session: 'uint64_t' })

/** What an observation's callback is handed, by value but for the identifier. */
const NSCQ_VALUES = {
  label: 'void *',
  number: 'int8_t',
  report: struct({ size: 'uint32_t', bytes: array('uint8_t', 0x2000, 'Typed') }),
  certificate: struct({ bytes: array('uint8_t', 0x1400, 'Typed'), size: 'uint32_t' })
} as const satisfies Record<NscqValue, string | TypeObject>
const NSCQ_LABEL_LENGTH = 64
const NSCQ_MOUNT_DEVICES = 1

/** NVIDIA's management library, as the driver installs it. Refuses with DEVICE_LIBRARY_MISSING. */
export function loadNvml(name = 'libnvidia-ml.so.1'): NvmlFunctions {
  const library = loadLibrary(name, 'the NVIDIA driver is not installed in this guest')
  const functions = Object.entries(NVML_PROTOTYPES).map(([key, prototype]) => [key, bindIfThere(library, prototype)])
  return Object.fromEntries(functions) as NvmlFunctions
}

/** NVIDIA's library for NVSwitches, a package beside the driver. Refuses with DEVICE_LIBRARY_MISSING. */
export function loadNscq(name = 'libnvidia-nscq.so.2'): NscqFunctions {
  const library = loadLibrary(name, 'the package libnvidia-nscq, in the version of the driver, is not installed here')
  const [create, destroy, setInput, observe] = [
    bind(library, NSCQ_PROTOTYPES.create),
    bind(library, NSCQ_PROTOTYPES.destroy),
    bind(library, NSCQ_PROTOTYPES.setInput),
    bind(library, NSCQ_PROTOTYPES.observe)
  ]
  const toLabel: (...parameters: readonly unknown[]) => number = library.func(NSCQ_PROTOTYPES.toLabel)
  return {
    createSession: async () => {
      const { returned, session } = (await create(NSCQ_MOUNT_DEVICES)) as { returned: number; session: number | bigint }
      return { returned, session: BigInt(session) }
    },
    destroySession: async (session) => {
      await destroy(session)
    },
    setInput: async (session, input) => (await setInput(session, 0, input, input.byteLength)) as number,
    observe: async (session, path, kind) => {
      const observed: NscqObservation[] = []
      const observer = (_device: unknown, returned: number, value: unknown): void => {
        observed.push({ returned, value: returned < 0 ? '' : readValue(kind, value, toLabel) })
      }
      const callback = register(observer, pointer(proto('void', ['void *', 'int8_t', NSCQ_VALUES[kind], 'void *'])))
      try {
        return { returned: (await observe(session, path, callback, null, 0)) as number, observed }
      } finally {
        unregister(callback)
      }
    }
  }
}

function readValue(kind: NscqValue, value: unknown, toLabel: (...parameters: readonly unknown[]) => number) {
  if (kind === 'number') return value as number
  if (kind === 'label') return readLabel(value, toLabel)
  const { size, bytes } = value as { readonly size: number; readonly bytes: Uint8Array }
  return bytes.slice(0, size)
}

/** The identifier as text; it is only there while its callback runs. */
function readLabel(uuid: unknown, toLabel: (...parameters: readonly unknown[]) => number): string {
  const label = new Uint8Array(NSCQ_LABEL_LENGTH)
  if (toLabel(uuid, label, 0) < 0) throw new ServiceError('DEVICE_REFUSED', 'an NVSwitch has no name')
  return Buffer.from(label).toString('latin1').replace(/\0.*$/s, '')
}

function loadLibrary(name: string, remedy: string): LibraryHandle {
  try {
    return load(name)
  } catch (cause) {
    throw new ServiceError('DEVICE_LIBRARY_MISSING', `${name} cannot be loaded: ${remedy}`, { cause })
  }
}

function bindIfThere(library: LibraryHandle, prototype: string): NativeFunction | undefined {
  try {
    return bind(library, prototype)
  } catch {
    return undefined
  }
}

function bind(library: LibraryHandle, prototype: string): NativeFunction {
  const native = library.func(prototype)
  return (...parameters) =>
    new Promise((resolve, reject) => {
      native.async(...parameters, (error: unknown, returned: unknown) => (error ? reject(error) : resolve(returned)))
    })
}
