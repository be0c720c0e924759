import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

export const registry: Migration = {
  async up(db) {
    await sql`
      create table providers (
        id bigint generated always as identity primary key,
        name text not null unique,
        token_hash text not null unique,
        created_at timestamptz not null
      )`.execute(db)
    await sql`
      create table challenges (
        nonce bytea primary key,
        provider_id bigint not null references providers,
        expires_at timestamptz not null
      )`.execute(db)
    await sql`create index challenges_expires_at on challenges (expires_at)`.execute(db)
    await sql`
      create table blobs (
        digest bytea primary key,
        content bytea not null,
        stored_at timestamptz not null
      )`.execute(db)
    await sql`
      create table hosts (
        id bytea primary key,
        provider_id bigint not null references providers,
        subject text not null unique,
        keyset bytea not null,
        keyset_digest bytea not null unique,
        bundle_digest bytea not null references blobs,
        collateral_digest bytea references blobs,
        verdict_status text not null check (verdict_status in ('affirming', 'warning', 'contraindicated')),
        tee text not null,
        tcb_status text not null,
        appraised_at timestamptz not null,
        not_after timestamptz not null,
        result bytea not null,
        token text not null,
        price_prompt bigint not null,
        price_cached bigint not null,
        price_completion bigint not null,
        price_reasoning bigint not null,
        region text not null,
        slots integer not null,
        state text not null check (state in ('listed', 'quarantined', 'withdrawn')),
        reason text not null,
        quarantined_by text check (quarantined_by in ('registry', 'operator')),
        enrolled_at timestamptz not null,
        changed_at timestamptz not null,
        check ((state = 'quarantined') = (quarantined_by is not null)),
        check (state <> 'listed' or (verdict_status <> 'contraindicated' and collateral_digest is not null))
      )`.execute(db)
    await sql`create index hosts_bundle_digest on hosts (bundle_digest)`.execute(db)
    await sql`create index hosts_collateral_digest on hosts (collateral_digest)`.execute(db)
  }
}
