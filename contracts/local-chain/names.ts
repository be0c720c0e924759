import { type BlockId, MASTERCHAIN, WHOLE_SHARD } from '../answer.ts'
import { shardHex } from '../state-proof/fetch.ts'
import type { MasterRecord, ShardRecord } from './record.ts'
import type { BlockRef } from './shard-state.ts'

/** Names of blocks, as values and as the two dialects of JSON have them. */

export const masterIdOf = ({ seqno, rootHash, fileHash }: BlockRef): BlockId => ({
  ...{ workchain: MASTERCHAIN, shard: WHOLE_SHARD, seqno, rootHash, fileHash }
})

export const shardIdOf = ({ seqno, rootHash, fileHash }: BlockRef): BlockId => ({
  ...{ workchain: 0, shard: WHOLE_SHARD, seqno, rootHash, fileHash }
})

export function recordIdOf(record: MasterRecord | ShardRecord, workchain: 0 | -1): BlockId {
  const [rootHash, fileHash] = [Buffer.from(record.rootHash, 'hex'), Buffer.from(record.fileHash, 'hex')]
  return { workchain, shard: WHOLE_SHARD, seqno: record.seqno, rootHash, fileHash }
}

/** `ton.blockIdExt` of toncenter. */
export function blockIdJson({ workchain, shard, seqno, rootHash, fileHash }: BlockId) {
  const hashes = { root_hash: base64(rootHash), file_hash: base64(fileHash) }
  return { '@type': 'ton.blockIdExt', workchain, shard: String(shard), seqno, ...hashes }
}

/** `BlockRaw` of TonAPI. */
export function rawBlockIdJson({ workchain, shard, seqno, rootHash, fileHash }: BlockId) {
  return { workchain, shard: shardHex(shard), seqno, root_hash: hex(rootHash), file_hash: hex(fileHash) }
}

export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
