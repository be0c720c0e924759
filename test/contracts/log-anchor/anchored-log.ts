import { Address, type Cell, external, toNano } from '@ton/core'
import { type Blockchain, type BlockchainTransaction, createShardAccount, EmulationError, internal } from '@ton/sandbox'
import {
  ed25519PrivateKey,
  ed25519PublicBytes,
  type PrivateKey,
  sha256,
  signEd25519
} from '../../../attestation/crypto.ts'
import type { HashReader } from '../../../attestation/tlog/node-id.ts'
import { proveConsistency, rootAt } from '../../../attestation/tlog/prove.ts'
import {
  type AnchorOrder,
  encodeBody,
  type Head,
  hashToSign,
  type Order,
  type RetireOrder
} from '../../../contracts/log-anchor/messages.ts'
import {
  type AnchorState,
  type AnchorTerms,
  anchorAddress,
  anchorInit,
  EMPTY_CHAIN_HASH,
  encodeState,
  nextChainHash,
  parseState
} from '../../../contracts/log-anchor/storage.ts'
import { TEST_NETWORK } from '../sandbox.ts'

export const ANCHOR_KEY = ed25519PrivateKey(new Uint8Array(32).fill(1))
export const RECOVERY_KEY = ed25519PrivateKey(new Uint8Array(32).fill(2))
export const OTHER_KEY = ed25519PrivateKey(new Uint8Array(32).fill(3))

export const TERMS: AnchorTerms = {
  networkId: TEST_NETWORK,
  originHash: sha256(new TextEncoder().encode('log.bombyx.example/2026')),
  anchorKey: ed25519PublicBytes(ANCHOR_KEY),
  recoveryKey: ed25519PublicBytes(RECOVERY_KEY)
}

/** Who tops up; the sandbox takes its messages as they come. */
export const FAUCET = new Address(0, Buffer.alloc(32, 0xfa))

/** What became of a message: refused by the account before acceptance, or a transaction. */
export type Sent =
  | { readonly kind: 'refused'; readonly exitCode: number }
  | { readonly kind: 'run'; readonly exitCode: number; readonly transaction: BlockchainTransaction }

/** An anchor on a chain, and what a log would tell it. */
export interface AnchoredLog {
  readonly chain: Blockchain
  readonly address: Address
  /** The contract's data. */
  state(): Promise<AnchorState>
  balance(): Promise<bigint>
  /** The order for a head of `size` leaves that the contract would take now, changed by `changes`. */
  order(size: bigint, changes?: Partial<AnchorOrder>): Promise<AnchorOrder>
  retirement(successor: Address, changes?: Partial<RetireOrder>): Promise<RetireOrder>
  /** Signed by this key, or the one whose order it is. */
  send(order: Order, key?: PrivateKey): Promise<Sent>
  sendBody(body: Cell): Promise<Sent>
}

export interface LogOptions {
  readonly reader: HashReader
  readonly terms?: AnchorTerms
  readonly balance?: bigint
}

/** Deploys an anchor with a top-up. */
export async function deployLog(
  chain: Blockchain,
  { reader, terms = TERMS, balance = toNano(10) }: LogOptions
): Promise<AnchoredLog> {
  const address = anchorAddress(terms)
  const message = internal({ from: FAUCET, to: address, value: balance, stateInit: anchorInit(terms) })
  await chain.sendMessage(message)
  return connect(chain, address, reader)
}

/** An anchor that already holds this state, for heads that no test can grow to. */
export async function placeLog(chain: Blockchain, state: AnchorState, options: LogOptions): Promise<AnchoredLog> {
  const address = anchorAddress(state)
  const { code } = anchorInit(state)
  const account = { address, code, data: encodeState(state), balance: options.balance ?? toNano(10) }
  await chain.setShardAccount(address, createShardAccount(account))
  return connect(chain, address, options.reader)
}

function connect(chain: Blockchain, address: Address, reader: HashReader): AnchoredLog {
  const state = async () => {
    const { accountState } = await chain.getContract(address)
    if (accountState?.type !== 'active' || !accountState.state.data) throw new TypeError('no active account')
    return parseState(accountState.state.data)
  }
  const common = async () => {
    const { seqno, networkId } = await state()
    return { networkId, seqno, validUntil: (chain.now ?? 0) + 600 }
  }
  const sendBody = (body: Cell) => sendExternal(chain, address, body)
  return {
    chain,
    address,
    state,
    sendBody,
    balance: async () => (await chain.getContract(address)).balance,
    order: async (size, changes) => {
      const { treeSize } = await state()
      const proof = treeSize === 0n || treeSize >= size ? [] : proveConsistency(treeSize, size, reader)
      const head = { treeSize: size, rootHash: rootAt(size, reader), timestamp: chain.now ?? 0 }
      return { kind: 'anchor', ...(await common()), ...head, proof, ...changes }
    },
    retirement: async (successor, changes) => ({ kind: 'retire', ...(await common()), successor, ...changes }),
    send: (order, key = order.kind === 'anchor' ? ANCHOR_KEY : RECOVERY_KEY) => {
      const signature = signEd25519(key, hashToSign(address, order))
      return sendBody(encodeBody({ order, signature }))
    }
  }
}

async function sendExternal(chain: Blockchain, address: Address, body: Cell): Promise<Sent> {
  try {
    const { transactions } = await chain.sendMessage(external({ to: address, body }))
    const transaction = transactions[0]
    if (transaction?.description.type !== 'generic') throw new TypeError('no transaction')
    const { computePhase } = transaction.description
    if (computePhase.type !== 'vm') throw new TypeError('nothing was run')
    return { kind: 'run', exitCode: computePhase.exitCode, transaction }
  } catch (error) {
    // The sandbox throws what a node would not take into a block.
    if (error instanceof EmulationError && error.exitCode !== undefined) {
      return { kind: 'refused', exitCode: error.exitCode }
    }
    throw error
  }
}

/** The state of a contract that has accepted this head last. */
export function stateWith(head: Head): AnchorState {
  return { ...TERMS, ...head, seqno: 1, chainHash: nextChainHash(EMPTY_CHAIN_HASH, head), successor: null }
}
