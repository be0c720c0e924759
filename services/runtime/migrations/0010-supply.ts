import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** What the market knows of hosts: from the directory, from their providers, and whose wallets are whose. */
export const supply: Migration = {
  async up(db) {
    await sql`
      create table offered_hosts (
        id bytea primary key,
        provider text not null,
        keyset_digest bytea not null,
        model text not null,
        weights bytea not null,
        result bytea not null,
        region text not null,
        slots integer not null,
        price_prompt bigint not null,
        price_cached bigint not null,
        price_completion bigint not null,
        price_reasoning bigint not null,
        not_after timestamptz not null,
        listed boolean not null,
        first_listed_at timestamptz not null,
        minutes_seen bigint not null,
        minutes_listed bigint not null
      )`.execute(db)
    await sql`
      create table listed_keysets (
        digest bytea primary key,
        host_id bytea not null references offered_hosts,
        price_prompt bigint not null,
        price_cached bigint not null,
        price_completion bigint not null,
        price_reasoning bigint not null
      )`.execute(db)
    await sql`create index listed_keysets_host_id on listed_keysets (host_id)`.execute(db)
    await sql`
      create table supplies (
        host_id bytea primary key references offered_hosts,
        gpu text not null,
        gpus integer not null,
        vram_gib integer not null,
        uptime_permille integer not null,
        region text not null,
        models text[] not null,
        price_prompt bigint not null,
        price_cached bigint not null,
        price_completion bigint not null,
        price_reasoning bigint not null,
        declared_at timestamptz not null
      )`.execute(db)
    await sql`
      create table provider_wallets (
        provider text primary key,
        address text not null unique,
        proven_at timestamptz not null
      )`.execute(db)
    await sql`
      create table wallet_challenges (
        payload text primary key,
        expires_at timestamptz not null
      )`.execute(db)
    await sql`
      create table wallet_logins (
        token_hash text primary key,
        provider text not null,
        expires_at timestamptz not null
      )`.execute(db)
  }
}
