import type { Address, Contract, OpenedContract, Transaction, TupleItem, TupleReader } from '@ton/core'
import { TonClient, type TonClientParameters } from '@ton/ton'
import {
  type BlockId,
  MASTERCHAIN,
  readBlockId,
  readNumber,
  readObject,
  readText,
  readUint32,
  refuse,
  WHOLE_SHARD
} from './answer.ts'
import { ContractError } from './errors.ts'
import { type EndpointConfig, postRpc } from './json-rpc.ts'
import { normalizedMessageHash } from './message.ts'
import { NETWORK_IDS, type NetworkName, PROOF_ENDPOINTS } from './networks.ts'
import { type AccountProof, fetchAccountProof } from './state-proof/fetch.ts'
import { readTransaction } from './transaction.ts'

export interface ChainConfig extends EndpointConfig {
  readonly network: NetworkName
  /** Base URL of a lite server's answers over HTTP (TonAPI's `/v2/liteserver`); the network's own unless it is named. */
  readonly proofEndpoint?: string
  /** That endpoint's key; `apiKey` is never sent to it. */
  readonly proofApiKey?: string
}

/** A masterchain block, as a challenge's beacon needs it. */
export interface MasterchainBlock {
  readonly seqno: number
  readonly rootHash: Uint8Array
  readonly fileHash: Uint8Array
  /** Seconds since 1970. */
  readonly genUtime: number
}

/** An account as the endpoint tells it, unproven. */
export interface AccountReport {
  readonly status: 'active' | 'uninitialized' | 'frozen'
  /** nanoTON */
  readonly balance: bigint
  /** BoCs of one root; absent unless the account is active. */
  readonly code?: Uint8Array
  readonly data?: Uint8Array
  readonly lastTransaction?: TransactionId
}

export interface TransactionId {
  readonly lt: bigint
  readonly hash: Uint8Array
}

export interface TransactionPage {
  /** At most 100, or 99 of those before another; newest first. */
  readonly limit?: number
  /** Only those older than this one. */
  readonly before?: TransactionId
}

/** The few questions that services ask of TON. All refusals are `ContractError`s. */
export interface Chain {
  readonly network: NetworkName
  /** TON's global id: -239, -3, or the local chain's. */
  readonly networkId: number
  latestBlock(): Promise<MasterchainBlock>
  /** BLOCK_UNKNOWN: there is none of this number yet, or the endpoint keeps it no longer. */
  blockBySeqno(seqno: number): Promise<MasterchainBlock>
  /**
   * Hands in an external message. MESSAGE_REFUSED: its contract did not accept it, so that sending the same bytes again
   * is useless now; resolving says only that the network took it, never that it ran.
   */
  sendBoc(boc: Uint8Array): Promise<void>
  account(address: Address): Promise<AccountReport>
  /** GET_METHOD_FAILED: it ended with an exit code of its own, or the account has no code. */
  getMethod(address: Address, name: string, stack?: readonly TupleItem[]): Promise<TupleReader>
  transactions(address: Address, page?: TransactionPage): Promise<readonly Transaction[]>
  /**
   * The transaction that an external message caused, by the message's normalised hash (`normalizedMessageHash`);
   * undefined where the account has none at or after logical time `since`.
   */
  findTransaction(address: Address, messageHash: Uint8Array, since: bigint): Promise<Transaction | undefined>
  /** The account's state with Merkle proofs from the root hash of the newest masterchain block, or of the one named. */
  accountProof(address: Address, block?: BlockId): Promise<AccountProof>
  /** A wrapper's `get…` and `send…` methods against this network. */
  open<Wrapper extends Contract>(contract: Wrapper): OpenedContract<Wrapper>
}

/** Speaks to one endpoint. Dials only when asked something, and refuses (CHAIN_NETWORK_MISMATCH) one of another network. */
export function openChain(config: ChainConfig): Chain {
  const client = createClient(config)
  const call = (method: string, params: object): Promise<unknown> =>
    postRpc(config, JSON.stringify({ id: '1', jsonrpc: '2.0', method, params }))
  const networkId = NETWORK_IDS[config.network]
  const transactions: Chain['transactions'] = (address, page = {}) => readTransactions(call, address, page)
  return {
    network: config.network,
    networkId,
    latestBlock: async () => {
      const info = readObject(await call('getMasterchainInfo', {}), 'masterchain info')
      const id = readBlockId(info['last'])
      if (id.workchain !== MASTERCHAIN) throw malformed('the newest block is none of the masterchain')
      return readHeader(call, id, networkId)
    },
    blockBySeqno: async (seqno) => {
      const found = await call('lookupBlock', { workchain: MASTERCHAIN, shard: String(WHOLE_SHARD), seqno })
      const id = readBlockId(found)
      if (id.workchain !== MASTERCHAIN || id.seqno !== seqno) throw malformed('another block was found')
      return readHeader(call, id, networkId)
    },
    sendBoc: (boc) => readingAnswer(client.sendFile(Buffer.from(boc))),
    account: (address) => readAccount(client, address),
    getMethod: (address, name, stack = []) => runMethod(client, { address, name, stack: [...stack] }),
    transactions,
    findTransaction: (address, messageHash, since) => findTransaction(transactions, { address, messageHash, since }),
    accountProof: (address, block) => fetchAccountProof(proofConfig(config), address, block),
    open: (contract) => client.open(contract)
  }
}

function createClient({ endpoint, apiKey, timeoutMs }: ChainConfig): TonClient {
  const options = {
    endpoint,
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(timeoutMs === undefined ? {} : { timeoutMs })
  }
  // The client's own transport tells a refusal from an outage by text alone, and reads answers of any length.
  const httpAdapter: NonNullable<TonClientParameters['httpAdapter']> = async (request) => {
    const result = await postRpc(options, String(request.data))
    return { data: { ok: true, result }, status: 200, statusText: 'OK', headers: {}, config: request }
  }
  return new TonClient({ endpoint, httpAdapter })
}

