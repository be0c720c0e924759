import { setTimeout as delay } from 'node:timers/promises'
import type { MessageRelaxed } from '@ton/core'
import type { Chain } from './chain.ts'
import { ContractError } from './errors.ts'
import type { SigningKey } from './key-file.ts'
import { createWallet, type Wallet } from './wallet.ts'

/** How long a transfer is good for, in seconds: blocks come every few. */
const VALID_FOR = 180
/** Validators' clocks differ: a block this much later is after every block that could take a message. */
const LAPSE_MARGIN = 60

/** The wallet of a key on this network. */
export function walletOf(chain: Chain, key: SigningKey): Wallet {
  return createWallet({ ...key, networkId: chain.networkId })
}

/** The get method `seqno`; 0 before the wallet is deployed. */
export async function readSeqno(chain: Chain, { address }: Wallet): Promise<number> {
  const { status } = await chain.account(address)
  return status === 'active' ? (await chain.getMethod(address, 'seqno')).readNumber() : 0
}

/**
 * Sends messages from a wallet and waits until it has taken them (CHAIN_UNAVAILABLE when it does not in time, and then it never
 * will). What they do at their destinations happens in later blocks.
 */
export async function sendAndWait(
  chain: Chain,
  key: SigningKey,
  messages: readonly MessageRelaxed[],
  pollMs: number = POLL_MS[chain.network]
): Promise<void> {
  const wallet = walletOf(chain, key)
  const seqno = await readSeqno(chain, wallet)
  const validUntil = (await chain.latestBlock()).genUtime + VALID_FOR
  await chain.sendBoc(wallet.transfer({ seqno, validUntil, messages }))
  for (;;) {
    const { genUtime } = await chain.latestBlock()
    if ((await readSeqno(chain, wallet)) > seqno) return
    if (genUtime > validUntil + LAPSE_MARGIN) throw new ContractError('CHAIN_UNAVAILABLE', 'the transfer has lapsed')
    await delay(pollMs)
  }
}

const POLL_MS = { mainnet: 1000, testnet: 1000, local: 25 } as const
