import type { Address } from '@ton/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Policy } from '../../../attestation/policy.ts'
import { virtualPolicy } from '../../../attestation/policy.ts'
import type { VirtualRoot } from '../../../attestation/virtual/root.ts'
import type { MasterchainBlock } from '../../../contracts/chain.ts'
import { ContractError } from '../../../contracts/errors.ts'
import type { AuditChain } from '../../../services/audit/anchor-history.ts'
import { auditLog, type LogAuditRequest } from '../../../services/audit/log-audit.ts'
import { reappraise } from '../../../services/audit/reappraise.ts'
import { explainLog, levelOf } from '../../../services/audit/report.ts'
import { stateInMemory } from '../../../services/audit/state.ts'
import { type AnchoringWorld, startAnchoringWorld } from '../../fakes/anchored.ts'
import { AuditedLog } from '../../fakes/audited-log.ts'
import { numberedLeaf } from '../../fakes/log.ts'
import { createEvidence, createLabRoot } from '../../fakes/virtual-evidence.ts'

let world: AnchoringWorld
let root: VirtualRoot
let policy: Policy

beforeAll(async () => {
  world = await startAnchoringWorld()
  root = await createLabRoot()
  policy = virtualPolicy(root.root.certificate)
})
afterAll(() => world[Symbol.asyncDispose]())

const seconds = (): number => Math.floor(world.now().getTime() / 1000)

/** A log of its own with a contract, `sizes` of it anchored. */
async function anchored(origin: string, sizes: readonly number[]): Promise<{ log: AuditedLog; address: Address }> {
  const log = new AuditedLog([], origin)
  const address = await world.deploy(origin)
  let before = 0
  for (const size of sizes) {
    while (log.leaves.length < size) log.leaves.push(numberedLeaf(log.leaves.length))
    await anchor(log, address, before)
    before = size
  }
  log.signedAt = seconds()
  return { log, address }
}

async function anchor(log: AuditedLog, address: Address, before: number): Promise<void> {
  const head = { treeSize: BigInt(log.leaves.length), rootHash: log.root(), timestamp: seconds() }
  await world.anchor(address, head, before === 0 ? [] : log.consistency(before))
}

async function audit(
  log: AuditedLog,
  address: Address,
  changes: Partial<LogAuditRequest> = {},
  chains: readonly AuditChain[] = [world.chain]
) {
  const { report } = await auditLog({
    files: log,
    key: log.key,
    isKeyGiven: true,
    seen: [],
    state: stateInMemory(),
    chain: { chains, addresses: [address] },
    reappraise: async (bytes, leaf, blobs) => reappraise(bytes, leaf, blobs),
    now: world.now,
    onProgress: () => {},
    ...changes
  })
  return report
}

/** An attestation whose challenge names a block, changed by `changes`. */
async function attest(log: AuditedLog, block: MasterchainBlock): Promise<void> {
  const { seqno, rootHash, genUtime } = block
  const challenge = { network: world.chain.networkId, seqno, rootHash, genUtime }
  log.attest(await createEvidence(root, { challenge }), policy, { at: world.now() })
}

describe('an anchored log', () => {
  it('is accepted, proven from a block’s hash', async () => {
    const { log, address } = await anchored('log.example/honest', [1, 2, 255, 300])
    const report = await audit(log, address)
    expect(report.found.kept).toEqual([])
    expect(report).toMatchObject({
      verdict: 'accepted',
      anchors: [{ level: 'merkle', heads: 4, confirmations: 1, newest: { size: 300n } }]
    })
    expect(explainLog(report).join('\n')).toContain('validators')
  })

  it('is accepted when it has grown since', async () => {
    const { log, address } = await anchored('log.example/grown', [100])
    log.leaves.push(numberedLeaf(100))
    expect(await audit(log, address)).toMatchObject({ verdict: 'accepted' })
  })

  it('of which three endpoints agree is cross-checked where none proves the state, and one endpoint’s word else', async () => {
    const { log, address } = await anchored('log.example/unproven', [3])
    const { chain } = world
    const unproven: AuditChain = {
      ...chain,
      accountProof: async () => Promise.reject(new ContractError('CHAIN_REFUSED', 'no proofs'))
    }
    const three = await audit(log, address, {}, [unproven, chain, chain])
    expect([three.verdict, levelOf(three.anchors), three.found.counts]).toEqual([
      'accepted',
      'cross-checked',
      { STATE_UNPROVEN: 1 }
    ])
    expect(levelOf((await audit(log, address, {}, [unproven, chain])).anchors)).toBe('api')
  })
})

