/** What the anchorer does next. */
export type AnchorStep =
  /** The contract has taken an order for this seqno: find out which, and what it did. */
  | { readonly kind: 'settle' }
  /** No block can take the message any more. */
  | { readonly kind: 'lapse' }
  /** The same bytes again: nobody knows whether the network has them. */
  | { readonly kind: 'resend' }
  /** A new message, for the newest head. */
  | { readonly kind: 'sign'; readonly seqno: number; readonly oldSize: bigint; readonly validUntil: number }
  | { readonly kind: 'wait' }

/** Times are unix seconds. */
export interface AnchorView {
  /** By the log's own clock. */
  readonly now: number
  /** The contract, in a state that is not older than `block`. */
  readonly contract: { readonly seqno: number; readonly treeSize: bigint; readonly timestamp: number }
  readonly block: { readonly genUtime: number }
  /** The message that was signed last, unless it is known what became of it. */
  readonly open: { readonly seqno: number; readonly validUntil: number } | undefined
  /** The log's newest head. */
  readonly head: { readonly size: bigint; readonly timestamp: number }
}

export interface AnchorRules {
  /** Between anchored heads, in seconds. */
  readonly interval: number
}

/** How long a message is good for: blocks come every few seconds. */
export const VALID_FOR = 300
/** Validators' clocks differ: a block this much later than `valid_until` is after every block that could take the message. */
export const LAPSE_MARGIN = 60
/** What the contract allows a head to be ahead of its block. */
const MOST_AHEAD = 60

/**
 * One message a seqno: until a block later than its `valid_until` shows the seqno unchanged, a message is sent again as it is, and no
 * other is signed. Then one anchor of the newest head catches up with whatever was missed.
 */
export function planAnchor({ now, contract, block, open, head }: AnchorView, { interval }: AnchorRules): AnchorStep {
  if (open !== undefined) {
    if (contract.seqno > open.seqno) return { kind: 'settle' }
    return block.genUtime > open.validUntil + LAPSE_MARGIN ? { kind: 'lapse' } : { kind: 'resend' }
  }
  const { seqno, treeSize: oldSize, timestamp } = contract
  const isDue = seqno === 0 || head.timestamp - timestamp >= interval
  const isTimely = head.timestamp >= timestamp && head.timestamp <= block.genUtime + MOST_AHEAD
  if (head.size <= oldSize || !isDue || !isTimely) return { kind: 'wait' }
  // A block's time is its endpoint's word: one that is far ahead must not make a message that never lapses.
  return { kind: 'sign', seqno, oldSize, validUntil: Math.min(block.genUtime, now + MOST_AHEAD) + VALID_FOR }
}

/** What is known of the newest head's way to the chain; times are unix seconds. */
export interface AnchorAge {
  readonly now: number
  /** When this was first looked at: a start is no reason for an alarm. */
  readonly since: number
  readonly anchored: { readonly size: bigint; readonly timestamp: number } | undefined
  readonly headSize: bigint
}

/** Whether leaves have waited for an anchor for three times as long as they should. */
export function isLate({ now, since, anchored, headSize }: AnchorAge, { interval }: AnchorRules): boolean {
  if (headSize <= (anchored?.size ?? 0n)) return false
  return now - Math.max(anchored?.timestamp ?? 0, since) > 3 * interval
}
