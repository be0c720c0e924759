import { Address, Cell, type Transaction } from '@ton/core'
import { equalBytes } from '../../attestation/crypto.ts'
import { encodeHex } from '../../attestation/encoding.ts'
import type { Chain, MasterchainBlock } from '../../contracts/chain.ts'
import { ContractError } from '../../contracts/errors.ts'
import type { Head } from '../../contracts/log-anchor/messages.ts'
import {
  type AnchorState,
  EMPTY_CHAIN_HASH,
  nextChainHash,
  parseAnchorAccount,
  parseState
} from '../../contracts/log-anchor/storage.ts'
import { type AnchorEvent, parseAnchorTransaction } from '../../contracts/log-anchor/transaction.ts'
import { parseBoc } from '../../contracts/state-proof/boc.ts'
import type { AccountProof } from '../../contracts/state-proof/fetch.ts'
import { verifyAccountState } from '../../contracts/state-proof/verify.ts'
import type { AuditFinding } from './findings.ts'

/** What the auditor asks of a chain, of an endpoint or of a folder. */
export interface AuditChain
  extends Pick<
    Chain,
    'network' | 'networkId' | 'account' | 'accountProof' | 'transactions' | 'blockBySeqno' | 'latestBlock'
  > {
  /** It came with the files that are audited: its word on a block confirms nothing. */
  readonly isRecorded?: true
}

/**
 * How far trust in what the chain says reaches: `api` one endpoint's word · `cross-checked` at least three agree on the block ·
 * `merkle` the account's state is proven from the block's hash. That the block is the network's own is validators' signatures
 * to show, and a later level.
 */
export type ChainLevel = 'api' | 'cross-checked' | 'merkle'

/** A head as the contract took it. */
export interface AnchoredHead {
  readonly head: Head
  /** Unix seconds of its transaction. */
  readonly at: number
  /** Place of the transaction that took it, in the account's. */
  readonly transaction: number
}

export interface AnchorHistory {
  readonly address: Address
  readonly level: ChainLevel
  /** From whose root hash the state is told. */
  readonly block: MasterchainBlock
  /** How many endpoints said so; 0: the hash came with the files that are audited. */
  readonly confirmations: number
  readonly state: AnchorState
  /** Undefined where the endpoint gives none. */
  readonly proof: AccountProof | undefined
  /** Oldest first. */
  readonly heads: readonly AnchoredHead[]
  /** BoCs of all of the account's, oldest first. */
  readonly transactions: readonly Uint8Array[]
  readonly findings: readonly AuditFinding[]
}

export interface AnchorQuestion {
  readonly address: Address
  /** SHA-256 of the log's origin line. */
  readonly originHash: Uint8Array
  /** The first is asked everything, the others for the block. */
  readonly chains: readonly AuditChain[]
  /** Root hash of the block, from wherever the caller trusts; absent: the endpoints' word. */
  readonly trustedRoot?: Uint8Array
  /** The contract's chain hash before the first transaction that is given; absent: they begin with its first ever. */
  readonly chainHashBefore?: Uint8Array
}

/** An anchor's data is three cells. */
const STATE_LIMITS = { bytes: 4_096, cells: 16 }
const PAGE = 100
/** Endpoints that must agree before their word counts as more than one's. */
const CROSS_CHECK = 3

/**
 * What an anchor's account is and did.
 *
 * 1. its state, proven from a block's hash where the endpoint gives the proof, and that block as every endpoint knows it
 * 2. the contract's code, network and origin are this log's
 * 3. its transactions, each named by the hash in the one after it, from the state's last back to the first
 * 4. the chain hash of all heads that they took is the state's, so none is missing and none is invented
 */
