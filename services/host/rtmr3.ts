import { equalBytes } from '../../attestation/crypto.ts'
import {
  dstackEventDigest,
  encodeDstackEventLog,
  parseDstackEventLog,
  type RuntimeEvent
} from '../../attestation/tdx/dstack-log.ts'
import { type EventLog, replayEventLog } from '../../attestation/tdx/event-log.ts'
import { ServiceError } from '../runtime/errors.ts'
import { isMissing } from '../runtime/stored-files.ts'
import { type MeasuredApp, runtimeEvents } from './collector.ts'
import type { KernelFiles } from './kernel-files.ts'

export interface RtmrPaths {
  /** Linux 6.16: reading gives the register, writing 48 bytes extends it. */
  readonly rtmr3: string
  /** The log of what extended it in this boot; on a file system that ends with the boot. */
  readonly log: string
}

const REGISTER_LENGTH = 48

/**
 * Extends RTMR3 with the app's events and gives the whole log, JCS bytes. A register only grows: an agent that starts
 * again in the same boot finds its events in the log and extends nothing; one with another model or configuration is
 * refused, as is a register that the log does not explain.
 */
export async function extendRtmr3(paths: RtmrPaths, files: KernelFiles, app: MeasuredApp): Promise<Uint8Array> {
  const known = await readLog(paths.log, files)
  checkReplay(known.log, await readRegister(paths.rtmr3, files))
  const wanted = runtimeEvents(app)
  if (known.log.events.length > 0) {
    checkSameApp(known.log, wanted)
    return known.bytes
  }
  const bytes = encodeDstackEventLog(wanted)
  // Written first: an agent that is stopped between the two is refused at its next start, not believed.
  await files.store(paths.log, bytes)
  for (const event of wanted) await extend(paths.rtmr3, files, dstackEventDigest(event))
  checkReplay(parseDstackEventLog(bytes), await readRegister(paths.rtmr3, files))
  return bytes
}

interface KnownLog {
  readonly bytes: Uint8Array
  readonly log: EventLog
}

async function readLog(path: string, files: KernelFiles): Promise<KnownLog> {
  try {
    const bytes = await files.read(path)
    return { bytes, log: parseDstackEventLog(bytes) }
  } catch (error) {
    if (!isMissing(error)) throw error
    return { bytes: encodeDstackEventLog([]), log: { events: [] } }
  }
}

function checkReplay(log: EventLog, register: Uint8Array): void {
  const [, , , expected] = replayEventLog(log)
  if (!equalBytes(register, expected)) {
    throw new ServiceError('TSM_REFUSED', 'RTMR3 holds what this boot’s log does not tell: the guest must start anew')
  }
}

async function readRegister(path: string, files: KernelFiles): Promise<Uint8Array> {
  let bytes: Uint8Array
  try {
    bytes = await files.read(path)
  } catch (cause) {
    const message = 'RTMR3 cannot be read here: a TDX guest with Linux 6.16 or later is wanted'
    throw new ServiceError('TSM_UNAVAILABLE', message, { cause })
  }
  if (bytes.byteLength !== REGISTER_LENGTH) throw new ServiceError('TSM_REFUSED', 'RTMR3 is not 48 bytes')
  return bytes
}

async function extend(path: string, files: KernelFiles, digest: Uint8Array): Promise<void> {
  try {
    await files.write(path, digest)
  } catch (cause) {
    throw new ServiceError('TSM_REFUSED', 'RTMR3 cannot be extended', { cause })
  }
}

/** What was measured in this boot is what would be measured now, but for the instance id, which is of the boot. */
function checkSameApp(log: EventLog, wanted: readonly RuntimeEvent[]): void {
  if (log.events.length !== wanted.length) {
    throw new ServiceError('TSM_REFUSED', 'more or less was measured in this boot: the guest must start anew')
  }
  for (const { name, payload } of wanted) {
    const measured = log.events.filter((event) => event.name === name)
    const [first, ...more] = measured
    const same = first !== undefined && (name === 'instance-id' || equalBytes(first.data, payload))
    if (!same || more.length > 0) {
      throw new ServiceError('TSM_REFUSED', `another ${name} was measured in this boot: the guest must start anew`)
    }
  }
}
