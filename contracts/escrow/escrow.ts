import { type Address, Cell, type Contract, type ContractProvider, type Sender, SendMode, toNano } from '@ton/core'
import { ContractError } from '../errors.ts'
import {
  encodeAskClose,
  encodeAskRelease,
  encodeChangeKey,
  encodeClaim,
  encodeClose,
  encodeCollectFee,
  encodeRelease,
  encodeReserve
} from './messages.ts'
import { type EscrowState, parseEscrow } from './state.ts'
import { type EscrowTerms, escrowAddress, escrowInit } from './terms.ts'

/**
 * nanoTON to attach to a message: more than any needs at the fees of 2025. What is left of it is the consumer's deposit, the
 * payee's or the market's. Only a claim from an escrow whose consumer made its payees' addresses alike wants more (exit 126 or -14).
 */
export const ATTACHED: bigint = toNano('0.02')

/** An escrow as a wallet meets it; `messages.ts` and `state.ts` have the same without a wallet. */
export class Escrow implements Contract {
  readonly address: Address
  readonly init: { readonly code: Cell; readonly data: Cell }

  constructor(terms: EscrowTerms) {
    this.address = escrowAddress(terms)
    this.init = escrowInit(terms)
  }

  /** Deposits, and deploys it where it is not. From any wallet: what is deposited is the consumer's. */
  async sendDeposit(provider: ContractProvider, via: Sender, value: bigint): Promise<void> {
    await provider.internal(via, { value, bounce: true, sendMode: SendMode.PAY_GAS_SEPARATELY })
  }

  /** Deploys it where it is not, deposits what the message carries, and reserves. */
  async sendReserve(provider: ContractProvider, via: Sender, order: ReserveOrder): Promise<void> {
    await send(provider, via, encodeReserve(order.payee, order.reserved), order.value)
  }

  async sendAskRelease(provider: ContractProvider, via: Sender, payee: Address, to: bigint): Promise<void> {
    await send(provider, via, encodeAskRelease(payee, to))
  }

  async sendRelease(provider: ContractProvider, via: Sender, payee: Address): Promise<void> {
    await send(provider, via, encodeRelease(payee))
  }

  async sendChangeKey(provider: ContractProvider, via: Sender, voucherKey: Uint8Array): Promise<void> {
    await send(provider, via, encodeChangeKey(voucherKey))
  }

  /** The voucher and its signature, 191 bytes. */
  async sendClaim(provider: ContractProvider, via: Sender, signedVoucher: Uint8Array, value?: bigint): Promise<void> {
    await send(provider, via, encodeClaim(signedVoucher), value)
  }

  async sendCollectFee(provider: ContractProvider, via: Sender): Promise<void> {
    await send(provider, via, encodeCollectFee())
  }

  async sendAskClose(provider: ContractProvider, via: Sender): Promise<void> {
    await send(provider, via, encodeAskClose())
  }

  async sendClose(provider: ContractProvider, via: Sender): Promise<void> {
    await send(provider, via, encodeClose())
  }

  /** nanoTON that can still be reserved; below 0 where rent has eaten into what is owed. */
  async getFree(provider: ContractProvider): Promise<bigint> {
    return (await provider.get('free', [])).stack.readBigNumber()
  }

  /** Refuses as `parseEscrow` does, and with ESCROW_STATE_MALFORMED what is not deployed or frozen. */
  async getState(provider: ContractProvider): Promise<EscrowState> {
    const { state } = await provider.getState()
    if (state.type !== 'active') throw new ContractError('ESCROW_STATE_MALFORMED', `the account is ${state.type}`)
    const [code, data] = [state.code, state.data].map((boc) => boc && Cell.fromBoc(boc)[0])
    if (code == null || data == null)
      throw new ContractError('ESCROW_STATE_MALFORMED', 'the account has no code or no data')
    return parseEscrow(this.address, { code, data })
  }
}

export interface ReserveOrder {
  readonly payee: Address
  /** nanoTON, in all that was ever reserved for the payee. */
  readonly reserved: bigint
  /** nanoTON that the message carries: the deposit, and its gas. */
  readonly value?: bigint
}

async function send(provider: ContractProvider, via: Sender, body: Cell, value: bigint = ATTACHED): Promise<void> {
  await provider.internal(via, { value, body, bounce: true, sendMode: SendMode.PAY_GAS_SEPARATELY })
}