export async function readAnchorHistory(question: AnchorQuestion): Promise<AnchorHistory> {
  const { address, originHash, chains } = question
  const [chain] = chains
  if (chain === undefined) throw new TypeError('no chain to ask')
  const told = await readState(question, chain)
  const { last, ...state } = told
  const steps = await readSteps(chain, address, last)
  const heads = steps.flatMap(({ event, at }, transaction) =>
    event.kind === 'anchored' ? [{ head: headOf(event.order), at, transaction }] : []
  )
  const findings = [
    ...told.findings,
    ...termsFindings(told.state, chain, originHash),
    ...historyFindings(told.state, heads, { first: steps[0], before: question.chainHashBefore }),
    ...steps.flatMap(eventFindings)
  ]
  return { ...state, address, heads, transactions: steps.map(({ boc }) => boc), findings }
}

/** What one transaction did; parsed transactions are twenty times as large as their bytes. */
interface Step {
  readonly event: AnchorEvent
  /** Unix seconds. */
  readonly at: number
  readonly boc: Uint8Array
  readonly isFirst: boolean
}

function headOf({ treeSize, rootHash, timestamp }: Head): Head {
  return { treeSize, rootHash, timestamp }
}

function eventFindings({ event, at }: Step): readonly AuditFinding[] {
  const time = new Date(at * 1000).toISOString()
  if (event.kind === 'retired') {
    return [{ code: 'ANCHOR_RETIRED', message: `retired at ${time} in favour of ${event.order.successor}` }]
  }
  if (event.kind !== 'refused') return []
  return [{ code: 'ANCHOR_REFUSED', message: `the contract refused an order at ${time}, exit code ${event.exitCode}` }]
}

interface ToldState extends Pick<AnchorHistory, 'level' | 'block' | 'confirmations' | 'state' | 'proof' | 'findings'> {
  /** The account's last transaction in that state. */
  readonly last: { readonly lt: bigint; readonly hash: Uint8Array }
}

async function readState(question: AnchorQuestion, chain: AuditChain): Promise<ToldState> {
  let proof: AccountProof
  try {
    proof = await chain.accountProof(question.address)
  } catch (error) {
    if (!(error instanceof ContractError) || error.kind === 'input') throw error
    return readUnproven(question, chain, error)
  }
  const { block: told, confirmations, findings } = await confirmBlock(question, proof.block.seqno)
  const { rootHash } = told
  const verified = verifyAccountState(question.address, { rootHash, networkId: chain.networkId }, proof)
  // What number and time the block has, its own header says.
  const block = { ...told, ...verified.block }
  if (block.seqno !== proof.block.seqno) {
    throw new ContractError('STATE_PROOF_INVALID', `proven from block ${block.seqno}, and said to be of ${told.seqno}`)
  }
  if (verified.account === undefined)
    throw new ContractError('ANCHOR_STATE_MALFORMED', 'it is proven that there is no such account')
  const [cell] = Cell.fromBoc(Buffer.from(proof.state))
  if (cell === undefined) throw new ContractError('ANCHOR_STATE_MALFORMED', 'an account without a cell')
  const { state } = parseAnchorAccount(cell)
  return { level: 'merkle', block, confirmations, state, proof, findings, last: verified.account.lastTransaction }
}

async function readUnproven(question: AnchorQuestion, chain: AuditChain, cause: ContractError): Promise<ToldState> {
  const { data, lastTransaction } = await chain.account(question.address)
  const [cell] = data === undefined ? [] : parseBoc(data, STATE_LIMITS)
  if (cell === undefined || lastTransaction === undefined) {
    throw new ContractError('ANCHOR_STATE_MALFORMED', 'the account is not active')
  }
  const { seqno } = await chain.latestBlock()
  const { block, confirmations, findings } = await confirmBlock(question, seqno)
  const message = `the endpoint proves no account state (${cause.code}): it is its word alone`
  return {
    level: confirmations >= CROSS_CHECK ? 'cross-checked' : 'api',
    block,
    confirmations,
    state: parseState(cell),
    proof: undefined,
    findings: [...findings, { code: 'STATE_UNPROVEN', message }],
    last: lastTransaction
  }
}

