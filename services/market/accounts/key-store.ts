import { sql } from 'kysely'
import type { Assurance } from '../../../attestation/assurance.ts'
import type { Database } from '../../runtime/database.ts'
import type { KeyScope, Limits } from './organisations.ts'

/** A good key with its hash, for relays. */
export interface StoredKey {
  readonly id: Uint8Array
  readonly hash: string
  readonly organisation: string
  readonly scope: KeyScope
  readonly organisationLimits: Limits
}

export interface KeyStore {
  listGood(): Promise<readonly StoredKey[]>
}

interface Row {
  id: Uint8Array
  hash: string
  organisation: string
  models: string[]
  minimum_policy: string
  requests_per_minute: number
  tokens_per_day: bigint
  nanoton_per_month: bigint
  organisation_requests: number
  organisation_tokens: bigint
  organisation_nanoton: bigint
}

export function createKeyStore({ sql: db }: Database): KeyStore {
  return {
    async listGood() {
      const { rows } = await sql<Row>`
        select id, hash, organisation, models, minimum_policy, key.requests_per_minute, key.tokens_per_day,
          key.nanoton_per_month, owner.requests_per_minute as organisation_requests,
          owner.tokens_per_day as organisation_tokens, owner.nanoton_per_month as organisation_nanoton
        from api_keys as key join organisations as owner on owner.name = key.organisation
        where revoked_at is null order by id`.execute(db)
      return rows.map(keyOf)
    }
  }
}

function keyOf(row: Row): StoredKey {
  const limits = {
    requestsPerMinute: row.requests_per_minute,
    tokensPerDay: row.tokens_per_day,
    nanotonPerMonth: row.nanoton_per_month
  }
  return {
    id: row.id,
    hash: row.hash,
    organisation: row.organisation,
    scope: { models: row.models, minimumPolicy: row.minimum_policy as Assurance, limits },
    organisationLimits: {
      requestsPerMinute: row.organisation_requests,
      tokensPerDay: row.organisation_tokens,
      nanotonPerMonth: row.organisation_nanoton
    }
  }
}
