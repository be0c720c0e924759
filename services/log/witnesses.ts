import { setTimeout as delay } from 'node:timers/promises'
import { equalBytes } from '../../attestation/crypto.ts'
import { decodeUtf8, encodeBase64, encodeUtf8 } from '../../attestation/encoding.ts'
import { type NoteSignature, parseSignatureLine, verifiedSignatures } from '../../attestation/tlog/note.ts'
import type { NoteKey } from '../../attestation/tlog/note-key.ts'
import { parseTreeSize } from '../../attestation/tlog/tree-size.ts'
import { createBell } from '../runtime/bell.ts'
import type { Database } from '../runtime/database.ts'
import { ServiceError } from '../runtime/errors.ts'
import { holdLease, type Lease } from '../runtime/lease.ts'
import type { Logger } from '../runtime/log.ts'
import type { Prover } from './prover.ts'
import { type HeadSigner, headText } from './signer.ts'
import type { LogStore, StoredCheckpoint } from './store.ts'
import { HEAD_CHANNEL, type TreeStore } from './tree-store.ts'

/** Who is asked to cosign heads (C2SP tlog-witness). */
export interface Witness {
  readonly key: NoteKey
  /** Submission prefix, without a slash at its end. */
  readonly url: string
}

export interface WitnessContext {
  readonly database: Database
  readonly witnesses: readonly Witness[]
  readonly store: LogStore
  readonly trees: TreeStore
  readonly signer: HeadSigner
  readonly prover: Prover
  readonly leaseMs: number
  readonly logger: Logger
  readonly count: (outcome: 'cosigned' | 'failed') => void
}

const ANSWER_LIMIT_MS = 10_000
const MAX_ANSWER_BYTES = 16 * 1024
/** Witnesses serve many logs: a busy log asks them for a head at most this often. */
const PAUSE_MS = 1000
const RETRY_MS = 30_000

/** Asks every witness for each new head, or for the newest one of those that came while it was asked; one replica at a time. */
export async function startWitnessing(context: WitnessContext): Promise<AsyncDisposable> {
  const { database, logger, leaseMs } = context
  const bell = createBell()
  await using stack = new AsyncDisposableStack()
  stack.use(await database.listen(HEAD_CHANNEL, () => bell.ring()))
  const lease = { database, name: 'log witnesses', logger, ttlMs: leaseMs }
  stack.use(
    holdLease(lease, async (held, signal) => {
      const done = new Map<string, bigint>()
      while (!signal.aborted) {
        const head = await context.store.newestCheckpoint(0)
        if (head !== undefined) await askAll(context, { lease: held, head, done, signal })
        await delay(PAUSE_MS, undefined, { signal }).catch(() => {})
        await bell.wait(RETRY_MS, signal)
      }
    })
  )
  const started = stack.move()
  return { [Symbol.asyncDispose]: () => started.disposeAsync() }
}

interface Asking {
  readonly lease: Lease
  readonly head: StoredCheckpoint
  /** Which head each witness has cosigned, by its name. */
  readonly done: Map<string, bigint>
  readonly signal: AbortSignal
}

async function askAll(context: WitnessContext, { lease, head, done, signal }: Asking): Promise<void> {
  const { witnesses, signer, trees, logger, count } = context
  const open = witnesses.filter(({ key }) => done.get(key.name) !== head.size)
  const answers = await Promise.allSettled(open.map((witness) => ask(context, witness, head, signal)))
  const lines: NoteSignature[] = []
  for (const [at, answer] of answers.entries()) {
    const name = open[at]?.key.name ?? ''
    count(answer.status === 'fulfilled' ? 'cosigned' : 'failed')
    if (answer.status === 'rejected') {
      logger.warn('witness has not cosigned', { name }, answer.reason)
      continue
    }
    lines.push(answer.value)
    await trees.storeWitnessedSize(lease, name, head.size)
    done.set(name, head.size)
  }
  if (lines.length > 0) await signer.addCosignatures(lease, head, lines)
}

/** Its cosignature of the head, verified. */
async function ask(
  { trees, signer, prover }: WitnessContext,
  { key, url }: Witness,
  head: StoredCheckpoint,
  signal: AbortSignal
): Promise<NoteSignature> {
  const submit = async (oldSize: bigint): Promise<Response> => {
    const proof = oldSize === 0n ? [] : await prover.proveConsistency(oldSize, head.size)
    return post(`${url}/add-checkpoint`, addCheckpointBody(oldSize, proof, head.note), signal)
  }
  let answer = await submit(await trees.witnessedSize(key.name))
  if (answer.status === 409) {
    const known = parseTreeSize((await readBody(answer)).trimEnd(), 'CHECKPOINT_MALFORMED')
    if (known > head.size) throw refused(key, `knows a head of size ${known}, this log has ${head.size}`)
    answer = await submit(known)
  }
  const body = await readBody(answer)
  if (answer.status !== 200) throw refused(key, `answers with status ${answer.status}`)
  return readCosignature(body, headText(signer.identity, head), key)
}

/**
 * The cosignature of a head's text in what a witness answers (C2SP tlog-witness). Lines of other keys are ignored, and of its own
 * there is one: more would crowd the note, which has a place for each. Throws `UNAVAILABLE`, `NOTE_MALFORMED`, `NOTE_SIGNATURE_INVALID`.
 */
export function readCosignature(body: string, text: string, key: NoteKey): NoteSignature {
  const lines = body
    .split('\n')
    .filter((line) => line !== '')
    .map(parseSignatureLine)
  const own = lines.filter(({ name, keyId }) => name === key.name && equalBytes(keyId, key.keyId))
  const [line] = own
  if (line === undefined || own.length > 1) {
    throw refused(key, `answers with ${own.length} cosignatures of its key, one wanted`)
  }
  verifiedSignatures({ text, signatures: [line] }, [key])
  return line
}

/** C2SP tlog-witness: the old size, the consistency proof, an empty line, and the checkpoint. */
function addCheckpointBody(oldSize: bigint, proof: readonly Uint8Array[], note: Uint8Array): Uint8Array {
  return encodeUtf8(`${[`old ${oldSize}`, ...proof.map(encodeBase64), ''].join('\n')}\n${decodeUtf8(note)}`)
}

function post(url: string, body: Uint8Array, signal: AbortSignal): Promise<Response> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_LIMIT_MS)])
  return fetch(url, { method: 'POST', body: Buffer.from(body), signal: limit, redirect: 'error' })
}

async function readBody(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength
    if (length > MAX_ANSWER_BYTES) throw new ServiceError('UNAVAILABLE', 'a witness answers at too great length')
    chunks.push(chunk)
  }
  return decodeUtf8(Buffer.concat(chunks))
}

function refused({ name }: NoteKey, what: string): ServiceError {
  return new ServiceError('UNAVAILABLE', `witness ${name} ${what}`)
}
