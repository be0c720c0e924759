import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Cell } from '@ton/core'
import { ContractError } from '../errors.ts'
import { openKeyFile } from '../key-file.ts'
import { NETWORK_IDS } from '../networks.ts'
import { createWallet, type Wallet } from '../wallet.ts'
import { type AccountCache, createAccountCache } from './account-cache.ts'
import { type AccountEntry, findAccount } from './accounts.ts'
import { type CollationInput, collate } from './collate.ts'
import { type ExternalMessage, parseExternal } from './external.ts'
import { produceGenesis } from './genesis.ts'
import { type Journal, type JournalFile, openJournal } from './journal.ts'
import { applyAccounts, type Bytes, type Ledger, nextTip } from './ledger.ts'
import { createMachine, type Machine } from './machine.ts'
import { nextBlockLt, type ProducedBlock, produceBlock } from './produce.ts'
import { type BlockRecord, parseRecord } from './record.ts'
import { Replay } from './replay.ts'
import type { Tip } from './tip.ts'

export interface LocalChainOptions {
  /** Made where it is missing; holds the journal and the faucet's key. One process at a time may have it open. */
  readonly folder: string
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** 32 bytes of randomness a block. */
  readonly randomSeed: () => Buffer
  /** Instead of the real file, in tests. */
  readonly openFile?: (path: string) => Promise<JournalFile>
}

/** A chain of one process: what it is told is on disk before it answers. */
export interface LocalChain extends AsyncDisposable {
  readonly machine: Machine
  readonly ledger: Ledger
  readonly faucet: Wallet
  readonly tip: Tip
  /** Runs an external message and everything that it causes. Resolves when its block is on disk. MESSAGE_MALFORMED, MESSAGE_REFUSED. */
  send(boc: Uint8Array): Promise<void>
  /** Makes the next block though nobody sent anything: it delivers what is still to be delivered, or is empty. */
  tick(): Promise<void>
  readBody(seqno: number): { readonly record: BlockRecord; readonly body: Buffer } | undefined
  readBytes(at: Bytes): Buffer
  /** The `Account` cell of an entry. */
  readAccount(entry: AccountEntry): Cell
  /** Base64 of the `ShardAccount` at an address, of an empty one where there is none. */
  readShardAccount(key: Uint8Array): string
}

/** A block takes so many external messages; the others wait for the next, tens of milliseconds later. */
const MOST_EXTERNAL = 64
/** Messages that wait; whoever comes then is told to come back. */
const MOST_WAITING = 1_000

interface Waiting {
  readonly message: ExternalMessage
  readonly done: (refusal: Error | undefined) => void
}

export async function openLocalChain(options: LocalChainOptions): Promise<LocalChain> {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 })
  const key = openKeyFile(join(options.folder, 'faucet.key'))
  const faucet = createWallet({ ...key, networkId: NETWORK_IDS.local })
  const machine = await createMachine()
  const { journal, ledger } = await openLedger(options, faucet, machine)
  const waiting: Waiting[] = []
  const readBytes = ({ position, length }: Bytes): Buffer => journal.read(length, position)
  const readAccount = (entry: AccountEntry): Cell => readFirstRef(readBytes(entry.at))
  const cache = createAccountCache(readBytes)
  const readShardAccount = (key: Uint8Array): string => cache.read(findAccount(tipOf(ledger).accounts, key))
  const extend = (externals: readonly Waiting[]): Promise<void> =>
    extendChain({ journal, ledger, machine, options, cache, readShardAccount }, externals)
  let work: Promise<void> = tipOf(ledger).shard.seqno === 0 ? extend([]) : Promise.resolve()
  await work
  const enqueue = (job: () => Promise<void>): Promise<void> => {
    const result = work.then(job)
    work = result.catch(() => undefined)
    return result
  }
  const drain = async (): Promise<void> => {
    if (waiting.length > 0) await extend(waiting.splice(0, MOST_EXTERNAL))
  }
  return {
    machine,
    ledger,
    faucet,
    get tip() {
      return tipOf(ledger)
    },
    send: async (boc) => {
      const message = parseExternal(boc)
      if (waiting.length >= MOST_WAITING) throw new ContractError('CHAIN_UNAVAILABLE', 'too many messages are waiting')
      const refusal = await new Promise<Error | undefined>((done) => {
        waiting.push({ message, done })
        void enqueue(drain)
      })
      if (refusal !== undefined) throw refusal
    },
    tick: () => enqueue(() => extend(waiting.splice(0, MOST_EXTERNAL))),
    readBody: (seqno) => {
      const at = ledger.bodyOf(seqno)
      if (at === undefined) return undefined
      const body = journal.read(at.length, at.position)
      return { record: parseRecord(body), body }
    },
    readBytes,
    readAccount,
    readShardAccount,
    [Symbol.asyncDispose]: async () => {
      await work
      await journal[Symbol.asyncDispose]()
    }
  }
}

