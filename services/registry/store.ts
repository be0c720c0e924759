import { type Generated, type Kysely, sql, type Transaction } from 'kysely'
import { sha256 } from '../../attestation/crypto.ts'
import { encodeHex } from '../../attestation/encoding.ts'
import type { Database } from '../runtime/database.ts'
import { ServiceError } from '../runtime/errors.ts'
import type { Host } from './host.ts'
import { type HostRow, hostFromRow, hostToRow } from './host-row.ts'
import type { AttestationWish } from './leaves.ts'
import { CHANNEL, writeLeaves } from './log-tables.ts'

type RegistryTables = {
  providers: { id: Generated<bigint>; name: string; token_hash: string; created_at: Date }
  challenges: { nonce: Uint8Array; provider_id: bigint; expires_at: Date }
  blobs: { digest: Uint8Array; content: Uint8Array; stored_at: Date }
  hosts: HostRow & { log_sequence: bigint | null }
  host_devices: { identity: Uint8Array; host_id: Uint8Array }
}

type Sql = Kysely<RegistryTables> | Transaction<RegistryTables>

export interface Provider {
  readonly id: bigint
  readonly name: string
}

/** How a host is asked for. A keyset is found among the provider's own. */
export type HostKey =
  | { readonly subject: string }
  | { readonly id: Uint8Array }
  | { readonly keysetDigest: Uint8Array; readonly providerId: bigint }

/** What an enrolment makes of a host, and of others whose devices it takes. */
export interface HostChange {
  readonly host: Host
  readonly displaced: readonly Host[]
  /** What the log is told of the host's evidence; undefined where there is no log. */
  readonly attestation: AttestationWish | undefined
}

/** What an enrolment wants for its host alone. */
export interface Claim {
  readonly subject: string
  readonly providerId: bigint
  /** That its evidence proves; undefined: it proves none, and leaves the host those it has. */
  readonly devices: readonly Uint8Array[] | undefined
  /** Undefined: it claims none. */
  readonly payee: Uint8Array | undefined
}

/** Other hosts that have some of what is claimed, whatever has become of them; a payee's are of the same provider. */
export interface Holders {
  readonly devices: readonly Host[]
  readonly payee: readonly Host[]
}

type PlanChange = (current: Host | undefined, holders: Holders) => HostChange | undefined

/** The advisory lock of all claims; those of subjects are hashes of theirs. */
const CLAIMS_LOCK = 0x62_6f_6d_62_79_78n

export interface RegistryStore {
  /** Refuses a taken name with PROVIDER_EXISTS. */
  insertProvider(name: string, tokenHash: string, now: Date): Promise<void>
  findProvider(tokenHash: string): Promise<Provider | undefined>
  /** Also forgets the challenges that lapsed before `now`. */
  insertChallenge(nonce: Uint8Array, providerId: bigint, expiresAt: Date, now: Date): Promise<void>
  /** When the challenge lapses; it is gone afterwards. Undefined when this provider has no such challenge. */
  takeChallenge(nonce: Uint8Array, providerId: bigint): Promise<Date | undefined>
  /** Stores content under its digest, which it returns. */
  insertBlob(content: Uint8Array, now: Date): Promise<Uint8Array>
  findBlob(digest: Uint8Array): Promise<Uint8Array | undefined>
  /** Drops the blobs that were last stored before `limit` and that no host's latest evidence names. */
  dropBlobs(limit: Date): Promise<void>
  findHost(key: HostKey): Promise<Host | undefined>
  /** In the order in which they were enrolled; rows are never deleted. */
  listHosts(): Promise<readonly Host[]>
  /** Replaces a host by what `change` makes of it, alone among replicas, and tells all of them. Undefined: no change. */
  changeHost(key: HostKey, change: (current: Host | undefined) => Host | undefined): Promise<Host | undefined>
  /**
   * `changeHost` for new evidence. The other hosts that hold what it claims are handed over too; what it gets is then this host's,
   * alone among replicas.
   */
  enrolHost(claim: Claim, change: PlanChange): Promise<Host | undefined>
  /** Calls back with the id of each changed host, and with undefined when some may have been missed; at first too. */
  watchHosts(onChange: (id: string | undefined) => void): Promise<AsyncDisposable>
}

