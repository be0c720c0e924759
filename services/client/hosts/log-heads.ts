import { equalBytes } from '../../../attestation/crypto.ts'
import { AttestationError } from '../../../attestation/errors.ts'
import {
  type LogTrust,
  type VerifiedCheckpoint,
  verifyCheckpoint,
  verifyExtension
} from '../../../attestation/tlog/checkpoint.ts'
import type { Proof } from '../../../attestation/tlog/prove.ts'
import { unixSeconds } from '../../runtime/time.ts'
import { Recent } from '../recent.ts'
import type { HeadStore } from './head-files.ts'

/** A head of the log, and the note that its log signed. */
export interface SeenHead {
  readonly checkpoint: VerifiedCheckpoint
  readonly note: Uint8Array
}

/** Asks somebody, who is not trusted, for the proof that the tree of the second size extends that of the first. */
export type FetchConsistency = (oldSize: bigint, newSize: bigint) => Promise<Proof>

export interface LogHeadsContext {
  readonly trust: LogTrust
  readonly store: HeadStore
  readonly now: () => Date
  /** Two heads that the log has signed contradict each other; `file` is where the first of them lies. */
  readonly onFork: (file: string) => void
}

/** By size: a relay that lags behind shows older ones again. */
const MOST_HEADS = 1024

/**
 * The client's own memory of one log. Every head that it accepts extends, or is extended by, the newest that it has accepted,
 * in this run or before; so whoever is shown another history is told of it by the log's own signatures.
 */
export class LogHeads {
  readonly #context: LogHeadsContext
  readonly #accepted = new Recent<SeenHead>(MOST_HEADS)
  readonly #noticed = new Recent<true>(MOST_HEADS)
  #work: Promise<unknown> = Promise.resolve()

  constructor(context: LogHeadsContext) {
    this.#context = context
  }

  /**
   * Accepts a head whose signature is verified. Throws `LOG_FORKED` for one that contradicts an accepted one, now and for ever
   * after; `LOG_INCONSISTENT` where nobody shows that it does not; and what `fetch` does.
   */
  accept(head: SeenHead, fetch: FetchConsistency): Promise<void> {
    // One after the other: two heads that came together are compared with each other too.
    const work = this.#work.then(() => this.#accept(head, fetch))
    this.#work = work.catch(() => {})
    return work
  }

  /**
   * Keeps a head that came with what is refused, where the log has signed it: its witnesses, its age and whatever it is to prove say
   * nothing about that. Throws `LOG_FORKED` as `accept` does.
   */
  notice(note: Uint8Array): Promise<void> {
    const head = this.#readSigned(note)
    if (head === undefined) return Promise.resolve()
    const work = this.#work.then(() => this.#noticeAlone(head))
    this.#work = work.catch(() => {})
    return work
  }

  async #noticeAlone(head: SeenHead): Promise<void> {
    await this.#notice(head)
    for (const other of [this.#acceptedAt(head), await this.#readNewest()]) {
      if (other !== undefined) await this.#refuseFork(other, head)
    }
  }

  #readSigned(note: Uint8Array): SeenHead | undefined {
    try {
      return { note, checkpoint: verifyCheckpoint(note, { ...this.#context.trust, minimumWitnesses: 0 }) }
    } catch (error) {
      if (!(error instanceof AttestationError)) throw error
      return undefined
    }
  }

  async #accept(head: SeenHead, fetch: FetchConsistency): Promise<void> {
    const fork = await this.#context.store.findFork()
    if (fork !== undefined) throw forked(fork)
    await this.#notice(head)
    let newest = await this.#readNewest()
    for (;;) {
      await this.#compare(head, newest, fetch)
      const latest = await this.#advance(head, newest)
      if (latest === undefined) return
      newest = latest
    }
  }

  async #compare(head: SeenHead, newest: SeenHead | undefined, fetch: FetchConsistency): Promise<void> {
    const known = this.#acceptedAt(head)
    for (const other of [known, newest]) if (other !== undefined) await this.#refuseFork(other, head)
    if (newest !== undefined && (known === undefined || this.#acceptedAt(newest) === undefined)) {
      await requireExtension(newest.checkpoint, head.checkpoint, fetch)
      this.#accepted.set(String(newest.checkpoint.size), newest)
    }
  }

  /** Accepts a head that was compared with `newest`. Another process of this machine may have gone on meanwhile: then gives how far. */
  async #advance(head: SeenHead, newest: SeenHead | undefined): Promise<SeenHead | undefined> {
    const { store } = this.#context
    await using _ = await store.lock()
    const latest = await this.#readNewest()
    if (latest !== undefined && !isSame(latest, newest)) return latest
    this.#accepted.set(String(head.checkpoint.size), head)
    if (newest === undefined || newest.checkpoint.size < head.checkpoint.size) await store.writeHead(head.note)
    return undefined
  }

  #acceptedAt({ checkpoint }: SeenHead): SeenHead | undefined {
    return this.#accepted.get(String(checkpoint.size))
  }

  async #notice({ checkpoint, note }: SeenHead): Promise<void> {
    const name = `${checkpoint.size} ${checkpoint.root.join()}`
    if (this.#noticed.get(name) !== undefined) return
    await this.#context.store.appendSeen(note, unixSeconds(this.#context.now()))
    this.#noticed.set(name, true)
  }

  async #readNewest(): Promise<SeenHead | undefined> {
    const { store, trust } = this.#context
    const note = await store.readHead()
    if (note === undefined) return undefined
    // Witnesses were counted when it was accepted; the policy may name others since.
    return { note, checkpoint: verifyCheckpoint(note, { ...trust, minimumWitnesses: 0 }) }
  }

  async #refuseFork(known: SeenHead, head: SeenHead): Promise<void> {
    if (known.checkpoint.size !== head.checkpoint.size) return
    if (equalBytes(known.checkpoint.root, head.checkpoint.root)) return
    const file = await this.#context.store.writeFork(known.note, head.note)
    this.#context.onFork(file)
    throw forked(file)
  }
}

function isSame({ checkpoint }: SeenHead, other: SeenHead | undefined): boolean {
  return other?.checkpoint.size === checkpoint.size && equalBytes(other.checkpoint.root, checkpoint.root)
}

async function requireExtension(a: VerifiedCheckpoint, b: VerifiedCheckpoint, fetch: FetchConsistency): Promise<void> {
  const [older, newer] = a.size <= b.size ? [a, b] : [b, a]
  const isTrivial = older.size === newer.size || older.size === 0n
  const proof = isTrivial ? [] : await fetch(older.size, newer.size)
  try {
    verifyExtension(older, newer, proof)
  } catch (cause) {
    if (!(cause instanceof AttestationError)) throw cause
    const message = `nothing shows that the log's tree of ${newer.size} extends the one of ${older.size}: ${cause.message}`
    throw new AttestationError('LOG_INCONSISTENT', message, { cause })
  }
}

function forked(file: string): AttestationError {
  return new AttestationError('LOG_FORKED', `the log has signed two histories; both heads are kept: ${file}`)
}
