import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, type Connection, Query } from 'pg'
import { randomBytes } from '../../../attestation/crypto.ts'
import { priceOf, signUsage } from '../../../attestation/receipt/usage.ts'
import { checkDelivery, type ProvenStatement } from '../../../services/market/metering/delivery.ts'
import { createMarketStore } from '../../../services/market/metering/store.ts'
import { openDatabase } from '../../../services/runtime/database.ts'
import { startEmbeddedPostgres } from '../../../services/runtime/embedded-postgres.ts'
import { createGuestMaker, type Guest } from '../../fakes/guest.ts'
import { compare } from '../compare.ts'
import { runRounds } from '../rounds.ts'
import type { Row } from '../row.ts'

const BATCH = 100
const PRICES = { prompt: 100n, cached: 10n, completion: 400n, reasoning: 400n }
const COLUMNS =
  'epoch, seq, keyset_digest, session_id, n, tenant, model, finish, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens, duration_ms, price, statement, stored_at'

export const meteringRow: Row = {
  name: 'metering',
  title: 'Usage statements stored a second, exactly once in batches of 100, over single inserts and over COPY',
  async run({ quick, random, progress }) {
    await using stack = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'bombyx-bench-'))
    stack.defer(() => rm(folder, { recursive: true }))
    const { url } = stack.use(await startEmbeddedPostgres(join(folder, 'data')))
    const database = stack.use(await openDatabase({ url }))
    const store = createMarketStore(database)
    const client = new Client({ connectionString: url })
    await client.connect()
    stack.defer(() => client.end())
    await client.query(
      `create table plain (like usage_statements including defaults including constraints including indexes)`
    )
    const makeGuest = await createGuestMaker()
    const batches = quick ? 3 : 10
    const statements = (): readonly ProvenStatement[] => prove(makeGuest(), batches * BATCH)
    const timed = async (work: () => Promise<void>) => {
      const start = performance.now()
      await work()
      const operations = batches * BATCH
      return { operations, figures: { wall: ((performance.now() - start) * 1000) / operations } }
    }
    const targets = [
      {
        name: 'exactly once',
        run: async () => {
          const made = statements()
          return timed(async () => {
            for (let at = 0; at < made.length; at += BATCH) {
              await store.storeStatements(made.slice(at, at + BATCH), new Date())
            }
          })
        }
      },
      ...['single inserts', 'single inserts again'].map((name) => ({
        name,
        run: async () => {
          const rows = statements().map(rowOf)
          const places = rows[0]?.map((_, at) => `$${at + 1}`).join(', ')
          return timed(async () => {
            for (const row of rows) await client.query(`insert into plain (${COLUMNS}) values (${places})`, [...row])
          })
        }
      })),
      ...['copy', 'copy again'].map((name) => ({
        name,
        run: async () => {
          const made = statements().map(rowOf)
          const texts = Array.from({ length: batches }, (_, at) => copyText(made.slice(at * BATCH, (at + 1) * BATCH)))
          return timed(async () => {
            for (const text of texts) await copy(client, text)
          })
        }
      }))
    ]
    const rounds = await runRounds(targets, { rounds: quick ? 2 : 11, warmup: 1, random, progress })
    return {
      results: [
        compare(rounds, {
          label: 'metering row, over single inserts',
          ...{ ours: 'exactly once', rival: 'single inserts', control: 'single inserts again' },
          ...{ by: 'wall', as: 'rate', ask: { atLeast: 9 } }
        }),
        compare(rounds, {
          label: 'metering row, over COPY',
          ...{
            ours: 'exactly once',
            rival: 'copy',
            control: 'copy again',
            by: 'wall',
            as: 'rate',
            ask: { atLeast: 0.4 }
          }
        })
      ],
      notes: [
        'COPY and single inserts go into a table of the same columns and indexes, one transaction a batch or a row; fsync on.'
      ]
    }
  }
}

function prove(guest: Guest, count: number): readonly ProvenStatement[] {
  const counts = { prompt: 1200, cached: 0, completion: 300, reasoning: 0 }
  const sessionId = randomBytes(16)
  const delivery = Array.from({ length: count }, (_, at) => ({
    statement: signUsage(
      {
        ...{ counts, durationMs: 812, epoch: guest.keyset.epoch, finish: 'complete', keyId: 'r1', model: 'test/model' },
        ...{ n: at, price: priceOf(counts, PRICES), receiptHash: null, seq: at + 1, sessionId },
        ...{ tenant: new Uint8Array(16), keysetDigest: guest.keyset.digest }
      },
      guest.receiptKey
    ),
    ...{ keyset: guest.keyset.bytes, keyId: undefined }
  }))
  return checkDelivery(delivery).proven
}

type Cell = Uint8Array | string

function rowOf({ usage }: ProvenStatement): readonly Cell[] {
  const { counts } = usage
  return [
    ...[usage.epoch, String(usage.seq), usage.keysetDigest, usage.sessionId, String(usage.n), usage.tenant],
    ...[usage.model, usage.finish, String(counts.prompt), String(counts.cached), String(counts.completion)],
    ...[String(counts.reasoning), String(usage.durationMs), String(usage.price), usage.bytes, new Date().toISOString()]
  ]
}

function copyText(rows: readonly (readonly Cell[])[]): string {
  const cell = (value: Cell): string =>
    typeof value === 'string'
      ? value
      : `\\\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`
  return rows.map((row) => `${row.map(cell).join('\t')}\n`).join('')
}

/** The driver speaks COPY's messages, and leaves what goes into them to its caller. */
class CopyIn extends Query {
  readonly #rows: Buffer

  constructor(statement: string, rows: Buffer) {
    super(statement)
    this.#rows = rows
  }

  handleCopyInResponse(connection: Connection): void {
    Reflect.apply(Reflect.get(connection, 'sendCopyFromChunk'), connection, [this.#rows])
    Reflect.apply(Reflect.get(connection, 'endCopyFrom'), connection, [])
  }
}

function copy(client: Client, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const query = client.query(new CopyIn(`copy plain (${COLUMNS}) from stdin`, Buffer.from(text)))
    query.on('end', () => resolve())
    query.on('error', reject)
  })
}
