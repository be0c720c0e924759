import type { DeviceEvidence } from '../../attestation/bundle.ts'
import { ServiceError } from '../runtime/errors.ts'
import { deviceName } from './devices.ts'

/** What a path of NSCQ gives: an identifier as text, a small number, or the bytes of a report or of certificates. */
export type NscqValue = 'label' | 'number' | 'report' | 'certificate'

/** What was observed at a path: one call a device, with NSCQ's return code. */
export interface NscqObservation {
  readonly returned: number
  readonly value: string | number | Uint8Array
}

/** The functions of NSCQ that a host needs, with their return codes: 0 for success, above for warnings. */
export interface NscqFunctions {
  createSession(): Promise<{ readonly returned: number; readonly session: bigint }>
  destroySession(session: bigint): Promise<void>
  /** What the next observations take as input: the nonce. */
  setInput(session: bigint, input: Uint8Array): Promise<number>
  observe(
    session: bigint,
    path: string,
    kind: NscqValue
  ): Promise<{ readonly returned: number; readonly observed: readonly NscqObservation[] }>
}

/** All NVSwitches of this guest. */
export interface Switches extends AsyncDisposable {
  collect(nonce: Uint8Array): Promise<readonly DeviceEvidence[]>
}

const LS10 = 2
/** TNVL: on, and its configuration locked. */
const LOCKED = 3
const MOST_SWITCHES = 8

/** Refuses with DEVICE_UNAVAILABLE where there is no switch. */
export async function openNscq(functions: NscqFunctions): Promise<Switches> {
  const { returned, session } = await functions.createSession()
  checkReturned('nscq_session_create', returned)
  try {
    const labels = await listSwitches(functions, session)
    return {
      collect: async (nonce) => {
        const collected: DeviceEvidence[] = []
        for (const [index, label] of labels.entries()) {
          collected.push(await collectOne({ functions, session, path: `/${label}/config`, index }, nonce))
        }
        return collected
      },
      [Symbol.asyncDispose]: () => functions.destroySession(session)
    }
  } catch (error) {
    await functions.destroySession(session)
    throw error
  }
}

async function listSwitches(functions: NscqFunctions, session: bigint): Promise<readonly string[]> {
  const labels = await observe(functions, session, '/drv/nvswitch/{device}/uuid', 'label')
  if (labels.length === 0) throw new ServiceError('DEVICE_UNAVAILABLE', 'the driver knows no NVSwitch')
  if (labels.length > MOST_SWITCHES) throw refused(`${labels.length} NVSwitches, at most ${MOST_SWITCHES}`)
  const architectures = await observe(functions, session, '/{nvswitch}/id/arch', 'number')
  if (architectures.some((arch) => arch !== LS10)) throw refused('an NVSwitch is not of the third generation (LS10)')
  return labels.map(String)
}

interface SwitchPlace {
  readonly functions: NscqFunctions
  readonly session: bigint
  readonly path: string
  readonly index: number
}

async function collectOne(
  { functions, session, path, index }: SwitchPlace,
  nonce: Uint8Array
): Promise<DeviceEvidence> {
  const name = deviceName('LS10', index)
  const [mode] = await observe(functions, session, `${path}/pcie_mode`, 'number')
  if (mode !== LOCKED) throw refused(`${name} is not locked (mode ${String(mode)})`)
  const [certificate] = await observe(functions, session, `${path}/certificate`, 'certificate')
  checkReturned('nscq_session_set_input', await functions.setInput(session, nonce))
  const [evidence] = await observe(functions, session, `${path}/attestation_report`, 'report')
  if (!(certificate instanceof Uint8Array) || !(evidence instanceof Uint8Array))
    throw refused(`${name} gives no report`)
  return { arch: 'LS10', certificate, evidence }
}

async function observe(functions: NscqFunctions, session: bigint, path: string, kind: NscqValue) {
  const { returned, observed } = await functions.observe(session, path, kind)
  checkReturned(path, returned)
  for (const observation of observed) checkReturned(path, observation.returned)
  return observed.map(({ value }) => value)
}

/** Warnings (above 0) are NSCQ's word about its own telemetry. */
function checkReturned(what: string, returned: number): void {
  if (returned >= 0) return
  const reason = RETURN_CODES.get(returned) ?? 'NSCQ refuses'
  throw new ServiceError(
    returned === DRIVER_UNSUPPORTED ? 'DEVICE_LIBRARY_MISSING' : 'DEVICE_REFUSED',
    `${what} gives ${returned}: ${reason}`
  )
}

const DRIVER_UNSUPPORTED = -6
const RETURN_CODES: ReadonlyMap<number, string> = new Map([
  [-1, 'not implemented: this NSCQ is too old'],
  [-3, 'the switch cannot be opened: the agent wants root, or the rights on /dev/nvidia-nvswitch*'],
  [DRIVER_UNSUPPORTED, 'library and driver are of different versions'],
  [-7, 'the driver fails'],
  [-8, 'the switch does not answer in time']
])

function refused(message: string): ServiceError {
  return new ServiceError('DEVICE_REFUSED', message)
}
