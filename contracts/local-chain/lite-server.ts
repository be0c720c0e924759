import type { BlockId } from '../answer.ts'
import { parseBlockId } from '../state-proof/fetch.ts'
import { keyOf } from './account-methods.ts'
import type { LocalChain } from './local-chain.ts'
import { hex, masterIdOf, rawBlockIdJson, recordIdOf } from './names.ts'
import { readAddress } from './parameters.ts'
import { proveAccount, readBlockBoc } from './proofs.ts'
import { RpcError, unknownBlock, unreadable } from './rpc-error.ts'
import type { Tip } from './tip.ts'

/** A lite server's answers as TonAPI has them over HTTP, under `/v2/liteserver/`: proofs and whole blocks. */
export function answerLiteServer(chain: LocalChain, url: URL): object {
  const [, method = '', encoded = ''] = /^\/v2\/liteserver\/([a-z_]+)(?:\/([^/]+))?$/.exec(url.pathname) ?? []
  const subject = decodeSegment(encoded)
  if (method === 'get_masterchain_info') return masterchainInfo(chain)
  if (method === 'get_account_state') return accountState(chain, subject, url.searchParams.get('target_block'))
  if (method === 'get_block') return block(chain, subject)
  throw new RpcError(404, 'not found')
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw unreadable('a part of the path that is no percent-encoding of UTF-8')
  }
}

function masterchainInfo(chain: LocalChain): object {
  const { master } = chain.tip
  const genesis = chain.readBody(0)?.record.master
  if (genesis === undefined) throw unknownBlock()
  const init = { workchain: -1, root_hash: genesis.rootHash, file_hash: genesis.fileHash }
  return { last: rawBlockIdJson(masterIdOf(master)), state_root_hash: hex(master.stateHash), init }
}

function accountState(chain: LocalChain, account: string, target: string | null): object {
  const address = readAddress(account, 'account_id')
  if (address.workChain !== 0) throw unreadable('account_id: the masterchain has no accounts here')
  const answer = proveAccount(chain, findTip(chain, target), keyOf(address))
  return {
    id: rawBlockIdJson(answer.block),
    shardblk: rawBlockIdJson(answer.shardBlock),
    shard_proof: hex(answer.shardProof),
    proof: hex(answer.proof),
    state: hex(answer.state)
  }
}

/** States are proven at the newest blocks alone, as mainnet's servers do who are no archives. */
function findTip(chain: LocalChain, target: string | null): Tip {
  if (target === null) return chain.tip
  const id = readBlockId(target)
  const tip = chain.ledger.tipAt(id.seqno)
  if (tip === undefined || !isSame(id, masterIdOf(tip.master))) throw unknownBlock()
  return tip
}

function block(chain: LocalChain, name: string): object {
  const id = readBlockId(name)
  const seqno = id.workchain === 0 ? chain.ledger.masterOfShard(id.seqno) : id.seqno
  const record = seqno === undefined ? undefined : chain.readBody(seqno)?.record
  const found = id.workchain === 0 ? record?.shard : record?.master
  if (seqno === undefined || found === undefined || found.seqno === 0) throw unknownBlock()
  if (!isSame(id, recordIdOf(found, id.workchain === 0 ? 0 : -1))) throw unknownBlock()
  const boc = readBlockBoc(chain, seqno, id.workchain === 0 ? 'shard' : 'master')
  if (boc === undefined) throw unknownBlock()
  return { id: rawBlockIdJson(id), data: hex(boc) }
}

function readBlockId(text: string): BlockId {
  const id = parseBlockId(text)
  if (id === undefined) throw unreadable('a block is (workchain,shard,seqno,root hash,file hash)')
  return id
}

function isSame(a: BlockId, b: BlockId): boolean {
  const hashes = Buffer.compare(a.rootHash, b.rootHash) === 0 && Buffer.compare(a.fileHash, b.fileHash) === 0
  return hashes && a.workchain === b.workchain && a.shard === b.shard && a.seqno === b.seqno
}