describe('against the chain', () => {
  it('a log that was rewritten is found out', async () => {
    const { log, address } = await anchored('log.example/rewritten', [10, 300])
    const report = await audit(log.like(log.leaves.with(200, numberedLeaf(9_999))), address)
    expect(report.found.counts).toEqual({ ANCHOR_MISMATCH: 1 })
  })

  it('a log that lost leaves is found out', async () => {
    const { log, address } = await anchored('log.example/lost', [10, 300])
    expect((await audit(log.like(log.leaves.slice(0, 299)), address)).found.counts).toEqual({ LEAVES_LOST: 1 })
  })

  it('a fork that was sent to the contract is refused there, and told', async () => {
    const { log, address } = await anchored('log.example/forked', [4])
    const fork = log.like([...log.leaves.with(0, numberedLeaf(9_999)), numberedLeaf(5)])
    await anchor(fork, address, 4)
    expect(await audit(log, address)).toMatchObject({ verdict: 'accepted', found: { counts: { ANCHOR_REFUSED: 1 } } })
  })

  it('another log’s contract is found out', async () => {
    const { log } = await anchored('log.example/mine', [4])
    const other = await anchored('log.example/other', [4])
    const report = await audit(log, other.address)
    expect(Object.keys(report.found.counts)).toContain('ANCHOR_FOREIGN')
  })

  it('an attestation is bounded by the block that its challenge names and by its anchor', async () => {
    const { log, address } = await anchored('log.example/dated', [4])
    const block = await world.chain.latestBlock()
    await attest(log, block)
    await anchor(log, address, 4)
    expect(await audit(log, address)).toMatchObject({ verdict: 'accepted', counts: { appraised: 1, beacons: 1 } })
  })

  it('a challenge that names no block of the chain is found out', async () => {
    const { log, address } = await anchored('log.example/beacon', [4])
    const block = await world.chain.latestBlock()
    await attest(log, { ...block, rootHash: new Uint8Array(32).fill(9) })
    await attest(log, { ...block, seqno: block.seqno + 1000 })
    const report = await audit(log, address)
    expect(report.found.counts).toEqual({ BEACON_MISMATCH: 1, BEACON_UNCHECKED: 1 })
  })

  it.each([
    ['a transaction is missing', 'CHAIN_MALFORMED'],
    ['the first ones are missing', undefined]
  ])('an endpoint that hides that %s is found out', async (what, code) => {
    const { log, address } = await anchored(`log.example/hidden-${code}`, [1, 2, 3])
    const { chain } = world
    const hiding: AuditChain = {
      ...chain,
      transactions: async (of, page) => {
        const found = await chain.transactions(of, page)
        if (what === 'a transaction is missing') return found.filter((_, at) => at !== 1)
        return page?.before === undefined ? found.slice(0, 2) : []
      }
    }
    const audited = audit(log, address, {}, [hiding])
    if (code !== undefined) await expect(audited).rejects.toMatchObject({ code })
    else expect((await audited).found.counts).toEqual({ ANCHOR_HISTORY_INCOMPLETE: 2 })
  })

  it('endpoints that do not agree on the block are found out', async () => {
    const { log, address } = await anchored('log.example/disagree', [1])
    const { chain } = world
    const liar: AuditChain = {
      ...chain,
      blockBySeqno: async (seqno) => ({ ...(await chain.blockBySeqno(seqno)), rootHash: new Uint8Array(32) })
    }
    expect((await audit(log, address, {}, [chain, liar])).found.counts).toEqual({ ENDPOINTS_DISAGREE: 1 })
    await expect(audit(log, address, {}, [liar])).rejects.toMatchObject({ code: 'STATE_PROOF_INVALID' })
  })
})
