import { setTimeout as delay } from 'node:timers/promises'
import { type Address, internal } from '@ton/core'
import { sha256 } from '../../../attestation/crypto.ts'
import { encodeUtf8 } from '../../../attestation/encoding.ts'
import type { Chain } from '../../../contracts/chain.ts'
import type { SigningKey } from '../../../contracts/key-file.ts'
import { LogAnchor } from '../../../contracts/log-anchor/log-anchor.ts'
import type { AnchorTerms } from '../../../contracts/log-anchor/storage.ts'
import { createWallet, type Wallet } from '../../../contracts/wallet.ts'
import { ServiceError } from '../../runtime/errors.ts'

export interface DeployWish {
  readonly chain: Chain
  /** The log's, for ever. */
  readonly origin: string
  /** Ed25519, 32 bytes: signs heads. */
  readonly anchorKey: Uint8Array
  /** Ed25519, 32 bytes: can retire the contract, and nothing else. */
  readonly recoveryKey: Uint8Array
  /** Of the wallet (v5r1) that pays. */
  readonly payer: SigningKey
  /** nanoTON that the contract gets for its gas and rent; nothing ever comes back. */
  readonly amount: bigint
}

export interface Deployment {
  /** Follows from the terms alone: known before anything is paid. */
  readonly address: Address
  readonly payer: Address
  readonly isDeployed: boolean
  /** nanoTON: the amount, and at most what the transfer's fees come to. */
  readonly cost: bigint
}

/** What a transfer that deploys takes at most, in nanoTON, at the fees of 2025, which are six times those of today. */
const MOST_FEES = 50_000_000n
const VALID_FOR_SECONDS = 180
const POLL_MS = 1000

/** Where the contract will be, and what it costs: nothing is sent. */
export async function planDeployment(wish: DeployWish): Promise<Deployment> {
  const { address } = LogAnchor.of(termsOf(wish))
  const isDeployed = (await wish.chain.account(address)).status === 'active'
  return { address, payer: walletOf(wish).address, isDeployed, cost: isDeployed ? 0n : wish.amount + MOST_FEES }
}

/** Deploys the contract unless it is there; resolves when it is. A call that was cut off can be repeated. */
export async function deployAnchor(wish: DeployWish): Promise<Deployment> {
  const deployment = await planDeployment(wish)
  if (deployment.isDeployed) return deployment
  const { chain, amount } = wish
  const { address, init } = LogAnchor.of(termsOf(wish))
  const wallet = walletOf(wish)
  const account = await chain.account(wallet.address)
  if (account.balance < amount + MOST_FEES) {
    throw new ServiceError(
      'UNPAID',
      `wallet ${wallet.address} has ${account.balance} nanoTON, ${deployment.cost} wanted`
    )
  }
  const seqno = account.status === 'active' ? (await chain.getMethod(wallet.address, 'seqno')).readNumber() : 0
  const validUntil = (await chain.latestBlock()).genUtime + VALID_FOR_SECONDS
  const message = internal({ to: address, value: amount, bounce: false, ...(init === undefined ? {} : { init }) })
  await chain.sendBoc(wallet.transfer({ seqno, validUntil, messages: [message] }))
  await waitUntilActive(chain, address, validUntil)
  return { ...deployment, isDeployed: true }
}

async function waitUntilActive(chain: Chain, address: Address, limit: number): Promise<void> {
  for (;;) {
    const { genUtime } = await chain.latestBlock()
    if ((await chain.account(address)).status === 'active') return
    if (genUtime > limit) throw new ServiceError('UNAVAILABLE', `${address} is not deployed: the transfer has lapsed`)
    await delay(POLL_MS)
  }
}

function termsOf({ chain, origin, anchorKey, recoveryKey }: DeployWish): AnchorTerms {
  return { networkId: chain.networkId, originHash: sha256(encodeUtf8(origin)), anchorKey, recoveryKey }
}

function walletOf({ chain, payer }: DeployWish): Wallet {
  return createWallet({ ...payer, networkId: chain.networkId })
}
