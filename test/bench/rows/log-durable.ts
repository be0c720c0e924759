import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256 } from '../../../attestation/crypto.ts'
import { encodeUtf8 } from '../../../attestation/encoding.ts'
import { encodeLeaf } from '../../../attestation/tlog/leaf.ts'
import type { LogClient } from '../../../proto/gen/bombyx/v1/Log.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import { makeLogKey, startLog } from '../../../services/log/start.ts'
import { startEmbeddedPostgres } from '../../../services/runtime/embedded-postgres.ts'
import { callUnary, connect } from '../../../services/runtime/grpc-client.ts'
import { standing } from '../compare.ts'
import { cpuMicros, descendants } from '../cpu.ts'
import { runRounds } from '../rounds.ts'
import type { Row } from '../row.ts'

const WRITERS = 8
const ENTRIES_A_CALL = 1024

export const logDurableRow: Row = {
  name: 'log-durable',
  title: 'Leaves a second through Append, each answered when its checkpoint is signed and on disk',
  async run({ quick, random, progress }) {
    await using stack = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'bombyx-bench-'))
    stack.defer(() => rm(folder, { recursive: true }))
    const { url } = stack.use(await startEmbeddedPostgres(join(folder, 'data')))
    const key = join(folder, 'log-key.pem')
    await makeLogKey(key)
    const config = { listen: '127.0.0.1:0', http: '127.0.0.1:0', database: { url }, origin: 'bench/log', key }
    const log = stack.use(
      await startLog({ ...config, refreshMs: 30_000, leaseMs: 5000, witnesses: [], minimumWitnesses: 0 })
    )
    const client = await connect(bombyxV1.Log, log.authority)
    stack.defer(() => client.close())
    const calls = quick ? 2 : 8
    const writers = Array.from({ length: WRITERS }, (_, at) => createWriter(client, `writer-${at}`))
    const run = async () => {
      const batches = writers.map((writer) => writer.prepare(calls))
      const pids = [process.pid, ...descendants(process.pid)]
      const [start, before] = [performance.now(), cpuMicros(pids)]
      await Promise.all(batches.map((send) => send()))
      const leaves = WRITERS * calls * ENTRIES_A_CALL
      const wall = ((performance.now() - start) * 1000) / leaves
      return { operations: leaves, figures: { wall, cpu: (cpuMicros(pids) - before) / leaves } }
    }
    const rounds = await runRounds([{ name: 'append', run }], { rounds: quick ? 2 : 11, warmup: 1, random, progress })
    return {
      results: [
        standing(rounds, { label: 'durable leaf', ours: 'append', by: 'wall', ask: { atMost: 50 } }),
        standing(rounds, { label: '… CPU of asker, log and PostgreSQL', ours: 'append', by: 'cpu' })
      ],
      notes: [
        `${WRITERS} writers at once, ${ENTRIES_A_CALL} leaves a call, usage leaves of 250 B; asker, log and PostgreSQL (fsync on) share the machine. 50 µs a leaf are 20,000 a second.`
      ]
    }
  }
}

function createWriter(client: LogClient, writer: string) {
  let sequence = 0
  const call = () => {
    const entries = Array.from({ length: ENTRIES_A_CALL }, () => ({
      sequence: String(++sequence),
      leaf: leafOf(writer, sequence)
    }))
    return () => callUnary(client, 'Append', { writer, entries }, { deadlineMs: 60_000 })
  }
  return {
    /** Leaves are made beforehand; they are the writers' work. */
    prepare(calls: number) {
      const made = Array.from({ length: calls }, call)
      return async () => {
        for (const send of made) await send()
      }
    }
  }
}

function leafOf(writer: string, number: number): Uint8Array {
  const totals = {
    promptTokens: 1000,
    cachedTokens: 10,
    completionTokens: 200,
    reasoningTokens: 0,
    durationMs: 812,
    price: 15
  }
  const period = { from: new Date(number * 1000), to: new Date(number * 1000) }
  return encodeLeaf({ kind: 'usage', v: 1, ...period, root: sha256(encodeUtf8(writer)), count: number, totals })
}
