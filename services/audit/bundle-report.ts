import { encodeHex } from '../../attestation/encoding.ts'
import type { JsonValue } from '../../attestation/jcs.ts'
import type { AttestationLeaf } from '../../attestation/tlog/leaf.ts'
import { encodeVerifierKey } from '../../attestation/tlog/note-key.ts'
import type { BundleReport } from './bundle-audit.ts'
import { isoTime } from './heads.ts'
import { anchorToJson, explainFindings, explainKey, explainState, findingsToJson, SIGNATURES_LATER } from './report.ts'

/** The report as JSON, snake_case, times in unix seconds, bytes in hex. */
export function bundleReportToJson(report: BundleReport): JsonValue {
  const { verdict, key, isKeyGiven, leaf, leafIndex, checkpoint, cosigners, audited, anchor, receipt, found } = report
  return {
    v: 1,
    kind: 'bundle',
    verdict,
    level: anchor?.level ?? 'none',
    validator_signatures: 'not checked',
    log: { origin: key.name, key: encodeVerifierKey(key), key_from: isKeyGiven ? 'caller' : 'files' },
    leaf: { index: String(leafIndex), kind: leaf.kind, ...(leaf.kind === 'attestation' ? leafToJson(leaf) : {}) },
    checkpoint: {
      size: String(checkpoint.size),
      root: encodeHex(checkpoint.root),
      timestamp: checkpoint.timestamp === null ? null : Number(checkpoint.timestamp),
      cosigners: [...cosigners]
    },
    appraised_again: audited.appraised,
    anchor: anchor === undefined ? null : anchorToJson(anchor),
    receipt:
      receipt === undefined
        ? null
        : { id: encodeHex(receipt.receiptId), served_at: receipt.servedAt, model: receipt.model },
    findings: findingsToJson(found)
  }
}

function leafToJson({ host, result, challenge, appraisedAt, expiresAt }: AttestationLeaf) {
  return {
    host: encodeHex(host),
    status: result.status,
    tee: result.tee,
    tcb_status: result.tcbStatus,
    not_before:
      challenge.network === 0
        ? null
        : { network: challenge.network, seqno: challenge.seqno, gen_utime: challenge.genUtime },
    appraised_at: appraisedAt.getTime() / 1000,
    expires_at: expiresAt.getTime() / 1000
  }
}

const VERDICTS = {
  accepted: 'Accepted: the log',
  refused: 'REFUSED: not everything is as it is said to be in the log',
  unsupported: 'Unfinished: not everything could be checked of the log'
} as const

/** The report in sentences for people, the verdict first. */
export function explainBundle(report: BundleReport): readonly string[] {
  const { verdict, key, isKeyGiven, leaf, leafIndex, checkpoint, cosigners, anchor, found } = report
  const what =
    leaf.kind === 'attestation' ? `an attestation of host ${encodeHex(leaf.host)}` : `a leaf of kind ${leaf.kind}`
  const when = checkpoint.timestamp === null ? '' : `, which it signed at ${isoTime(checkpoint.timestamp)}`
  return [
    `${VERDICTS[verdict]} ${key.name}${verdict === 'accepted' ? ` has ${what}, as its leaf ${leafIndex}` : ''}.`,
    ...(isKeyGiven ? [] : [explainKey(key)]),
    `Leaf ${leafIndex} is ${what}. It is in the tree of ${checkpoint.size} leaves${when}.`,
    ...(cosigners.length === 0
      ? []
      : [
          `Beside the log's signature stand others, unchecked because their keys are not known here, in the names of ${cosigners.join(', ')}.`
        ]),
    ...(leaf.kind === 'attestation' ? explainAttestation(leaf, report) : []),
    ...(anchor === undefined
      ? ['No anchor on TON is in the bundle: when it was written rests on the log’s word.']
      : [
          explainState(anchor),
          'Which contract that is came with the bundle: compare its address with what you know of the log.',
          SIGNATURES_LATER
        ]),
    ...explainReceipt(report),
    ...explainFindings(found)
  ]
}

function explainAttestation(leaf: AttestationLeaf, { audited, bounds, anchor }: BundleReport): readonly string[] {
  const { result, challenge, appraisedAt } = leaf
  const devices =
    result.devices.length === 0
      ? 'no devices'
      : `${result.devices.length} device${result.devices.length === 1 ? '' : 's'}`
  const made = result.tee === 'virtual' ? 'a SOFTWARE TEE: it proves nothing of any hardware' : result.tee
  const after =
    challenge.network === 0
      ? 'its challenge names no block'
      : `after masterchain block ${challenge.seqno} of network ${challenge.network} (${isoTime(challenge.genUtime)})${audited.beacon ? '' : ', which nobody confirmed'}`
  const latest = bounds.anchored ?? bounds.notAfter
  const before =
    latest === undefined
      ? 'before nothing that is known'
      : `before ${latest.what}${latest.by === 'log' ? ', by its own clock' : ''}`
  return [
    `The log says ${result.status}, made by ${made}, TCB ${result.tcbStatus ?? 'unknown'}, ${devices}, appraised at ${appraisedAt.toISOString()}.`,
    audited.appraised
      ? 'Appraised again here, from the same evidence, collateral and policy as of that time, it is the same leaf, byte for byte.'
      : 'It could not be shown here that the evidence gives this leaf.',
    `The evidence was made ${after}; the leaf was written ${before}.${anchor?.confirmations === 0 && audited.beacon ? ' That the block is the chain’s is the bundle’s word: name an endpoint to have it checked.' : ''}`
  ]
}

function explainReceipt({ receipt }: BundleReport): readonly string[] {
  if (receipt === undefined) return []
  const { receiptId, servedAt, model, usage } = receipt
  const [tokens, answered] = [usage.prompt + usage.cached, usage.completion + usage.reasoning]
  return [
    `Receipt ${encodeHex(receiptId)} is signed by a key of that host's attested keyset: at ${isoTime(servedAt)} it answered a request to ${model}, ${tokens} tokens in and ${answered} out. What was asked and answered is in it as hashes that only the client can compare.`
  ]
}
