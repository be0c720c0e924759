/** The exit codes of errors.tolk. */
export const ANCHOR_EXIT_CODES = {
  256: 'MessageMalformed',
  257: 'Retired',
  258: 'WrongNetwork',
  259: 'WrongSeqno',
  260: 'Expired',
  261: 'ValidTooLong',
  262: 'TreeNotLarger',
  263: 'TreeTooLarge',
  264: 'TimestampBackwards',
  265: 'TimestampInFuture',
  266: 'ProofMissing',
  267: 'ProofUnexpected',
  268: 'BalanceTooLow',
  269: 'BadSignature',
  270: 'SuccessorIsSelf',
  280: 'ProofInvalid',
  281: 'ProofLength'
} as const satisfies Record<number, string>

export type AnchorExit = (typeof ANCHOR_EXIT_CODES)[keyof typeof ANCHOR_EXIT_CODES]