interface Extension {
  readonly journal: Journal
  readonly ledger: Ledger
  readonly machine: Machine
  readonly options: LocalChainOptions
  readonly cache: AccountCache
  readonly readShardAccount: (key: Uint8Array) => string
}

/** One block more, on disk when it resolves; each sender is told only then. */
async function extendChain(context: Extension, externals: readonly Waiting[]): Promise<void> {
  try {
    const refusals = await appendBlock(context, externals)
    for (const [index, { done }] of externals.entries()) done(refusals[index])
  } catch (cause) {
    const error = new ContractError('CHAIN_UNAVAILABLE', 'the block could not be made', { cause })
    for (const { done } of externals) done(error)
    throw error
  }
}

async function appendBlock(
  { journal, ledger, machine, options, cache, readShardAccount }: Extension,
  externals: readonly Waiting[]
): Promise<readonly (Error | undefined)[]> {
  const before = tipOf(ledger)
  const now = Math.max(before.master.genUtime, Math.floor(options.now() / 1000))
  const seed = options.randomSeed()
  const startLt = nextBlockLt(before.master.endLt)
  const external = externals.map(({ message }) => message)
  const input: CollationInput = {
    ...{ accounts: before.accounts, pending: before.pending },
    external,
    startLt,
    now,
    seed
  }
  const collation = await collate(input, { machine, readShardAccount })
  // Accounts are proven from a shard block, so the first one comes at once.
  const ran = collation.transactions.length > 0 || before.shard.seqno === 0
  // Nothing ran though somebody asked: the chain stays as it is, so that refused messages cost no disk.
  if (ran || externals.length === 0) {
    const block = produceBlock({
      ...{ before, startLt, now, seed, config: machine.config, position: journal.nextBody },
      collation: ran ? collation : undefined
    })
    const at = { position: journal.nextBody, length: block.body.length }
    await journal.append(block.body)
    ledger.apply(block.record, at, block.tip)
    for (const { key, shardAccount } of collation.accounts) {
      const entry = findAccount(block.tip.accounts, key)
      if (entry !== undefined) cache.put(entry, shardAccount)
    }
  }
  return collation.refusals.map((refusal) => refusal && refuse(refusal))
}

function refuse({
  reason,
  exitCode,
  vmLog
}: NonNullable<Awaited<ReturnType<typeof collate>>['refusals'][number]>): Error {
  const log = vmLog === '' ? '' : `\nVM Log (truncated):\n...${vmLog.slice(-1_000)}`
  const why = `${reason}${exitCode === undefined ? '' : `:\nexitcode=${exitCode}`}${log}`
  return new ContractError(
    'MESSAGE_REFUSED',
    `External message was not accepted\nCannot run message on account: ${why}`
  )
}

/** Replays the journal, or begins it. */
async function openLedger(
  options: LocalChainOptions,
  faucet: Wallet,
  machine: Machine
): Promise<{ readonly journal: Journal; readonly ledger: Ledger }> {
  const replay = new Replay()
  const journal = await openJournal(join(options.folder, 'journal'), replay.visit, options.openFile)
  const ledger = replay.finish()
  if (ledger.tip === undefined) {
    const genesis: ProducedBlock = produceGenesis(faucet, machine.config, Math.floor(options.now() / 1000))
    const at = { position: journal.nextBody, length: genesis.body.length }
    await journal.append(genesis.body)
    const started = applyAccounts(undefined, genesis.record, at)
    ledger.apply(genesis.record, at, nextTip(undefined, genesis.record, started, []))
  } else if (replay.faucet !== faucet.address.hash.toString('hex')) {
    throw new ContractError('JOURNAL_FOREIGN', 'the journal began with another faucet than the one whose key is there')
  }
  return { journal, ledger }
}

function tipOf(ledger: Ledger): Tip {
  if (ledger.tip === undefined) throw new TypeError('the ledger is empty')
  return ledger.tip
}

/** The `Account` of a `ShardAccount`. */
function readFirstRef(boc: Buffer): Cell {
  const account = Cell.fromBoc(boc)[0]?.refs[0]
  if (account === undefined) throw new ContractError('JOURNAL_DAMAGED', 'an account is not as it was written')
  return account
}
