import { Kysely, PostgresDialect, type PostgresPoolClient, type RawBuilder, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { Client, type CustomTypesConfig, Pool, types } from 'pg'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import type { EnvReader } from './env.ts'
import { ServiceError } from './errors.ts'
import { type Logger, silentLogger } from './log.ts'
import { migrations } from './migrations/index.ts'

export type DatabaseConfig = { readonly url: string } | { readonly dataDir: string }

/** No tables: a `store.ts` names its own with `database.sql.withTables<…>()`. */
export type Tables = Record<never, never>

export interface Database extends AsyncDisposable {
  readonly sql: Kysely<Tables>
  /** With its password: for children's environments, never for a log. */
  readonly url: string
  /** Calls `onNotify` with each payload, and with undefined whenever some may have been missed; also once at first. */
  listen(channel: string, onNotify: (payload: string | undefined) => void): Promise<AsyncDisposable>
}

export interface OpenDatabaseOptions {
  readonly logger?: Logger
  /** Connections at most; 10 when absent. */
  readonly connections?: number
}

const CONNECT_LIMIT_MS = 5000
const STATEMENT_LIMIT_MS = 30_000
const RELISTEN_DELAY_MS = 500
/** Classes 08 and 57, 53300, a deadlock, and what Node says of a lost socket: trying again may help. */
const LOST = /^(?:08...|57P0.|53300|40P01|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND)$/

// 64 bits are bigint (house-style.md, 14); pg's default is a string.
const TYPES: CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === types.builtins.INT8 && format !== 'binary' ? BigInt : types.getTypeParser(oid, format)
}

/** DATABASE_URL names a server; otherwise BOMBYX_DATA (default `.bombyx`) is the folder of an embedded one. */
export function readDatabaseConfig(env: EnvReader): DatabaseConfig {
  const url = env.optionalSecret('DATABASE_URL')
  return url === undefined ? { dataDir: env.path('BOMBYX_DATA', '.bombyx') } : { url }
}

/** Connects (to a server, or to an embedded one that it starts and stops) and brings the schema up to date. */
export async function openDatabase(config: DatabaseConfig, options: OpenDatabaseOptions = {}): Promise<Database> {
  await using stack = new AsyncDisposableStack()
  const logger = options.logger ?? silentLogger
  const url = 'url' in config ? config.url : stack.use(await startEmbeddedPostgres(config.dataDir, { logger })).url
  const sql = connectPool(url, options.connections ?? 10, logger)
  stack.defer(() => sql.destroy())
  await migrate(sql)
  const opened = stack.move()
  return {
    sql,
    url,
    listen: (channel, onNotify) => listen(url, channel, onNotify, logger),
    [Symbol.asyncDispose]: () => opened.disposeAsync()
  }
}

/**
 * Applies what is missing of `migrations/`, under the database's lock: replicas may start together. Each takes as long as it takes, and
 * so does waiting for a replica that is at it.
 */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  // Those of different services stand alone: one that came later may have been applied before.
  const provider = { getMigrations: async () => migrations }
  const { error } = await db.connection().execute(async (connection) => {
    await sql`set statement_timeout = 0`.execute(connection)
    const result = await new Migrator({ db: connection, provider, allowUnorderedMigrations: true }).migrateToLatest()
    await sql`reset statement_timeout`.execute(connection)
    return result
  })
  if (error instanceof ServiceError) throw error
  if (error !== undefined)
    throw new ServiceError('DATABASE_UNAVAILABLE', 'the schema cannot be brought up to date', { cause: error })
}

/** Whether an error of the driver says that the database is gone or busy, and not that the statement was wrong. */
function isLostConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('code' in error && typeof error.code === 'string') return LOST.test(error.code)
  return /^Connection terminated|^timeout exceeded when trying to connect/.test(error.message)
}

function connectPool(url: string, max: number, logger: Logger): Kysely<Tables> {
  const pool = new Pool({
    connectionString: url,
    max,
    types: TYPES,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    statement_timeout: STATEMENT_LIMIT_MS,
    application_name: 'bombyx'
  })
  // An idle connection that breaks is replaced at the next use.
  pool.on('error', (error) => logger.warn('database connection lost', {}, error))
  // A connection in use breaks with its query, which says so itself; without a listener the process would end.
  pool.on('connect', (client) => client.on('error', () => {}))
  const guarded = {
    connect: () => guard(async () => guardClient(await pool.connect())),
    end: () => pool.end(),
    options: {}
  }
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: guarded }) })
}

interface NamedQuery {
  readonly name: string
  readonly text: string
  readonly values: readonly unknown[]
}

const PREPARED = /^\s*\/\* prepared: ([a-z-]+) \*\//

/** Before a statement whose text is always the same: each connection has it read and planned once, and knows it by the name. */
export function prepared(name: string): RawBuilder<unknown> {
  return sql.raw(`/* prepared: ${name} */`)
}

// Cursors are not used here, so that a query is always a statement with its parameters.
function guardClient(client: PostgresPoolClient): PostgresPoolClient {
  let lost = false
  const send = client.query.bind(client) as (
    query: NamedQuery | string,
    values?: readonly unknown[]
  ) => Promise<unknown>
  const query = async (statement: string, parameters: readonly unknown[]): Promise<unknown> => {
    const name = PREPARED.exec(statement)?.[1]
    try {
      return await guard(() =>
        name === undefined ? send(statement, parameters) : send({ name, text: statement, values: parameters })
      )
    } catch (error) {
      lost ||= error instanceof ServiceError
      throw error
    }
  }
  // The pool learns of a broken socket only when it closes, and would lend the client out again before that.
  return { query: query as PostgresPoolClient['query'], release: (destroy) => client.release(destroy === true || lost) }
}

async function guard<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (cause) {
    if (!isLostConnection(cause)) throw cause
    throw new ServiceError('DATABASE_UNAVAILABLE', 'the database does not answer', { cause })
  }
}

async function listen(
  url: string,
  channel: string,
  onNotify: (payload: string | undefined) => void,
  logger: Logger
): Promise<AsyncDisposable> {
  let client: Client | undefined
  let retry: NodeJS.Timeout | undefined
  let stopped = false
  const again = (error?: unknown): void => {
    if (stopped) return
    logger.warn('notifications lost', { name: channel }, error)
    retry = setTimeout(() => open().catch(again), RELISTEN_DELAY_MS)
  }
  const open = async (): Promise<void> => {
    const next = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_LIMIT_MS, keepAlive: true })
    let lost = false
    const lose = (error?: unknown): void => {
      if (lost) return
      lost = true
      next.end().catch(() => {})
      again(error)
    }
    next.on('notification', ({ payload }) => onNotify(payload ?? ''))
    await next.connect()
    await next.query(`LISTEN ${next.escapeIdentifier(channel)}`)
    next.on('error', lose).on('end', lose)
    client = next
    onNotify(undefined)
  }
  await guard(open)
  return {
    async [Symbol.asyncDispose]() {
      stopped = true
      clearTimeout(retry)
      await client?.end().catch(() => {})
    }
  }
}
