import { encodeBase64Url } from '../../../attestation/encoding.ts'
import { ContractError } from '../../../contracts/errors.ts'
import { type TonProof, verifyTonProof } from '../../../contracts/ton-proof.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { unixSeconds } from '../../runtime/time.ts'
import { hashToken } from '../../runtime/tokens.ts'
import type { WalletStore } from './wallet-store.ts'

export interface WalletContext {
  readonly wallets: WalletStore
  readonly now: () => Date
  readonly random: (length: number) => Uint8Array
  /** What wallets show their owners. */
  readonly domain: string
}

export interface ProviderLogin {
  readonly provider: string
  readonly token: string
  readonly expiresAt: Date
}

const CHALLENGE_LIFE_MS = 15 * 60_000
const LOGIN_LIFE_MS = 3_600_000

/** A payload for a wallet to sign, good once. */
export async function createLogin({ wallets, now, random }: WalletContext): Promise<string> {
  const payload = encodeBase64Url(random(32))
  await wallets.insertChallenge(payload, new Date(now().getTime() + CHALLENGE_LIFE_MS), now())
  return payload
}

/**
 * Checks a wallet's proof and logs its provider in. `provider`, of an enrolment token, gets the wallet; without one the wallet must
 * be some provider's already. The payload is spent by the first proof that verifies for it.
 */
export async function login(
  proof: TonProof,
  provider: string | undefined,
  context: WalletContext
): Promise<ProviderLogin> {
  const { wallets, now, random } = context
  const address = checkProof(proof, context)
  if (!(await wallets.takeChallenge(proof.payload, now()))) {
    throw new ServiceError('WALLET_PROOF_INVALID', 'the payload was not given here, is spent or has lapsed')
  }
  if (provider !== undefined && !(await wallets.bind(provider, address, now()))) {
    throw new ServiceError('WALLET_PROOF_INVALID', `the wallet ${address} is another provider's`)
  }
  const owner = provider ?? (await wallets.findProvider(address))
  if (owner === undefined) throw new ServiceError('WALLET_UNKNOWN', `no provider has the wallet ${address}`)
  const token = `bombyx-login-${encodeBase64Url(random(32))}`
  const expiresAt = new Date(now().getTime() + LOGIN_LIFE_MS)
  await wallets.insertLogin(hashToken(token), owner, expiresAt)
  return { provider: owner, token, expiresAt }
}

/** The address in raw form. */
function checkProof(proof: TonProof, { domain, now }: WalletContext): string {
  try {
    const expected = { domain, payload: proof.payload, now: unixSeconds(now()) }
    return verifyTonProof(proof, expected).toRawString()
  } catch (error) {
    if (!(error instanceof ContractError)) throw error
    const code = error.code === 'WALLET_PROOF_MALFORMED' ? error.code : 'WALLET_PROOF_INVALID'
    throw new ServiceError(code, error.message, { cause: error })
  }
}
