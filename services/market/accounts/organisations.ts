import type { Assurance } from '../../../attestation/assurance.ts'
import { encodeBase64Url } from '../../../attestation/encoding.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { hashToken } from '../../runtime/tokens.ts'
import type { AccountStore } from './store.ts'

/** 0: no limit. */
export interface Limits {
  readonly requestsPerMinute: number
  /** Tokens of every class, a UTC day. */
  readonly tokensPerDay: bigint
  /** A UTC month. */
  readonly nanotonPerMonth: bigint
}

export interface Organisation {
  readonly name: string
  /** Of all its keys together. */
  readonly limits: Limits
}

/** What a key may be used for. */
export interface KeyScope {
  /** Empty: any. */
  readonly models: readonly string[]
  readonly minimumPolicy: Assurance
  readonly limits: Limits
}

export interface ApiKey {
  /** 16 bytes. */
  readonly id: Uint8Array
  readonly organisation: string
  readonly name: string
  readonly scope: KeyScope
  readonly createdAt: Date
  readonly revokedAt: Date | undefined
}

export interface AccountContext {
  readonly accounts: AccountStore
  readonly now: () => Date
  readonly random: (length: number) => Uint8Array
}

const NAME = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/

/** Makes an organisation, or changes its limits; every relay knows within seconds. */
export async function putOrganisation(
  organisation: Organisation,
  { accounts, now }: AccountContext
): Promise<Organisation> {
  if (!NAME.test(organisation.name)) {
    throw new ServiceError('ARGUMENT_INVALID', 'a name is 1 to 64 of a-z, 0-9, dot, dash and underscore')
  }
  await accounts.putOrganisation(organisation, now())
  return organisation
}

/** Makes a key and returns its secret, which only its hash outlives. */
export async function createKey(
  wish: Pick<ApiKey, 'organisation' | 'name' | 'scope'>,
  { accounts, now, random }: AccountContext
): Promise<{ readonly key: ApiKey; readonly secret: string }> {
  if (!/^[!-~]{1,64}$/.test(wish.name)) throw new ServiceError('ARGUMENT_INVALID', "a key's name is one word")
  if (!NAME.test(wish.organisation) || !(await accounts.hasOrganisation(wish.organisation)))
    throw unknownOrganisation(wish.organisation)
  const secret = `bmx_${encodeBase64Url(random(32))}`
  const key = { ...wish, id: random(16), createdAt: now(), revokedAt: undefined }
  await accounts.insertKey(key, hashToken(secret))
  return { key, secret }
}

/** Refuses KEY_REVOKED: what was taken away does not come back. */
export async function setKey(id: Uint8Array, scope: KeyScope, { accounts }: AccountContext): Promise<ApiKey> {
  const key = (await accounts.findKey({ id })) ?? unknownKey()
  if (key.revokedAt !== undefined) throw new ServiceError('KEY_REVOKED', 'a revoked key stays as it is')
  await accounts.setScope(id, scope)
  return { ...key, scope }
}

/** Revoking twice changes nothing. */
export async function revokeKey(id: Uint8Array, { accounts, now }: AccountContext): Promise<ApiKey> {
  await accounts.revokeKey(id, now())
  return (await accounts.findKey({ id })) ?? unknownKey()
}

export function unknownOrganisation(name: string): ServiceError {
  return new ServiceError('ORGANISATION_UNKNOWN', `there is no organisation ${JSON.stringify(name)}`)
}

function unknownKey(): never {
  throw new ServiceError('NOT_FOUND', 'there is no such key')
}
