import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { type Database, openDatabase } from '../../services/runtime/database.ts'
import { createDatabase, TEMPLATE } from './database-cluster.ts'

/** URL of a fresh, migrated database on the run's cluster (real PostgreSQL), for services that open it themselves. */
export async function createTestDatabase(): Promise<string> {
  const serverUrl = inject('databaseUrl')
  const name = `test_${randomBytes(8).toString('hex')}`
  await createDatabase(serverUrl, `create database ${name} template ${TEMPLATE}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}

/** The same, opened. */
export async function openTestDatabase(): Promise<Database> {
  return openDatabase({ url: await createTestDatabase() })
}
