import type { Address } from '@ton/core'
import { type BlockId, readHash, readNumber, readObject, readText, readUint32, refuse } from '../answer.ts'
import { type EndpointConfig, getJson, type JsonObject } from '../json-rpc.ts'

/** A lite server's `liteServer.accountState`: unchecked, `verifyAccountState` says whether it is so. */
export interface AccountProof {
  /** The masterchain block from whose root hash the rest is proven. */
  readonly block: BlockId
  /** The shard's block; the masterchain block itself for an account of the masterchain. */
  readonly shardBlock: BlockId
  /** BoC of two roots, Merkle proofs from `block` to its shards; empty for an account of the masterchain. */
  readonly shardProof: Uint8Array
  /** BoC of two roots, Merkle proofs from `shardBlock` to the account's entry. */
  readonly proof: Uint8Array
  /** BoC of the account; empty where there is none. */
  readonly state: Uint8Array
}

/** Asks for an account's state with its proofs, at the newest masterchain block or at the one named. */
export async function fetchAccountProof(
  config: EndpointConfig,
  address: Address,
  block: BlockId | undefined
): Promise<AccountProof> {
  const url = new URL(`/v2/liteserver/get_account_state/${address.toRawString()}`, config.endpoint)
  if (block !== undefined) url.searchParams.set('target_block', formatBlockId(block))
  const answer = await getJson(url.href, config)
  return {
    block: readRawBlockId(answer['id']),
    shardBlock: readRawBlockId(answer['shardblk']),
    shardProof: readBytes(answer, 'shard_proof'),
    proof: readBytes(answer, 'proof'),
    state: readBytes(answer, 'state')
  }
}

/** `(-1,8000000000000000,4234234,root hash,file hash)`, hexadecimal, as TonAPI takes it. */
function formatBlockId({ workchain, shard, seqno, rootHash, fileHash }: BlockId): string {
  return `(${workchain},${shardHex(shard)},${seqno},${hex(rootHash)},${hex(fileHash)})`
}

/** The other direction; undefined for anything else. */
export function parseBlockId(text: string): BlockId | undefined {
  const match = /^\((-?\d{1,10}),([0-9a-f]{1,16}),(\d{1,10}),([0-9a-f]{64}),([0-9a-f]{64})\)$/i.exec(text)
  if (match === null) return undefined
  const [, workchain = '', shard = '', seqno = '', rootHash = '', fileHash = ''] = match
  return {
    workchain: Number(workchain),
    shard: BigInt.asIntN(64, BigInt(`0x${shard}`)),
    seqno: Number(seqno),
    rootHash: Buffer.from(rootHash, 'hex'),
    fileHash: Buffer.from(fileHash, 'hex')
  }
}

export const shardHex = (shard: bigint): string => BigInt.asUintN(64, shard).toString(16).padStart(16, '0')

function readRawBlockId(value: unknown): BlockId {
  const object = readObject(value, 'block id')
  const shard = readText(object, 'shard')
  if (!/^[0-9a-f]{1,16}$/i.test(shard)) refuse('shard')
  return {
    workchain: readNumber(object, 'workchain'),
    shard: BigInt.asIntN(64, BigInt(`0x${shard}`)),
    seqno: readUint32(object, 'seqno'),
    rootHash: readHash(readText(object, 'root_hash'), 'hex'),
    fileHash: readHash(readText(object, 'file_hash'), 'hex')
  }
}

function readBytes(object: JsonObject, name: string): Uint8Array {
  const text = readText(object, name)
  return /^(?:[0-9a-f]{2})*$/i.test(text) ? Buffer.from(text, 'hex') : refuse(name)
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