/** The block of this number, as every endpoint has it. */
async function confirmBlock({ chains, trustedRoot }: AnchorQuestion, seqno: number) {
  const answers = await Promise.allSettled(chains.map((chain) => chain.blockBySeqno(seqno)))
  const told = answers.flatMap((answer, at) =>
    answer.status === 'fulfilled' ? [{ block: answer.value, isRecorded: chains[at]?.isRecorded === true }] : []
  )
  const [first] = told
  const failed = answers.find((answer) => answer.status === 'rejected')
  if (first === undefined) throw failed?.reason
  const block = { ...first.block, rootHash: trustedRoot ?? first.block.rootHash }
  const by = trustedRoot === undefined ? 'to one endpoint' : 'as it was named here'
  const others = told.filter((one) => !equalBytes(one.block.rootHash, block.rootHash))
  const findings = others.map(({ block: { rootHash } }) => {
    const message = `block ${seqno} is ${encodeHex(block.rootHash)} ${by} and ${encodeHex(rootHash)} to another`
    return { code: 'ENDPOINTS_DISAGREE', message } as const
  })
  const confirmations = told.filter((one) => !one.isRecorded && !others.includes(one)).length
  return { block, confirmations, findings }
}

function termsFindings(
  { networkId, originHash }: AnchorState,
  chain: AuditChain,
  wanted: Uint8Array
): readonly AuditFinding[] {
  const wrong = [
    ...(networkId === chain.networkId ? [] : [`network ${networkId} and not ${chain.networkId}`]),
    ...(equalBytes(originHash, wanted) ? [] : ['another origin'])
  ]
  return wrong.map((what) => ({ code: 'ANCHOR_FOREIGN', message: `the contract is of ${what}` }))
}

function historyFindings(
  state: AnchorState,
  heads: readonly AnchoredHead[],
  { first, before }: { readonly first: Step | undefined; readonly before: Uint8Array | undefined }
): readonly AuditFinding[] {
  const wrong: string[] = []
  if (before === undefined && first?.isFirst !== true) wrong.push('the first transactions are not to be had')
  const chainHash = heads.reduce((hash, { head }) => nextChainHash(hash, head), before ?? EMPTY_CHAIN_HASH)
  if (!equalBytes(chainHash, state.chainHash)) {
    wrong.push(
      `the chain hash of ${heads.length} heads is ${encodeHex(chainHash)}, the contract has ${encodeHex(state.chainHash)}`
    )
  }
  return wrong.map((message) => ({ code: 'ANCHOR_HISTORY_INCOMPLETE', message }))
}

/** From the state's last transaction back to the first, each the one that its successor names. Oldest first. */
async function readSteps(
  chain: AuditChain,
  address: Address,
  last: { readonly lt: bigint; readonly hash: Uint8Array }
): Promise<readonly Step[]> {
  const found: Step[] = []
  let [wanted, before]: [typeof last, typeof last | undefined] = [last, undefined]
  while (wanted.lt !== 0n) {
    const page = await chain.transactions(address, { limit: PAGE, ...(before === undefined ? {} : { before }) })
    // The endpoint may know of some that are younger than the state.
    const older = page.filter(({ lt }) => lt <= wanted.lt)
    if (older.length === 0) break
    for (const transaction of older) {
      if (!equalBytes(transaction.hash(), wanted.hash)) {
        throw new ContractError('CHAIN_MALFORMED', "a transaction is not the one that the account's next names")
      }
      before = wanted
      wanted = { lt: transaction.prevTransactionLt, hash: hashBytes(transaction.prevTransactionHash) }
      found.push(stepOf(transaction))
    }
  }
  return found.reverse()
}

function stepOf(transaction: Transaction): Step {
  return {
    event: parseAnchorTransaction(transaction),
    at: transaction.now,
    boc: new Uint8Array(transaction.raw.toBoc()),
    isFirst: transaction.prevTransactionLt === 0n
  }
}

function hashBytes(value: bigint): Uint8Array {
  return new Uint8Array(Buffer.from(value.toString(16).padStart(64, '0'), 'hex'))
}

/** Reads an address in any of TON's forms. */
export function parseAddress(text: string): Address {
  try {
    return Address.parse(text)
  } catch (cause) {
    throw new ContractError('ANCHOR_MESSAGE_MALFORMED', 'not an address of TON', { cause })
  }
}
