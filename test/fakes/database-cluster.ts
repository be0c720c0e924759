import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import type { TestProject } from 'vitest/node'
import { openDatabase } from '../../services/runtime/database.ts'
import { startEmbeddedPostgres } from '../../services/runtime/embedded-postgres.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of the template database's server. */
    databaseUrl: string
  }
}

export const TEMPLATE = 'bombyx_template'

const cluster = new AsyncDisposableStack()

/** Vitest's global setup: one cluster a run, with a migrated database that test files clone. */
export async function setup(project: TestProject): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bombyx-test-'))
  cluster.defer(() => rm(folder, { recursive: true }))
  const { url } = cluster.use(await startEmbeddedPostgres(folder, { dangerouslyWithoutFsync: true }))
  await createDatabase(url, `create database ${TEMPLATE}`)
  const template = new URL(url)
  template.pathname = `/${TEMPLATE}`
  await (await openDatabase({ url: template.href }))[Symbol.asyncDispose]()
  project.provide('databaseUrl', url)
}

export async function teardown(): Promise<void> {
  await cluster.disposeAsync()
}

export async function createDatabase(serverUrl: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: serverUrl })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
