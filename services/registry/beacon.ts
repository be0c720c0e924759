import type { Challenge } from '../../attestation/session/challenge.ts'
import type { MasterchainBlock } from '../../contracts/chain.ts'
import type { Logger } from '../runtime/log.ts'

/** What of a challenge is public and recent: a masterchain block, or zeros. */
export type Beacon = Omit<Challenge, 'random'>

export interface BeaconContext {
  /** TON's global id. */
  readonly network: number
  readonly latestBlock: () => Promise<MasterchainBlock>
  readonly now: () => Date
  readonly logger: Logger
}

export const NO_BEACON: Beacon = { network: 0, seqno: 0, rootHash: new Uint8Array(32), genUtime: 0 }

/** Blocks come every few seconds; a challenge is no worse for naming the one before. */
const FRESH_MS = 3_000
/** A host that enrols waits for the chain no longer than this. */
const ANSWER_LIMIT_MS = 3_000
/** Older than this a block is no beacon any more: evidence would begin its life as old as that. */
const RECENT_MS = 600_000
/** A block of the future would be refused by whoever appraises. */
const AHEAD_MS = 30_000

/**
 * The newest masterchain block, asked for at most every three seconds. While the chain does not answer, the last one stands for
 * ten minutes; then there is none, and the log says so: a policy that demands a beacon refuses such evidence, and others
 * see that it has none.
 */
export function createBeaconSource({ network, latestBlock, now, logger }: BeaconContext): () => Promise<Beacon> {
  let last: { readonly beacon: Beacon; readonly askedAt: number } | undefined
  let asking: Promise<void> | undefined
  const ask = async (): Promise<void> => {
    try {
      const { seqno, rootHash, genUtime } = await latestBlock()
      // An endpoint that lags is not followed back. One whose last block is none any more has lied, or its chain began again.
      const isOlder = last !== undefined && isRecent(last.beacon, now()) && seqno < last.beacon.seqno
      if (!isOlder) last = { beacon: { network, seqno, rootHash, genUtime }, askedAt: now().getTime() }
    } catch (error) {
      logger.warn('no masterchain block', {}, error)
    } finally {
      asking = undefined
    }
  }
  return async () => {
    const time = now().getTime()
    if (last === undefined || time - last.askedAt >= FRESH_MS) {
      asking ??= ask()
      await Promise.race([asking, pause(ANSWER_LIMIT_MS)])
    }
    if (last !== undefined && isRecent(last.beacon, now())) return last.beacon
    logger.warn('challenge without a beacon', last === undefined ? {} : { durationMs: ageOf(last.beacon, now()) })
    return NO_BEACON
  }
}

function isRecent(beacon: Beacon, now: Date): boolean {
  const age = ageOf(beacon, now)
  return age <= RECENT_MS && age >= -AHEAD_MS
}

function ageOf({ genUtime }: Beacon, now: Date): number {
  return now.getTime() - genUtime * 1000
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref())
}