function proofConfig({ network, endpoint, proofEndpoint, proofApiKey, timeoutMs }: ChainConfig): EndpointConfig {
  // The local chain answers for both at one port.
  const base = proofEndpoint ?? (network === 'local' ? new URL(endpoint).origin : PROOF_ENDPOINTS[network])
  return {
    endpoint: base,
    ...(proofApiKey === undefined ? {} : { apiKey: proofApiKey }),
    ...(timeoutMs === undefined ? {} : { timeoutMs })
  }
}

async function readHeader(
  call: (method: string, params: object) => Promise<unknown>,
  { workchain, shard, seqno, rootHash, fileHash }: BlockId,
  networkId: number
): Promise<MasterchainBlock> {
  const id = { workchain, shard: String(shard), seqno, root_hash: base64(rootHash), file_hash: base64(fileHash) }
  const header = readObject(await call('getBlockHeader', id), 'block header')
  const globalId = readNumber(header, 'global_id')
  if (globalId !== networkId) {
    throw new ContractError('CHAIN_NETWORK_MISMATCH', `the endpoint is of network ${globalId}, not ${networkId}`)
  }
  const genUtime = readUint32(header, 'gen_utime')
  // By a block's time a transfer is dated: one of the future would leave it good for long after it was given up.
  if (networkId !== NETWORK_IDS.local && genUtime > Date.now() / 1000 + MOST_AHEAD) {
    throw malformed(`block ${seqno} is of ${new Date(genUtime * 1000).toISOString()}: is this clock right?`)
  }
  return { seqno, rootHash, fileHash, genUtime }
}

/** Seconds that this machine's clock may be behind. */
const MOST_AHEAD = 900

async function readAccount(client: TonClient, address: Address): Promise<AccountReport> {
  const { state, balance, code, data, lastTransaction } = await readingAnswer(client.getContractState(address))
  const last =
    lastTransaction === null
      ? undefined
      : { lt: BigInt(lastTransaction.lt), hash: Buffer.from(lastTransaction.hash, 'base64') }
  return {
    status: state,
    balance,
    ...(code === null ? {} : { code }),
    ...(data === null ? {} : { data }),
    ...(last === undefined ? {} : { lastTransaction: last })
  }
}

async function runMethod(
  client: TonClient,
  { address, name, stack }: { readonly address: Address; readonly name: string; readonly stack: TupleItem[] }
): Promise<TupleReader> {
  const result = await readingAnswer(client.runMethodWithError(address, name, stack))
  if (result.exit_code === 0 || result.exit_code === 1) return result.stack
  throw new ContractError('GET_METHOD_FAILED', `${name} ended with exit code ${result.exit_code}`)
}

// Not through TonClient, which reads what an endpoint sends however far it unfolds.
async function readTransactions(
  call: (method: string, params: object) => Promise<unknown>,
  address: Address,
  { limit = 20, before }: TransactionPage
): Promise<readonly Transaction[]> {
  // The API counts the one that is named among them, gives it first, and gives 100 in all.
  const skipped = before === undefined ? 0 : 1
  const most = Math.min(limit + skipped, 100)
  const from = before === undefined ? {} : { lt: String(before.lt), hash: Buffer.from(before.hash).toString('hex') }
  const answer = await call('getTransactions', { address: address.toString(), limit: most, ...from })
  if (!Array.isArray(answer)) refuse('list of transactions')
  return answer.slice(skipped, most).map(transactionOf)
}

function transactionOf(item: unknown): Transaction {
  try {
    return readTransaction(Buffer.from(readText(readObject(item, 'transaction'), 'data'), 'base64'))
  } catch (cause) {
    throw malformed('a transaction cannot be read', cause)
  }
}

/** Pages that are looked through for one message: 2,000 transactions. */
const MOST_PAGES = 20

interface Wanted {
  readonly address: Address
  readonly messageHash: Uint8Array
  readonly since: bigint
}

async function findTransaction(transactions: Chain['transactions'], wanted: Wanted): Promise<Transaction | undefined> {
  let before: TransactionId | undefined
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const found = await transactions(wanted.address, { limit: 100, ...(before === undefined ? {} : { before }) })
    const match = found.find(
      (transaction) => transaction.lt >= wanted.since && isCausedBy(transaction, wanted.messageHash)
    )
    if (match !== undefined) return match
    const oldest = found.at(-1)
    if (oldest === undefined || oldest.prevTransactionLt === 0n || oldest.lt < wanted.since) return undefined
    before = { lt: oldest.lt, hash: oldest.hash() }
  }
  throw new ContractError(
    'CHAIN_REFUSED',
    `the message is not among the account's last ${MOST_PAGES * 100} transactions`
  )
}

function isCausedBy({ inMessage }: Transaction, messageHash: Uint8Array): boolean {
  const hash = inMessage == null ? undefined : normalizedMessageHash(inMessage)
  return hash !== undefined && Buffer.compare(hash, messageHash) === 0
}

// TonClient and @ton/core throw plain errors for what they cannot read; what the transport refused has its code already.
async function readingAnswer<Result>(answer: Promise<Result>): Promise<Result> {
  try {
    return await answer
  } catch (cause) {
    if (cause instanceof ContractError) throw cause
    throw malformed('the answer cannot be read', cause)
  }
}

function malformed(message: string, cause?: unknown): ContractError {
  return new ContractError('CHAIN_MALFORMED', message, { cause })
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
