import { readFileSync } from 'node:fs'
import { ATTESTATION_ERRORS } from '../../../attestation/errors.ts'
import { CONTRACT_ERRORS } from '../../../contracts/errors.ts'
import { encodeAccusation, parseAccusation, verifyAccusation } from '../../../services/audit/accusation.ts'
import { encodeAuditBundle, parseAuditBundle } from '../../../services/audit/audit-bundle.ts'
import { auditBundle } from '../../../services/audit/bundle-audit.ts'
import { explainBundle } from '../../../services/audit/bundle-report.ts'
import { AuditedLog } from '../../fakes/audited-log.ts'
import { numberedLeaf } from '../../fakes/log.ts'
import type { FuzzTarget } from '../target.ts'

const vector = parseAuditBundle(readFileSync(new URL('../../vectors/audit/bundle.json', import.meta.url)))
/** Without evidence, which other targets read: what is left is the log's and the chain's. */
const bundle = encodeAuditBundle({ ...vector, blobs: [] })
/** A bundle holds notes, proofs and bags of cells: whatever refuses those refuses it. */
const CODES = [...Object.keys(ATTESTATION_ERRORS), ...Object.keys(CONTRACT_ERRORS), 'AUDIT_FILE_MALFORMED']

/** What an auditor is handed by strangers. */
export function auditTargets(): readonly FuzzTarget[] {
  const first = new AuditedLog([numberedLeaf(1), numberedLeaf(2)])
  const second = new AuditedLog([numberedLeaf(1), numberedLeaf(3), numberedLeaf(4)])
  const heads = { first: first.sign(), second: second.sign() }
  const proof = second.consistency(2)
  const accusation = encodeAccusation({ key: first.key, ...heads, otherRoot: second.root(2), proof })
  return [
    {
      name: 'audit bundle',
      seeds: [bundle],
      codes: CODES,
      weight: 1,
      json: true,
      limitMs: 500,
      run: async (input) => {
        const report = await auditBundle({ bundle: parseAuditBundle(input), chains: [] })
        explainBundle(report)
        if (report.leafIndex !== 1n) throw new TypeError('another leaf was proven')
      }
    },
    {
      name: 'accusation',
      seeds: [accusation],
      codes: Object.keys(ATTESTATION_ERRORS),
      weight: 2,
      json: true,
      limitMs: 100,
      run: (input) => {
        verifyAccusation(parseAccusation(input))
      }
    }
  ]
}
