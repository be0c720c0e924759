import { setTimeout as delay } from 'node:timers/promises'
import { type Address, type Cell, internal } from '@ton/core'
import type { Chain } from '../chain.ts'
import { ContractError } from '../errors.ts'
import type { SigningKey } from '../key-file.ts'
import { readCell } from '../message.ts'
import { sendAndWait } from '../send.ts'
import { ATTACHED } from './escrow.ts'
import { encodeReserve } from './messages.ts'
import { type EscrowState, type OpenEscrow, parseEscrow } from './state.ts'
import { accountOf, type EscrowTerms, escrowAddress, escrowInit } from './terms.ts'

export interface Reservation {
  readonly payee: Address
  /** nanoTON, in all that was ever reserved for it. */
  readonly reserved: bigint
}

/** nanoTON that leave the consumer's wallet at most: the deposit, and what is attached to messages and mostly deposited too. */
export function orderCost(deposit: bigint, reservations: readonly Reservation[]): bigint {
  return deposit + ATTACHED * BigInt(Math.max(1, reservations.length)) + WALLET_FEES
}

const WALLET_FEES = 20_000_000n
/** What a wallet sent reaches an escrow within a few blocks. */
const SEEN_WITHIN_MS = 60_000
const POLL_MS = { mainnet: 1000, testnet: 1000, local: 25 } as const

/** The escrow as the endpoint tells it; undefined where none is deployed. */
export async function readEscrow(chain: Chain, address: Address): Promise<EscrowState | undefined> {
  const { code, data } = await chain.account(address)
  const [codeCell, dataCell] = [code && readCell(code), data && readCell(data)]
  if (codeCell === undefined || dataCell === undefined) return undefined
  return parseEscrow(address, { code: codeCell, data: dataCell })
}

/**
 * Deposits and reserves in one transfer of the consumer's wallet, deploying the escrow where it is not; gives it once it shows all
 * of that. A call that was cut off can be repeated: reservations are totals. ESCROW_MESSAGE_REFUSED where it does not come to pass.
 */
export async function depositAndReserve(
  chain: Chain,
  consumer: SigningKey,
  terms: EscrowTerms,
  order: { readonly deposit: bigint; readonly reservations: readonly Reservation[] }
): Promise<OpenEscrow> {
  const address = escrowAddress(terms)
  const found = await readEscrow(chain, address)
  const init = found === undefined ? { init: escrowInit(terms) } : {}
  const bodies: (Cell | undefined)[] = order.reservations.map(({ payee, reserved }) => encodeReserve(payee, reserved))
  if (bodies.length === 0) bodies.push(undefined)
  const messages = bodies.map((body, index) =>
    internal({
      to: address,
      value: index === 0 ? order.deposit + ATTACHED : ATTACHED,
      bounce: found !== undefined || body !== undefined,
      ...(index === 0 ? init : {}),
      ...(body === undefined ? {} : { body })
    })
  )
  await sendAndWait(chain, consumer, messages)
  return waitFor(chain, address, (state) => order.reservations.every((one) => isReserved(state, one)))
}

/** Sends one message of the consumer's to the escrow, and waits until `isDone`. */
export async function sendToEscrow(
  chain: Chain,
  consumer: SigningKey,
  message: { readonly to: Address; readonly body: Cell },
  isDone: (state: EscrowState) => boolean
): Promise<EscrowState> {
  await sendAndWait(chain, consumer, [internal({ ...message, value: ATTACHED, bounce: true })])
  return waitForAny(chain, message.to, isDone)
}

function isReserved(state: OpenEscrow, { payee, reserved }: Reservation): boolean {
  return (state.payees.get(accountOf(payee).toString('hex'))?.reserved ?? 0n) >= reserved
}

async function waitFor(chain: Chain, at: Address, isDone: (state: OpenEscrow) => boolean): Promise<OpenEscrow> {
  const state = await waitForAny(chain, at, (one) => one.kind === 'open' && isDone(one))
  if (state.kind === 'closed') throw new ContractError('ESCROW_MESSAGE_REFUSED', 'the escrow is closed')
  return state
}

async function waitForAny(chain: Chain, at: Address, isDone: (state: EscrowState) => boolean): Promise<EscrowState> {
  const limit = Date.now() + SEEN_WITHIN_MS
  for (;;) {
    const state = await readEscrow(chain, at)
    if (state !== undefined && isDone(state)) return state
    if (Date.now() > limit) {
      throw new ContractError(
        'ESCROW_MESSAGE_REFUSED',
        `${at} does not show it: is there enough in the wallet, and free in the escrow?`
      )
    }
    await delay(POLL_MS[chain.network])
  }
}
