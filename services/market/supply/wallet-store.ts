import type { Database } from '../../runtime/database.ts'

type WalletTables = {
  provider_wallets: { provider: string; address: string; proven_at: Date }
  wallet_challenges: { payload: string; expires_at: Date }
  wallet_logins: { token_hash: string; provider: string; expires_at: Date }
}

export interface WalletStore {
  /** Forgets those that lapsed. */
  insertChallenge(payload: string, expiresAt: Date, now: Date): Promise<void>
  /** Whether it was given, is in date and unspent; it is spent from here on. */
  takeChallenge(payload: string, now: Date): Promise<boolean>
  /** The provider's only wallet. False: it is another provider's. */
  bind(provider: string, address: string, now: Date): Promise<boolean>
  findProvider(address: string): Promise<string | undefined>
  insertLogin(tokenHash: string, provider: string, expiresAt: Date): Promise<void>
  findLogin(tokenHash: string, now: Date): Promise<string | undefined>
}

export function createWalletStore(database: Database): WalletStore {
  const db = database.sql.withTables<WalletTables>()
  return {
    async insertChallenge(payload, expiresAt, now) {
      await db.deleteFrom('wallet_challenges').where('expires_at', '<=', now).execute()
      await db.deleteFrom('wallet_logins').where('expires_at', '<=', now).execute()
      await db.insertInto('wallet_challenges').values({ payload, expires_at: expiresAt }).execute()
    },
    async takeChallenge(payload, now) {
      const taken = await db.deleteFrom('wallet_challenges').where('payload', '=', payload).returningAll().execute()
      return taken.some(({ expires_at }) => expires_at > now)
    },
    async bind(provider, address, now) {
      const taken = await db
        .insertInto('provider_wallets')
        .values({ provider, address, proven_at: now })
        .onConflict((conflict) => conflict.column('provider').doUpdateSet({ address, proven_at: now }))
        .execute()
        .catch((error: unknown) => {
          if (error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION) return undefined
          throw error
        })
      return taken !== undefined
    },
    async findProvider(address) {
      const query = db.selectFrom('provider_wallets').select('provider').where('address', '=', address)
      return (await query.executeTakeFirst())?.provider
    },
    async insertLogin(tokenHash, provider, expiresAt) {
      await db.insertInto('wallet_logins').values({ token_hash: tokenHash, provider, expires_at: expiresAt }).execute()
    },
    async findLogin(tokenHash, now) {
      const query = db.selectFrom('wallet_logins').select('provider').where('token_hash', '=', tokenHash)
      return (await query.where('expires_at', '>', now).executeTakeFirst())?.provider
    }
  }
}

const UNIQUE_VIOLATION = '23505'
