import { equalBytes, sha384 } from '../crypto.ts'
import { concatBytes, encodeHex } from '../encoding.ts'
import { AttestationError } from '../errors.ts'

/** One measured event: what extended which register, and what the log says that was. */
export interface MeasuredEvent {
  /** 0..3: RTMR0..RTMR3. */
  readonly rtmr: number
  /** TCG's event type, or dstack's 0x08000001. */
  readonly type: number
  /** SHA-384, as extended. */
  readonly digest: Uint8Array
  /** dstack's name of a runtime event; '' for others. */
  readonly name: string
  readonly data: Uint8Array
  /** Whether `digest` extends, and is the hash of `data` (and name). Where not, both are only the sender's word. */
  readonly authenticated: boolean
}

/** Events in the order in which they extended the registers. Parsed, not verified. */
export interface EventLog {
  readonly events: readonly MeasuredEvent[]
}

export type Rtmrs = readonly [rtmr0: Uint8Array, rtmr1: Uint8Array, rtmr2: Uint8Array, rtmr3: Uint8Array]

const verified = Symbol('verified')

/** A log that replays to the registers of a quote. Only `verifyEventLog` makes one. */
export interface VerifiedEventLog {
  readonly [verified]: true
  /** Those that extended a register, and no others. */
  readonly events: readonly MeasuredEvent[]
  /** The registers that the log has events for, and so accounts for; of the others it says nothing. */
  readonly covered: ReadonlySet<number>
  /**
   * dstack's runtime events of RTMR3 by name, authenticated ones only (`app-id`, `compose-hash`, `model`,
   * `instance-id`). The first of a name counts: what a guest emits later does not replace what it booted with.
   */
  readonly runtimeEvents: ReadonlyMap<string, Uint8Array>
}

export const EV_NO_ACTION = 0x03
export const EV_SEPARATOR = 0x04
export const DSTACK_RUNTIME_EVENT = 0x0800_0001

const SEPARATOR_DIGESTS = [0x00, 0xff].map((octet) => sha384(new Uint8Array(4).fill(octet)))

/** Logs that account for different registers, as one. */
export function joinEventLogs(logs: readonly EventLog[]): EventLog {
  return { events: logs.flatMap((log) => log.events) }
}

/**
 * The registers that a log replays to: RTMR = SHA-384(RTMR ‖ digest) from zero, without EV_NO_ACTION. Refuses a
 * second separator in a register: after the first, the firmware has left what it measures to others.
 */
export function replayEventLog(log: EventLog): Rtmrs {
  const rtmrs: [Uint8Array, Uint8Array, Uint8Array, Uint8Array] = [zeros(), zeros(), zeros(), zeros()]
  const separated = new Set<number>()
  for (const event of log.events) {
    const { rtmr, type, digest } = event
    if (type === EV_NO_ACTION) continue
    if (isSeparator(event)) {
      if (separated.has(rtmr)) {
        throw new AttestationError('EVENT_LOG_SEPARATOR_DOUBLED', `RTMR${rtmr} has a second separator`)
      }
      separated.add(rtmr)
    }
    const before = rtmrs[rtmr]
    if (before === undefined) throw new AttestationError('EVENT_LOG_MALFORMED', `event of register ${rtmr}`)
    rtmrs[rtmr] = sha384(concatBytes(before, digest))
  }
  return rtmrs
}

/** Checks that the log replays to the quote's registers, in each register that it has events for. */
export function verifyEventLog(log: EventLog, rtmrs: Rtmrs): VerifiedEventLog {
  const replayed = replayEventLog(log)
  const extending = log.events.filter((event) => event.type !== EV_NO_ACTION)
  const covered = new Set(extending.map((event) => event.rtmr))
  for (const index of covered) {
    const [actual, expected] = [replayed[index] ?? zeros(), rtmrs[index] ?? zeros()]
    if (equalBytes(actual, expected)) continue
    const difference = `log ${encodeHex(actual)}, quote ${encodeHex(expected)}`
    throw new AttestationError('EVENT_LOG_MISMATCH', `RTMR${index} replays otherwise: ${difference}`)
  }
  return { [verified]: true, events: extending, covered, runtimeEvents: readRuntimeEvents(extending) }
}

/** No digest binds an event's type, so a separator is also known by what every separator is the hash of. */
function isSeparator({ type, digest }: MeasuredEvent): boolean {
  return type === EV_SEPARATOR || SEPARATOR_DIGESTS.some((separator) => equalBytes(separator, digest))
}

function readRuntimeEvents(events: readonly MeasuredEvent[]): ReadonlyMap<string, Uint8Array> {
  const byName = new Map<string, Uint8Array>()
  for (const { rtmr, type, name, data, authenticated } of events) {
    const isRuntime = rtmr === 3 && type === DSTACK_RUNTIME_EVENT && authenticated
    if (isRuntime && !byName.has(name)) byName.set(name, data)
  }
  return byName
}

function zeros(): Uint8Array {
  return new Uint8Array(48)
}