/** `writesLog`: what changes is told to the log, through the outbox and in the transaction of the change. */
export function createRegistryStore(database: Database, writesLog = false): RegistryStore {
  const log = writesLog ? writeLeaves : async (): Promise<void> => {}
  const db = database.sql.withTables<RegistryTables>()
  return {
    insertProvider: (name, tokenHash, now) => insertProvider(db, name, tokenHash, now),
    findProvider: (tokenHash) =>
      db.selectFrom('providers').select(['id', 'name']).where('token_hash', '=', tokenHash).executeTakeFirst(),
    insertChallenge: (nonce, providerId, expiresAt, now) => insertChallenge(db, { nonce, providerId, expiresAt }, now),
    takeChallenge: (nonce, providerId) => takeChallenge(db, nonce, providerId),
    insertBlob: (content, now) => insertBlob(db, content, now),
    findBlob: (digest) => findBlob(db, digest),
    dropBlobs: (limit) => dropBlobs(db, limit),
    findHost: (key) => findHost(db, key, false),
    listHosts: async () => (await selectHosts(db).orderBy('hosts.enrolled_at').execute()).map(hostFromRow),
    changeHost: (key, change) => db.transaction().execute((tx) => changeHost(tx, key, change, log)),
    enrolHost: (claim, change) => db.transaction().execute((tx) => enrolHost(tx, claim, change, log)),
    watchHosts: (onChange) => database.listen(CHANNEL, onChange)
  }
}

async function insertProvider(db: Sql, name: string, tokenHash: string, now: Date): Promise<void> {
  const row = { name, token_hash: tokenHash, created_at: now }
  const inserted = await db
    .insertInto('providers')
    .values(row)
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returning('id')
    .executeTakeFirst()
  if (inserted === undefined) throw new ServiceError('PROVIDER_EXISTS', `there is a provider ${JSON.stringify(name)}`)
}

async function insertChallenge(
  db: Sql,
  challenge: { readonly nonce: Uint8Array; readonly providerId: bigint; readonly expiresAt: Date },
  now: Date
): Promise<void> {
  const { nonce, providerId, expiresAt } = challenge
  await db.deleteFrom('challenges').where('expires_at', '<=', now).execute()
  await db.insertInto('challenges').values({ nonce, provider_id: providerId, expires_at: expiresAt }).execute()
}

async function takeChallenge(db: Sql, nonce: Uint8Array, providerId: bigint): Promise<Date | undefined> {
  const taken = await db
    .deleteFrom('challenges')
    .where('nonce', '=', nonce)
    .where('provider_id', '=', providerId)
    .returning('expires_at')
    .executeTakeFirst()
  return taken?.expires_at
}

async function insertBlob(db: Sql, content: Uint8Array, now: Date): Promise<Uint8Array> {
  const digest = sha256(content)
  await db
    .insertInto('blobs')
    .values({ digest, content, stored_at: now })
    // Stored again is young again, so that what is about to be named is not dropped.
    .onConflict((conflict) => conflict.column('digest').doUpdateSet({ stored_at: now }))
    .execute()
  return digest
}

async function dropBlobs(db: Sql, limit: Date): Promise<void> {
  await sql`
    delete from blobs where stored_at < ${limit}
    and not exists (select from hosts where bundle_digest = blobs.digest)
    and not exists (select from hosts where collateral_digest = blobs.digest)`.execute(db)
}

async function findBlob(db: Sql, digest: Uint8Array): Promise<Uint8Array | undefined> {
  const row = await db.selectFrom('blobs').select('content').where('digest', '=', digest).executeTakeFirst()
  return row?.content
}

async function findHost(db: Sql, key: HostKey, lock: boolean): Promise<Host | undefined> {
  let query = selectHosts(db)
  if ('subject' in key) query = query.where('subject', '=', key.subject)
  else if ('id' in key) query = query.where('hosts.id', '=', key.id)
  else query = query.where('keyset_digest', '=', key.keysetDigest).where('provider_id', '=', key.providerId)
  const row = await (lock ? query.forUpdate('hosts') : query).executeTakeFirst()
  return row === undefined ? undefined : hostFromRow(row)
}

