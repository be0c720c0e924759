import { equalBytes } from '../../attestation/crypto.ts'
import type { Challenge } from '../../attestation/session/challenge.ts'
import type { MasterchainBlock } from '../../contracts/chain.ts'
import { ContractError } from '../../contracts/errors.ts'
import type { AuditFinding } from './findings.ts'
import { CLOCK_SKEW_SECONDS, type TimeBounds } from './times.ts'

export interface BeaconChecked {
  /** The challenge names a block of the chain. */
  readonly isBlock: boolean
  readonly findings: readonly AuditFinding[]
}

export type BeaconCheck = (challenge: Challenge, bounds: TimeBounds) => Promise<BeaconChecked>

export interface BeaconChain {
  readonly networkId: number
  readonly blockBySeqno: (seqno: number) => Promise<MasterchainBlock>
}

/** Many hosts attest within one block; a few thousand blocks are an hour's. */
const MOST_BLOCKS = 4_096

/** Without a chain no beacon is checked, and none is complained of: the report's level says so. */
export const withoutChain: BeaconCheck = async () => ({ isBlock: false, findings: [] })

/**
 * Whether the block that a challenge names is really that block of the chain, and older than the anchor that has the leaf.
 * Evidence without a beacon says nothing of its age here; its policy has judged that.
 */
export function createBeaconCheck({ networkId, blockBySeqno }: BeaconChain): BeaconCheck {
  const blocks = new Map<number, Promise<MasterchainBlock | ContractError>>()
  const ask = (seqno: number): Promise<MasterchainBlock | ContractError> => {
    const known = blocks.get(seqno)
    if (known !== undefined) return known
    if (blocks.size >= MOST_BLOCKS) blocks.clear()
    const asked = blockBySeqno(seqno).catch((error: unknown) => {
      if (!(error instanceof ContractError)) throw error
      if (error.kind === 'unavailable') blocks.delete(seqno)
      return error
    })
    blocks.set(seqno, asked)
    return asked
  }
  return async ({ network, seqno, rootHash, genUtime }, { notAfter }) => {
    if (network === 0) return { isBlock: false, findings: [] }
    if (network !== networkId) {
      return unchecked(`its challenge names a block of network ${network}, and ${networkId} was asked`)
    }
    const block = await ask(seqno)
    if (block instanceof ContractError) return unchecked(`block ${seqno} was not to be had: ${block.code}`)
    if (!equalBytes(block.rootHash, rootHash) || block.genUtime !== genUtime) {
      return mismatch(`block ${seqno} of the chain has another hash or time than its challenge names`)
    }
    if (notAfter !== undefined && genUtime > notAfter.at + CLOCK_SKEW_SECONDS) {
      return mismatch(`its challenge names block ${seqno}, which is younger than ${notAfter.what}, which has the leaf`)
    }
    return { isBlock: true, findings: [] }
  }
}

function unchecked(message: string): BeaconChecked {
  return { isBlock: false, findings: [{ code: 'BEACON_UNCHECKED', message }] }
}

function mismatch(message: string): BeaconChecked {
  return { isBlock: false, findings: [{ code: 'BEACON_MISMATCH', message }] }
}
