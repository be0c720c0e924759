/** As in the trust core: mend the input, stop, or try again. */
export type ContractErrorKind = 'input' | 'refused' | 'unavailable'

/** Every code that `contracts/` can give, with its kind: the closed union of the layer. Exit codes on chain are each contract's own. */
export const CONTRACT_ERRORS = {
  // chain: an endpoint and what it says
  CHAIN_UNAVAILABLE: 'unavailable',
  CHAIN_MALFORMED: 'input',
  CHAIN_REFUSED: 'refused',
  CHAIN_NETWORK_MISMATCH: 'refused',
  BLOCK_UNKNOWN: 'refused',
  MESSAGE_MALFORMED: 'input',
  MESSAGE_REFUSED: 'refused',
  GET_METHOD_FAILED: 'refused',
  KEY_FILE_INVALID: 'input',
  // state-proof
  BOC_MALFORMED: 'input',
  STATE_PROOF_MALFORMED: 'input',
  STATE_PROOF_INVALID: 'refused',
  // ton-proof: that somebody holds a wallet's key
  WALLET_PROOF_MALFORMED: 'input',
  WALLET_PROOF_INVALID: 'refused',
  // local-chain: its own files
  JOURNAL_DAMAGED: 'refused',
  JOURNAL_FOREIGN: 'refused',
  // log-anchor: bytes that are not what the contract takes, or stores
  ANCHOR_MESSAGE_MALFORMED: 'input',
  ANCHOR_STATE_MALFORMED: 'input',
  ANCHOR_CODE_UNKNOWN: 'refused',
  // escrow: what is said to one, or stored by one
  ESCROW_MESSAGE_MALFORMED: 'input',
  ESCROW_STATE_MALFORMED: 'input',
  ESCROW_CODE_UNKNOWN: 'refused',
  ESCROW_ADDRESS_MISMATCH: 'refused',
  // what a wallet asked of one did not come to pass
  ESCROW_MESSAGE_REFUSED: 'refused'
} as const satisfies Record<string, ContractErrorKind>

export type ContractErrorCode = keyof typeof CONTRACT_ERRORS

export class ContractError extends Error {
  readonly code: ContractErrorCode

  constructor(code: ContractErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ContractError'
    this.code = code
  }

  get kind(): ContractErrorKind {
    return CONTRACT_ERRORS[this.code]
  }
}
