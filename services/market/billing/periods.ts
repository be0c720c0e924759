import { setTimeout as delay } from 'node:timers/promises'
import { sha256 } from '../../../attestation/crypto.ts'
import { parseUsage } from '../../../attestation/receipt/usage.ts'
import {
  addUsage,
  EMPTY_PERIOD,
  fitsPeriod,
  type UsagePeriod,
  usageLeaf,
  usageProver
} from '../../../attestation/receipt/usage-period.ts'
import { encodeLeaf } from '../../../attestation/tlog/leaf.ts'
import type { Proof } from '../../../attestation/tlog/prove.ts'
import type { Database } from '../../runtime/database.ts'
import { codeOf, ServiceError } from '../../runtime/errors.ts'
import { holdLease } from '../../runtime/lease.ts'
import type { Logger } from '../../runtime/log.ts'
import { unixSeconds } from '../../runtime/time.ts'
import type { PeriodStore, StatementPlace } from './period-store.ts'

export interface PeriodContext {
  readonly database: Database
  readonly periods: PeriodStore
  readonly now: () => Date
  readonly logger: Logger
  /** How often a period ends, in milliseconds. */
  readonly periodMs: number
}

/** A leaf tells of at most so many: a proof is made with all of its period's statements in memory. */
const MOST_STATEMENTS = 20_000

/** Ends a period every so often, from one replica at a time. */
export function closePeriods(context: PeriodContext): AsyncDisposable {
  const { database, logger, periodMs } = context
  return holdLease({ database, name: 'market usage periods', logger }, async (lease, signal) => {
    while (!signal.aborted) {
      await delay(periodMs, undefined, { signal }).catch(() => {})
      if (signal.aborted) return
      try {
        while ((await context.periods.close(lease, MOST_STATEMENTS, (places) => closingOf(places, context.now()))) > 0);
      } catch (error) {
        if (codeOf(error) === 'LEASE_LOST') throw error
        logger.warn('usage period not closed', {}, error)
      }
    }
  })
}

/** What the log is told of statements, in this order and of as many as its sums hold; and the hash that each is found by. */
function closingOf(
  places: readonly StatementPlace[],
  now: Date
): { readonly leaf: Uint8Array; readonly hashes: readonly Uint8Array[] } {
  let period: UsagePeriod = EMPTY_PERIOD
  let from = now
  const hashes: Uint8Array[] = []
  for (const { statement, storedAt } of places) {
    const usage = parseUsage(statement)
    // What a host counts is its own word: it must not keep the statements of others out of the log.
    if (!fitsPeriod(period, usage)) break
    period = addUsage(period, usage)
    hashes.push(sha256(statement))
    if (storedAt < from) from = storedAt
  }
  return { leaf: encodeLeaf(usageLeaf(period, { from: wholeSecond(from), to: wholeSecond(now) })), hashes }
}

export interface UsageProof {
  readonly leaf: Uint8Array
  readonly index: number
  readonly hashes: readonly Uint8Array[]
  /** Undefined until the leaf is in a signed checkpoint. */
  readonly logIndex: bigint | undefined
}

/** Trees of so many periods are kept, some MB each. */
const MOST_PROVERS = 8

/**
 * Proves statements to be in their periods; refuses NOT_FOUND until the period is closed. Anybody may ask, and a period's tree is much
 * to make: it is made once for all who ask within a while.
 */
export function createUsageProofs(
  periods: Pick<PeriodStore, 'findPeriod' | 'readLeafHashes'>
): (statementHash: Uint8Array) => Promise<UsageProof> {
  const provers = new Map<bigint, Promise<(index: number) => Proof>>()
  const proverOf = (id: bigint): Promise<(index: number) => Proof> => {
    const prover = provers.get(id) ?? periods.readLeafHashes(id).then(usageProver)
    provers.delete(id)
    provers.set(id, prover)
    prover.catch(() => provers.delete(id))
    const [oldest] = provers.keys()
    if (provers.size > MOST_PROVERS && oldest !== undefined) provers.delete(oldest)
    return prover
  }
  return async (statementHash) => {
    const found = await periods.findPeriod(statementHash)
    if (found === undefined) throw new ServiceError('NOT_FOUND', 'no closed period has this statement')
    const prove = await proverOf(found.id)
    return { leaf: found.leaf, index: found.place, hashes: prove(found.place), logIndex: found.logIndex }
  }
}

// Leaves have whole seconds.
function wholeSecond(date: Date): Date {
  return new Date(unixSeconds(date) * 1000)
}
