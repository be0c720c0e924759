import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256 } from '../../attestation/crypto.ts'
import { encodeUtf8 } from '../../attestation/encoding.ts'
import type { LogTrust } from '../../attestation/tlog/checkpoint.ts'
import { encodeLeaf } from '../../attestation/tlog/leaf.ts'
import type { LogClient } from '../../proto/gen/bombyx/v1/Log.ts'
import { bombyxV1 } from '../../proto/load.ts'
import { type LogConfig, type LogService, makeLogKey, readLogKey, startLog } from '../../services/log/start.ts'
import type { ServiceContext } from '../../services/runtime/context.ts'
import { callUnary, connect } from '../../services/runtime/grpc-client.ts'

export const TEST_ORIGIN = 'log.example/test'

export interface TestLog extends AsyncDisposable {
  readonly service: LogService
  readonly client: LogClient
  readonly trust: LogTrust
  readonly config: LogConfig
}

/** A log with a key of its own on this database; `config` of another one makes a replica of it. */
export async function startTestLog(
  databaseUrl: string,
  changes: Partial<LogConfig> = {},
  context: Partial<ServiceContext> = {}
): Promise<TestLog> {
  const key = changes.key ?? join(await mkdtemp(join(tmpdir(), 'bombyx-log-')), 'log-key.pem')
  const { publicKey } = changes.key === undefined ? await makeLogKey(key) : await readLogKey(key)
  const config = {
    listen: '127.0.0.1:0',
    http: '127.0.0.1:0',
    database: { url: databaseUrl },
    origin: TEST_ORIGIN,
    refreshMs: 60_000,
    leaseMs: 500,
    witnesses: [],
    minimumWitnesses: 0,
    ...changes,
    key
  }
  const service = await startLog(config, context)
  const client = await connect(bombyxV1.Log, service.authority)
  const trust = { origin: config.origin, publicKey, witnesses: [], minimumWitnesses: 0 }
  return {
    service,
    client,
    trust,
    config,
    async [Symbol.asyncDispose]() {
      client.close()
      await service[Symbol.asyncDispose]()
    }
  }
}

/** What the log's own process is told; its key is made in the folder. */
export async function makeLogSettings(folder: string): Promise<Readonly<Record<string, string>>> {
  const key = join(folder, 'log-key.pem')
  await makeLogKey(key)
  return { BOMBYX_LOG_ORIGIN: TEST_ORIGIN, BOMBYX_LOG_KEY: key }
}

/** A leaf that names nothing by digest, another one for each number. */
export function numberedLeaf(number: number): Uint8Array {
  return encodeLeaf({
    kind: 'quarantine',
    v: 1,
    host: sha256(encodeUtf8(String(number))).slice(0, 16),
    change: { kind: 'lifted', at: new Date(number * 1000) }
  })
}

/** A leaf that names a policy by digest. */
export function policyLeaf(policy: Uint8Array): Uint8Array {
  return encodeLeaf({
    kind: 'policy',
    v: 1,
    policyDigest: sha256(policy),
    name: 'p',
    author: 'a',
    effectiveAt: new Date(0)
  })
}

/** Appends numbered leaves under the sequences `first`, `first` + 1, …; their indices. */
export async function appendNumbered(
  client: LogClient,
  { writer = 'w', first, count }: { readonly writer?: string; readonly first: number; readonly count: number }
): Promise<readonly number[]> {
  const entries = Array.from({ length: count }, (_, at) => ({
    sequence: String(first + at),
    leaf: numberedLeaf(first + at)
  }))
  const { indices } = await callUnary(client, 'Append', { writer, entries }, { deadlineMs: 30_000 })
  return indices.map(Number)
}
