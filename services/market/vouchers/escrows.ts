import type { Chain } from '../../../contracts/chain.ts'
import { ContractError } from '../../../contracts/errors.ts'
import { claimValue, type EscrowState, type PayeeState, parseEscrow } from '../../../contracts/escrow/state.ts'
import { addressOf } from '../../../contracts/escrow/terms.ts'
import { readCell } from '../../../contracts/message.ts'
import { ServiceError } from '../../runtime/errors.ts'

/** What the market knows of an escrow, by its own endpoint. */
export interface EscrowFacts {
  readonly voucherKeys: readonly Uint8Array[]
  readonly checkedAt: Date
  readonly closesAt: Date | undefined
  readonly isClosed: boolean
  /** By the hex of the payee's account; nanoTON, in all and ever. */
  readonly payees: ReadonlyMap<string, { readonly reserved: bigint; readonly paid: bigint }>
  /** nanoTON that a claim for the payee carries; absent where the chain was not just asked. */
  readonly claimValue?: (payee: Uint8Array) => bigint
}

/** Asks the chain. UNPAID: no escrow is there; UNAVAILABLE: nobody answers. */
export async function lookUpEscrow(chain: Chain, escrow: Uint8Array, now: Date): Promise<EscrowFacts> {
  const address = addressOf(escrow)
  try {
    const { code, data } = await chain.account(address)
    const [codeCell, dataCell] = [code && readCell(code), data && readCell(data)]
    if (codeCell === undefined || dataCell === undefined) throw new ServiceError('UNPAID', 'no escrow is there')
    return factsOf(parseEscrow(address, { code: codeCell, data: dataCell }), now)
  } catch (cause) {
    if (!(cause instanceof ContractError)) throw cause
    const unavailable = cause.kind === 'unavailable'
    throw new ServiceError(unavailable ? 'UNAVAILABLE' : 'UNPAID', `${cause.code}: ${cause.message}`, { cause })
  }
}

function factsOf(state: EscrowState, checkedAt: Date): EscrowFacts {
  if (state.kind === 'closed') {
    return { voucherKeys: [], checkedAt, closesAt: undefined, isClosed: true, payees: new Map() }
  }
  const { voucherKey, oldKey, closesAt } = state
  return {
    voucherKeys: [voucherKey, ...(oldKey === undefined ? [] : [oldKey.key])],
    checkedAt,
    closesAt: closesAt === undefined ? undefined : new Date(closesAt * 1000),
    isClosed: false,
    claimValue: (payee) => claimValue(state, addressOf(payee)),
    payees: new Map(
      [...state.payees].map(([payee, { reserved, paid }]: [string, PayeeState]) => [payee, { reserved, paid }])
    )
  }
}
