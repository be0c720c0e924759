import { ServiceError } from '../../runtime/errors.ts'

/** From (included) to (excluded). */
export interface Period {
  readonly from: Date
  readonly to: Date
}

/** Empty: to be paid. */
export type Unbillable = '' | 'USAGE_UNLISTED' | 'USAGE_OVERPRICED'

/** A day's statements of one key, or of one tenant whose key nobody knows, and one model. */
export interface BillLine {
  /** YYYY-MM-DD, UTC. */
  readonly day: string
  readonly organisation: string
  readonly keyId: Uint8Array | undefined
  readonly tenant: Uint8Array | undefined
  readonly model: string
  readonly unbillable: Unbillable
  readonly requests: bigint
  readonly cancelled: bigint
  readonly failed: bigint
  readonly prompt: bigint
  readonly cached: bigint
  readonly completion: bigint
  readonly reasoning: bigint
  /** nanoTON. */
  readonly price: bigint
}

export interface BilledStatement {
  readonly statement: Uint8Array
  readonly unbillable: Unbillable
  readonly keyId: Uint8Array | undefined
  readonly storedAt: Date
}

/** Of a UTC day and a UTC month. */
export interface Spent {
  readonly tokens: bigint
  readonly nanoton: bigint
}

export interface SpentByKey {
  readonly keyId: Uint8Array
  readonly organisation: string
  readonly spent: Spent
}

const DAY_MS = 24 * 3_600_000
const LONGEST_MS = 400 * DAY_MS
const PAGE = 500

/** Unix seconds; 0: the beginning of this UTC month, and the end of this UTC day. */
export function readPeriod(from: number, to: number, now: Date): Period {
  const period = {
    from: from === 0 ? monthOf(now) : new Date(from * 1000),
    to: to === 0 ? new Date(dayOf(now).getTime() + DAY_MS) : new Date(to * 1000)
  }
  const length = period.to.getTime() - period.from.getTime()
  if (!(length > 0 && length <= LONGEST_MS)) {
    throw new ServiceError('ARGUMENT_INVALID', 'a period ends after it begins, and lasts 400 days at most')
  }
  return period
}

export function dayOf(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()))
}

export function monthOf(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1))
}

/** YYYY-MM-DD, UTC. */
export function dayText(day: Date): string {
  return day.toISOString().slice(0, 10)
}

/** The whole UTC days of a period (YYYY-MM-DD, `to` excluded), and what is left of it before and after them. */
export function splitPeriod({ from, to }: Period): {
  readonly days: { readonly from: string; readonly to: string }
  readonly parts: readonly Period[]
} {
  const first = new Date(Math.ceil(from.getTime() / DAY_MS) * DAY_MS)
  const last = new Date(Math.floor(to.getTime() / DAY_MS) * DAY_MS)
  const days = { from: dayText(first), to: dayText(last) }
  if (first > last) return { days, parts: [{ from, to }] }
  const ends = [
    { from, to: first },
    { from: last, to }
  ]
  return { days, parts: ends.filter((part) => part.from < part.to) }
}

/** Where a reading of statements has got to. */
export interface Cursor {
  readonly storedAt: Date
  readonly epoch: Uint8Array
  readonly seq: bigint
}

export type Placed<Statement> = Statement & { readonly cursor: Cursor }

/** Everything that `readPage` finds, in the order of storing, a page in memory at a time. */
export async function* readPages<Statement>(
  readPage: (after: Cursor, most: number) => Promise<readonly Placed<Statement>[]>
): AsyncGenerator<readonly Statement[], void> {
  let after: Cursor = { storedAt: new Date(0), epoch: new Uint8Array(0), seq: 0n }
  for (;;) {
    const page = await readPage(after, PAGE)
    yield page
    const last = page.at(-1)
    if (last === undefined) return
    after = last.cursor
  }
}
