import type { JsonValue } from '../../../attestation/jcs.ts'
import { type AttestationLeaf, parseLeaf } from '../../../attestation/tlog/leaf.ts'
import type { GetAnchorResponse__Output } from '../../../proto/gen/bombyx/v1/GetAnchorResponse.ts'
import type { Host__Output } from '../../../proto/gen/bombyx/v1/Host.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import { codeOf } from '../../runtime/errors.ts'
import { callUnary } from '../../runtime/grpc-client.ts'
import { withService } from '../access/service.ts'

export type Anchor = GetAnchorResponse__Output | undefined

/** How far the log is anchored, as it says itself; undefined for one that is not, or that cannot be asked. */
export async function readAnchor(log: string): Promise<Anchor> {
  try {
    return await withService(bombyxV1.Log, log, (client) => callUnary(client, 'GetAnchor', {}), {})
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return undefined
  }
}

/** When the host attested: after the block that its challenge names, and before the one that anchors its leaf. */
export function boundsOf(host: Host__Output, anchor: Anchor): readonly (readonly [string, string])[] {
  const leaf = readAttestation(host.leaf)
  if (leaf === undefined) return [['log', 'in none']]
  const { network, seqno, genUtime } = leaf.challenge
  const block = `masterchain block ${seqno} of network ${network}, ${instant(genUtime)}`
  return [
    ['after', network === 0 ? 'no block: its challenge had no beacon' : block],
    ['log', host.logIndex === undefined ? 'not in a signed checkpoint yet' : `leaf ${host.logIndex}`],
    ['before', anchoredBy(host, anchor)]
  ]
}

/** The same as JSON; `bombyx audit` checks both ends on chain. */
export function boundsToJson(host: Host__Output | null, anchor: Anchor): { readonly [member: string]: JsonValue } {
  const challenge = host === null ? undefined : readAttestation(host.leaf)?.challenge
  const head = host === null ? undefined : anchorOf(host, anchor)
  return {
    log_index: host?.logIndex === undefined ? null : Number(host.logIndex),
    not_before:
      challenge === undefined || challenge.network === 0
        ? null
        : { network: challenge.network, seqno: challenge.seqno, gen_utime: challenge.genUtime },
    anchored:
      head === undefined
        ? null
        : { network: anchor?.network ?? '', tree_size: head.size, lt: head.lt, transaction: hex(head.transaction) }
  }
}

function anchoredBy(host: Host__Output, anchor: Anchor): string {
  const head = anchorOf(host, anchor)
  if (head === undefined) return anchor === undefined ? 'no anchor is known here' : 'no anchor has it yet'
  const transaction = `${head.lt}:${hex(head.transaction).slice(0, 16)}…`
  return `the block of transaction ${transaction} on ${anchor?.network}, which anchors ${head.size} leaves of ${instant(Number(head.timestamp))}`
}

/** The newest anchored head, if it has the host's leaf. */
function anchorOf({ logIndex }: Host__Output, anchor: Anchor) {
  const head = anchor?.anchored
  if (head == null || logIndex === undefined || BigInt(logIndex) >= BigInt(head.size)) return undefined
  return head
}

function readAttestation(leaf: Uint8Array): AttestationLeaf | undefined {
  if (leaf.byteLength === 0) return undefined
  const read = parseLeaf(leaf)
  return read.kind === 'attestation' ? read : undefined
}

function instant(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString().replace('.000Z', 'Z')
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
