import { EXPOSURE_LIMITS } from '../../../attestation/receipt/exposure.ts'
import type { Chain } from '../../../contracts/chain.ts'
import { ContractError } from '../../../contracts/errors.ts'
import { claimValue, type EscrowState, feesOf, type PayeeState, parseEscrow } from '../../../contracts/escrow/state.ts'
import { accountOf, addressOf } from '../../../contracts/escrow/terms.ts'
import { readCell } from '../../../contracts/message.ts'
import { ServiceError } from '../../runtime/errors.ts'

/** What the market knows of an escrow, by its own endpoint. */
export interface EscrowFacts {
  /** The one that signs from now on, and after a change the one before it. */
  readonly voucherKeys: readonly Uint8Array[]
  /** When the second of the keys ends. */
  readonly oldKeyUntil: Date | undefined
  readonly checkedAt: Date
  readonly closesAt: Date | undefined
  readonly isClosed: boolean
  /** By the hex of the payee's account. */
  readonly payees: ReadonlyMap<string, PayeeFacts>
  /** Undefined once it is closed: then all of it was paid. */
  readonly fee: FeeFacts | undefined
  /** nanoTON that a claim for the payee carries; absent where the chain was not just asked. */
  readonly claimValue?: (payee: Uint8Array) => bigint
}

/** nanoTON, in all and ever. */
export interface PayeeFacts {
  readonly reserved: bigint
  readonly paid: bigint
  /** When some of what is reserved may be taken back. */
  readonly releasesAt: Date | undefined
}

export interface FeeFacts {
  /** Account of the market that the escrow names. */
  readonly market: Uint8Array
  /** nanoTON, ever. */
  readonly accrued: bigint
  readonly collected: bigint
}

/** The keys whose vouchers the escrow pays at this time. */
export function signingKeys({ voucherKeys, oldKeyUntil }: EscrowFacts, now: Date): readonly Uint8Array[] {
  const isOldGood = oldKeyUntil !== undefined && now < oldKeyUntil
  return isOldGood ? voucherKeys : voucherKeys.slice(0, 1)
}

/**
 * Asks the chain. UNPAID: no escrow is there, or one that can close or release while a claim is on its way, which no host serves on;
 * UNAVAILABLE: nobody answers.
 */
export async function lookUpEscrow(chain: Chain, escrow: Uint8Array, now: Date): Promise<EscrowFacts> {
  const address = addressOf(escrow)
  try {
    const { code, data } = await chain.account(address)
    const [codeCell, dataCell] = [code && readCell(code), data && readCell(data)]
    if (codeCell === undefined || dataCell === undefined) throw new ServiceError('UNPAID', 'no escrow is there')
    const state = parseEscrow(address, { code: codeCell, data: dataCell })
    if (state.kind === 'open' && state.terms.delay <= EXPOSURE_LIMITS.claimMargin) {
      throw new ServiceError('UNPAID', `the escrow can be closed after ${state.terms.delay} s`)
    }
    return factsOf(state, now)
  } catch (cause) {
    if (!(cause instanceof ContractError)) throw cause
    const unavailable = cause.kind === 'unavailable'
    throw new ServiceError(unavailable ? 'UNAVAILABLE' : 'UNPAID', `${cause.code}: ${cause.message}`, { cause })
  }
}

function factsOf(state: EscrowState, checkedAt: Date): EscrowFacts {
  if (state.kind === 'closed') {
    const ended = { oldKeyUntil: undefined, closesAt: undefined, isClosed: true, fee: undefined }
    return { voucherKeys: [], checkedAt, ...ended, payees: new Map() }
  }
  const { voucherKey, oldKey, closesAt, terms } = state
  return {
    voucherKeys: [voucherKey, ...(oldKey === undefined ? [] : [oldKey.key])],
    oldKeyUntil: dateOf(oldKey?.until),
    checkedAt,
    closesAt: dateOf(closesAt),
    isClosed: false,
    fee: { market: accountOf(terms.market), ...feesOf(state) },
    claimValue: (payee) => claimValue(state, addressOf(payee)),
    payees: new Map(
      [...state.payees].map(([payee, { reserved, paid, pending }]: [string, PayeeState]) => {
        return [payee, { reserved, paid, releasesAt: dateOf(pending?.at) }]
      })
    )
  }
}

function dateOf(seconds: number | undefined): Date | undefined {
  return seconds === undefined ? undefined : new Date(seconds * 1000)
}