async function changeHost(
  tx: Transaction<RegistryTables>,
  key: HostKey,
  change: (current: Host | undefined) => Host | undefined,
  log: typeof writeLeaves
): Promise<Host | undefined> {
  const before = await lockHost(tx, key)
  const host = change(before)
  if (host === undefined) return undefined
  await saveHost(tx, host)
  await log(tx, [{ before, after: host }])
  return host
}

async function enrolHost(
  tx: Transaction<RegistryTables>,
  claim: Claim,
  change: PlanChange,
  log: typeof writeLeaves
): Promise<Host | undefined> {
  // Of all locks the first: who has it may wait for any host, and who has none of it waits for one host at most.
  const { subject, devices = [], payee } = claim
  if (devices.length > 0 || payee !== undefined) await sql`select pg_advisory_xact_lock(${CLAIMS_LOCK})`.execute(tx)
  const current = await lockHost(tx, { subject })
  const changed = change(current, {
    devices: await lockHolders(tx, subject, devices),
    payee: await findSharers(tx, claim)
  })
  if (changed === undefined) return undefined
  const { host, attestation } = changed
  for (const saved of [host, ...changed.displaced]) await saveHost(tx, saved)
  if (claim.devices !== undefined) await replaceDevices(tx, host.id, devices)
  // What the log says of the evidence before is of no more interest.
  await tx.updateTable('hosts').set({ log_sequence: null }).where('id', '=', host.id).execute()
  await log(tx, [{ before: current, after: host }], attestation && { host, attestation })
  return host
}

async function lockHost(tx: Transaction<RegistryTables>, key: HostKey): Promise<Host | undefined> {
  // A row that is not there yet cannot be locked: two first enrolments of one subject wait for each other here.
  if ('subject' in key) await sql`select pg_advisory_xact_lock(hashtextextended(${key.subject}, 0))`.execute(tx)
  return findHost(tx, key, true)
}

async function lockHolders(
  tx: Transaction<RegistryTables>,
  subject: string,
  devices: readonly Uint8Array[]
): Promise<readonly Host[]> {
  if (devices.length === 0) return []
  const holding = tx.selectFrom('host_devices').select('host_id').where('identity', 'in', devices)
  const query = selectHosts(tx).where('hosts.id', 'in', holding).where('subject', '<>', subject).forUpdate('hosts')
  return (await query.execute()).map(hostFromRow)
}

/** Unlocked: what gives a payee away waits for nobody, and what takes one has the lock of all claims. */
async function findSharers(tx: Transaction<RegistryTables>, claim: Claim): Promise<readonly Host[]> {
  const { subject, providerId, payee } = claim
  if (payee === undefined) return []
  const query = selectHosts(tx).where('payee', '=', payee).where('provider_id', '=', providerId)
  return (await query.where('subject', '<>', subject).execute()).map(hostFromRow)
}

async function saveHost(tx: Transaction<RegistryTables>, host: Host): Promise<void> {
  const { id, enrolled_at: _, ...changes } = hostToRow(host)
  await tx
    .insertInto('hosts')
    .values({ id, enrolled_at: host.enrolledAt, ...changes })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(changes))
    .execute()
  await sql`select pg_notify(${CHANNEL}, ${encodeHex(host.id)})`.execute(tx)
}

async function replaceDevices(
  tx: Transaction<RegistryTables>,
  hostId: Uint8Array,
  devices: readonly Uint8Array[]
): Promise<void> {
  await tx.deleteFrom('host_devices').where('host_id', '=', hostId).execute()
  if (devices.length === 0) return
  await tx
    .insertInto('host_devices')
    .values(devices.map((identity) => ({ identity, host_id: hostId })))
    .onConflict((conflict) => conflict.column('identity').doUpdateSet({ host_id: hostId }))
    .execute()
}

function selectHosts(db: Sql) {
  return db
    .selectFrom('hosts')
    .innerJoin('providers', 'providers.id', 'hosts.provider_id')
    .selectAll('hosts')
    .select('providers.name as provider')
}
