import { type Address, loadTransaction, type Transaction } from '@ton/core'
import { base64, hex, integer, list, object, oneOf, type Read, text } from '../../attestation/appraisal/shape.ts'
import type { BlockId } from '../../contracts/answer.ts'
import type { MasterchainBlock, TransactionPage } from '../../contracts/chain.ts'
import { ContractError } from '../../contracts/errors.ts'
import { NETWORK_IDS } from '../../contracts/networks.ts'
import { parseBoc } from '../../contracts/state-proof/boc.ts'
import type { AccountProof } from '../../contracts/state-proof/fetch.ts'
import { type AnchorHistory, type AuditChain, parseAddress } from './anchor-history.ts'

const seqno = integer(0, 0xffff_ffff)
const hash = hex(32)
const blockId = object({
  workchain: integer(-1, 0),
  /** 16 hexadecimal digits. */
  shard: text('^[0-9a-f]{16}$', 16),
  seqno,
  rootHash: hash,
  fileHash: hash
})
const block = object({ seqno, rootHash: hash, fileHash: hash, genUtime: seqno })

/** More than a contract that is anchored every ten minutes does in ten years. */
const MOST_TRANSACTIONS = 1_000_000
const MOST_BLOCKS = 1_000_000
const MAX_TRANSACTION_BYTES = 1 << 16
const MAX_PROOF_BYTES = 1 << 20
const TRANSACTION_LIMITS = { bytes: MAX_TRANSACTION_BYTES, cells: 1_024 }

/**
 * What a chain said of a contract, so that it can be checked without one: its state's proof, its transactions, oldest
 * first, and the blocks that challenges name.
 */
export const chainRecordShape = object({
  network: oneOf(['mainnet', 'testnet', 'local']),
  address: text('^(?:0|-1):[0-9a-f]{64}$', 67),
  block,
  state: object({
    block: blockId,
    shardBlock: blockId,
    shardProof: base64(MAX_PROOF_BYTES),
    proof: base64(MAX_PROOF_BYTES),
    state: base64(MAX_PROOF_BYTES)
  }),
  transactions: list(base64(MAX_TRANSACTION_BYTES), MOST_TRANSACTIONS),
  beacons: list(block, MOST_BLOCKS)
})

export interface ChainRecord extends Read<typeof chainRecordShape> {}

/** Undefined where the state was not proven: then nothing that could be carried away shows anything. */
export function recordChain(
  history: AnchorHistory,
  network: ChainRecord['network'],
  beacons: readonly MasterchainBlock[]
): ChainRecord | undefined {
  const { proof, address, transactions } = history
  if (proof === undefined) return undefined
  return {
    network,
    address: address.toRawString(),
    block: history.block,
    state: { ...proof, block: recordBlock(proof.block), shardBlock: recordBlock(proof.shardBlock) },
    transactions,
    beacons
  }
}

function recordBlock({ shard, ...rest }: BlockId): ChainRecord['state']['block'] {
  return { ...rest, shard: BigInt.asUintN(64, shard).toString(16).padStart(16, '0') }
}

function readBlock({ shard, ...rest }: ChainRecord['state']['block']): BlockId {
  return { ...rest, shard: BigInt.asIntN(64, BigInt(`0x${shard}`)) }
}

/** The chain as it was recorded: it answers as an endpoint does, and its word is worth as little. At least one, of one network. */
export function recordedChain(records: readonly ChainRecord[]): AuditChain {
  const [first] = records
  if (first === undefined || records.some(({ network }) => network !== first.network)) {
    throw new ContractError('CHAIN_REFUSED', 'the records are not of one network')
  }
  const blocks = new Map(records.flatMap(({ block, beacons }) => [...beacons, block]).map((one) => [one.seqno, one]))
  const pages = new Map(records.map(({ address, transactions }) => [address, pagesOf(transactions)]))
  const recordOf = (address: Address): ChainRecord => {
    const found = records.find((record) => record.address === address.toRawString())
    if (found === undefined) throw new ContractError('CHAIN_REFUSED', `${address} was not recorded`)
    return found
  }
  return {
    isRecorded: true,
    network: first.network,
    networkId: NETWORK_IDS[first.network],
    latestBlock: async () => first.block,
    blockBySeqno: async (wanted) => {
      const found = blocks.get(wanted)
      if (found === undefined) throw new ContractError('BLOCK_UNKNOWN', `block ${wanted} was not recorded`)
      return found
    },
    account: async () => {
      throw new ContractError('CHAIN_REFUSED', 'only the proven state was recorded')
    },
    accountProof: async (address) => proofOf(recordOf(address)),
    transactions: async (address, page = {}) => (pages.get(recordOf(address).address) ?? noPage)(page)
  }
}

function proofOf({ state }: ChainRecord): AccountProof {
  return { ...state, block: readBlock(state.block), shardBlock: readBlock(state.shardBlock) }
}

export function recordedAddress({ address }: ChainRecord): Address {
  return parseAddress(address)
}

const noPage = (): readonly Transaction[] => []

/** As an endpoint pages: newest first, from the one before `before` on. */
function pagesOf(bocs: readonly Uint8Array[]): (page: TransactionPage) => readonly Transaction[] {
  /** Of transactions that were given, by logical time. */
  const places = new Map<bigint, number>()
  return ({ limit = 20, before }) => {
    const end = before === undefined ? bocs.length : (places.get(before.lt) ?? 0)
    const start = Math.max(0, end - limit)
    const page = bocs.slice(start, end).map(readTransaction)
    for (const [at, { lt }] of page.entries()) places.set(lt, start + at)
    return page.reverse()
  }
}

function readTransaction(boc: Uint8Array): Transaction {
  const [root, ...others] = parseBoc(boc, TRANSACTION_LIMITS)
  if (root === undefined || others.length > 0) throw new ContractError('BOC_MALFORMED', 'a transaction is not one cell')
  try {
    return loadTransaction(root.beginParse())
  } catch (cause) {
    throw new ContractError('BOC_MALFORMED', 'not a transaction', { cause })
  }
}
