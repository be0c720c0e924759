import { encodeHex } from '../../../attestation/encoding.ts'
import type { Bell } from '../../runtime/bell.ts'
import { createBell } from '../../runtime/bell.ts'
import type { Database } from '../../runtime/database.ts'
import { dayOf, monthOf, type Spent } from '../billing/billing.ts'
import type { BillStore } from '../billing/store.ts'
import type { KeyStore, StoredKey } from './key-store.ts'
import type { Limits } from './organisations.ts'
import { KEYS_CHANNEL } from './store.ts'

/** A key that is good, and what it and its organisation have spent. */
export interface GrantedKey extends StoredKey {
  readonly organisationLimits: Limits
  readonly spent: Spent
  readonly organisationSpent: Spent
}

export type KeyChange =
  | { readonly kind: 'granted'; readonly key: GrantedKey }
  | { readonly kind: 'revoked'; readonly keyId: Uint8Array }
  | { readonly kind: 'snapshot-end' }

export interface KeyWatchContext {
  readonly database: Database
  readonly keys: KeyStore
  readonly bills: Pick<BillStore, 'readSpent'>
  readonly now: () => Date
}

/** How old what is said of spending may be. */
const SPENT_MS = 5_000
const NOTHING: Spent = { tokens: 0n, nanoton: 0n }

/** Every good key, then what changes: a revocation at once, spending every few seconds. */
export async function* watchKeys(context: KeyWatchContext, signal: AbortSignal): AsyncGenerator<KeyChange, void> {
  const bell: Bell = createBell()
  await using _listening = await context.database.listen(KEYS_CHANNEL, () => bell.ring())
  const told = new Map<string, { readonly keyId: Uint8Array; readonly text: string }>()
  let first = true
  while (!signal.aborted) {
    const granted = await readGranted(context)
    yield* changes(granted, told)
    if (first) yield { kind: 'snapshot-end' }
    first = false
    await bell.wait(SPENT_MS, signal)
  }
}

function* changes(
  granted: readonly GrantedKey[],
  told: Map<string, { readonly keyId: Uint8Array; readonly text: string }>
): Generator<KeyChange, void> {
  const good = new Set(granted.map(({ id }) => encodeHex(id)))
  for (const [name, { keyId }] of told) {
    if (good.has(name)) continue
    told.delete(name)
    yield { kind: 'revoked', keyId }
  }
  for (const key of granted) {
    const text = JSON.stringify(key, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
    if (told.get(encodeHex(key.id))?.text === text) continue
    told.set(encodeHex(key.id), { keyId: key.id, text })
    yield { kind: 'granted', key }
  }
}

async function readGranted({ keys, bills, now }: KeyWatchContext): Promise<readonly GrantedKey[]> {
  const [stored, spent] = await Promise.all([keys.listGood(), bills.readSpent(dayOf(now()), monthOf(now()))])
  const byKey = new Map(spent.map((one) => [encodeHex(one.keyId), one.spent]))
  const byOrganisation = new Map<string, Spent>()
  for (const { organisation, spent: more } of spent) {
    const before = byOrganisation.get(organisation) ?? NOTHING
    byOrganisation.set(organisation, {
      tokens: before.tokens + more.tokens,
      nanoton: before.nanoton + more.nanoton
    })
  }
  return stored.map((key) => ({
    ...key,
    spent: byKey.get(encodeHex(key.id)) ?? NOTHING,
    organisationSpent: byOrganisation.get(key.organisation) ?? NOTHING
  }))
}
