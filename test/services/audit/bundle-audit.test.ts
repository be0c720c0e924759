import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseAuditBundle } from '../../../services/audit/audit-bundle.ts'
import { auditBundle } from '../../../services/audit/bundle-audit.ts'
import { bundleReportToJson } from '../../../services/audit/bundle-report.ts'

/** Of a network on one machine: two hosts, anchored on its local chain. */
const bytes = readFileSync(new URL('../../vectors/audit/bundle.json', import.meta.url))
const bundle = parseAuditBundle(bytes)

describe('a bundle of version 1', () => {
  it('is accepted for ever', async () => {
    expect(bundleReportToJson(await auditBundle({ bundle, chains: [] }))).toMatchObject({
      verdict: 'accepted',
      level: 'merkle',
      log: { origin: 'localhost/bombyx', key_from: 'files' },
      leaf: {
        index: '1',
        kind: 'attestation',
        status: 'affirming',
        tee: 'virtual',
        not_before: { network: -4242, seqno: 6 }
      },
      appraised_again: true,
      anchor: { block: { confirmations: 0 }, newest: { size: '2' } },
      findings: []
    })
  })

  it('is refused under another block, and without its anchor bounded by the log’s own clock alone', async () => {
    const trustedRoot = new Uint8Array(32)
    await expect(auditBundle({ bundle, chains: [], trustedRoot })).rejects.toMatchObject({
      code: 'STATE_PROOF_INVALID'
    })
    const { anchor, bounds, verdict } = await auditBundle({ bundle: { ...bundle, anchor: null }, chains: [] })
    expect([verdict, anchor, bounds.anchored, bounds.notAfter?.by]).toEqual(['accepted', undefined, undefined, 'log'])
  })

  it('is told to be of no other block than the one that it is proven from', async () => {
    if (bundle.anchor === null) throw new Error('the vector has an anchor')
    const { chain } = bundle.anchor
    const seqno = chain.block.seqno + 1_000_000
    const later = {
      ...chain,
      block: { ...chain.block, seqno },
      state: { ...chain.state, block: { ...chain.state.block, seqno } }
    }
    const renumbered = { ...bundle, anchor: { ...bundle.anchor, chain: later } }
    await expect(auditBundle({ bundle: renumbered, chains: [] })).rejects.toMatchObject({ code: 'STATE_PROOF_INVALID' })
    const dated = { ...chain, block: { ...chain.block, genUtime: 1 } }
    const { anchor } = await auditBundle({
      bundle: { ...bundle, anchor: { ...bundle.anchor, chain: dated } },
      chains: []
    })
    expect(anchor?.block.genUtime).toBeGreaterThan(1)
  })

  it('does not begin in the middle of the contract’s history', async () => {
    if (bundle.anchor === null) throw new Error('the vector has an anchor')
    const { chain } = bundle.anchor
    const later = { ...bundle.anchor, chain: { ...chain, transactions: chain.transactions.slice(1) } }
    await expect(auditBundle({ bundle: { ...bundle, anchor: later }, chains: [] })).rejects.toMatchObject({
      code: 'PROOF_MALFORMED'
    })
    const other = { ...bundle.anchor, chainHashBefore: new Uint8Array(32).fill(1) }
    const { found } = await auditBundle({ bundle: { ...bundle, anchor: other }, chains: [] })
    expect(found.counts).toEqual({ ANCHOR_HISTORY_INCOMPLETE: 1 })
  })
})
