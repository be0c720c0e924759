import { Address } from '@ton/core'
import { openChain } from '../../../contracts/chain.ts'
import { ContractError } from '../../../contracts/errors.ts'
import { readKeyFile, type SigningKey } from '../../../contracts/key-file.ts'
import type { Database } from '../../runtime/database.ts'
import { configError } from '../../runtime/env.ts'
import type { Logger } from '../../runtime/log.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import type { Heads } from '../heads.ts'
import type { Prover } from '../prover.ts'
import { startAnchorer } from './anchorer.ts'
import type { AnchorConfig } from './config.ts'
import { isLate } from './plan.ts'
import { type AnchorStore, createAnchorStore, type Settled } from './store.ts'

export interface AnchorPlumbing {
  readonly database: Database
  readonly origin: string
  readonly heads: Heads
  readonly prover: Prover
  readonly now: () => Date
  readonly leaseMs: number
  readonly logger: Logger
  readonly metrics: Metrics
}

export interface AnchorStatus {
  readonly network: string
  /** Raw. */
  readonly address: string
  readonly anchored: Settled | undefined
  readonly isPending: boolean
  readonly isLate: boolean
}

export interface LogAnchoring extends AsyncDisposable {
  status(): Promise<AnchorStatus>
}

const WATCH_EVERY_MS = 15_000

/** Anchors the log, when no other replica does; every replica knows how far it is, and raises the alarm when it is late. */
export function openAnchor(config: AnchorConfig, plumbing: AnchorPlumbing): LogAnchoring {
  const { metrics } = plumbing
  const address = readAddress(config.address)
  const store = createAnchorStore(plumbing.database)
  const outcomes = metrics.counter('bombyx_log_anchors_total', 'Anchor messages by outcome', ['outcome'])
  const count = (outcome: string): void => outcomes.inc({ outcome })
  const chain = openChain(config)
  const key = readKey(config.key)
  const { intervalMs, pollMs } = config
  const status = askStatus(store, config, address.toRawString(), plumbing)
  const watching = watchAge(status, Math.min(WATCH_EVERY_MS, intervalMs), plumbing)
  const anchorer = startAnchorer({ ...plumbing, store, chain, address, key, intervalMs, pollMs, count })
  return {
    status,
    async [Symbol.asyncDispose]() {
      clearInterval(watching)
      await anchorer[Symbol.asyncDispose]()
    }
  }
}

function askStatus(
  store: AnchorStore,
  { network, intervalMs }: AnchorConfig,
  address: string,
  { heads, now }: AnchorPlumbing
): () => Promise<AnchorStatus> {
  const since = now().getTime() / 1000
  return async () => {
    const [anchored, open] = [await store.newestAnchored(address), await store.readOpen(address)]
    const headSize = heads.known()?.size ?? 0n
    const age = { now: now().getTime() / 1000, since, anchored, headSize }
    const late = isLate(age, { interval: intervalMs / 1000 })
    return { network, address, anchored, isPending: open !== undefined, isLate: late }
  }
}

/** Metrics and one line in the log whenever it becomes late. */
function watchAge(
  status: () => Promise<AnchorStatus>,
  everyMs: number,
  { now, logger, metrics }: AnchorPlumbing
): NodeJS.Timeout {
  let last: AnchorStatus | undefined
  const age = (): number => now().getTime() / 1000 - (last?.anchored?.timestamp ?? Number.NaN)
  metrics.gauge('bombyx_log_anchor_age_seconds', 'Age of the newest head on chain', age)
  metrics.gauge('bombyx_log_anchor_late', '1: leaves wait too long for an anchor', () => Number(last?.isLate ?? false))
  const look = async (): Promise<void> => {
    const next = await status()
    if (next.isLate && last?.isLate !== true) logger.error('anchor late', { address: next.address })
    last = next
  }
  return setInterval(() => {
    look().catch((error: unknown) => logger.warn('age of the anchor not known', {}, error))
  }, everyMs)
}

function readAddress(text: string): Address {
  try {
    return Address.parse(text)
  } catch (cause) {
    throw configError('BOMBYX_LOG_ANCHOR', 'not an address of TON', cause)
  }
}

function readKey(path: string): SigningKey {
  try {
    return readKeyFile(path)
  } catch (cause) {
    const said = cause instanceof ContractError ? cause.message : `${path} cannot be read`
    throw configError('BOMBYX_LOG_ANCHOR_KEY', said, cause)
  }
}
