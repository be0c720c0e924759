import { createHash } from 'node:crypto'
import { beginCell, type Cell, storeAccount } from '@ton/core'
import type { Wallet } from '../wallet.ts'
import { keepAll } from './accounts.ts'
import { digestOf } from './cell-hash.ts'
import { applyAccounts, nextTip } from './ledger.ts'
import type { ProducedBlock } from './produce.ts'
import { type AccountRecord, type BlockRecord, encodeRecord } from './record.ts'
import { masterPartsOf, masterStateOf, shardStateOf } from './tip.ts'

/** What the faucet begins with: a million TON, in nanoTON. */
const FAUCET_BALANCE = 10n ** 15n

/**
 * Entry 0: the zero states of both chains, with the faucet's wallet as the one account. They have numbers 0 and are named
 * by their states' hashes, as on mainnet.
 */
export function produceGenesis(faucet: Wallet, config: Cell, now: number): ProducedBlock {
  const account = encodeFaucet(faucet)
  const boc = beginCell().storeRef(account).storeUint(0, 256).storeUint(0, 64).endCell().toBoc()
  const entry: AccountRecord = {
    key: faucet.address.hash.toString('hex'),
    hash: account.hash().toString('hex'),
    depth: account.depth(),
    lastHash: '00'.repeat(32),
    lastLt: '0',
    balance: String(FAUCET_BALANCE),
    size: boc.length
  }
  const draft = draftRecord(entry, now)
  const accounts = applyAccounts(undefined, draft, { position: 0, length: 0 })
  const shardState = shardStateOf(
    { ...nextTip(undefined, draft, accounts, []), accounts },
    keepAll(() => account)
  )
  const shard = { ...nameState(shardState), seqno: 0, startLt: '0', endLt: '0' }
  const withShard: BlockRecord = { ...draft, shard }
  const masterState = masterStateOf(masterPartsOf(nextTip(undefined, withShard, accounts, []), config))
  const master = { ...draft.master, ...nameState(masterState), stateHash: masterState.hash().toString('hex') }
  const record = { ...withShard, master }
  const body = encodeRecord(record, [boc, shardState.toBoc(), masterState.toBoc()])
  return { record, body, tip: nextTip(undefined, record, accounts, []) }
}

function draftRecord(account: AccountRecord, now: number): BlockRecord {
  const nothing = { seqno: 0, rootHash: '00'.repeat(32), fileHash: '00'.repeat(32), startLt: '0', endLt: '0', size: 0 }
  const master = { ...nothing, stateHash: nothing.rootHash, genUtime: now }
  return { master, shard: nothing, accounts: [account], transactions: [], pending: [] }
}

function nameState(state: Cell): { readonly rootHash: string; readonly fileHash: string; readonly size: number } {
  const boc = state.toBoc()
  const fileHash = createHash('sha256').update(boc).digest('hex')
  return { rootHash: digestOf(state).hash.toString('hex'), fileHash, size: boc.length }
}

function encodeFaucet({ address, init }: Wallet): Cell {
  const used = { cells: 0n, bits: 0n }
  const account = {
    addr: address,
    storageStats: { used, storageExtra: null, lastPaid: 0, duePayment: null },
    storage: { lastTransLt: 0n, balance: { coins: FAUCET_BALANCE }, state: { type: 'active', state: init } as const }
  }
  return beginCell().storeBit(1).store(storeAccount(account)).endCell()
}
