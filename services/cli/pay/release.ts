import type { Address } from '@ton/core'
import type { Command } from 'commander'
import { encodeAskRelease, encodeRelease } from '../../../contracts/escrow/messages.ts'
import { type EscrowState, reservationsOf } from '../../../contracts/escrow/state.ts'
import { accountOf } from '../../../contracts/escrow/terms.ts'
import { coversInFolder, vouchersFolder, writeEscrowFile } from '../../client/start.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { parseAddress, showAddress } from '../access/chain.ts'
import { print, timeOf } from '../terminal/print.ts'
import { formatTon, parseTon } from '../terminal/ton.ts'
import { type FoundEscrow, findEscrow, type PayOptions, payCommand, tellEscrow, writeReservations } from './escrow.ts'
import { planRelease } from './release-plan.ts'

export function addRelease(pay: Command): void {
  payCommand(pay, 'release', 'ask to take back what is reserved for a payee; after the delay, take it back')
    .argument('<payee>', 'its address', parseAddress)
    .argument('<TON>', 'how much stays reserved, in all that was ever', parseTon)
    .action(release)
}

async function release(payee: Address, to: bigint, options: PayOptions): Promise<void> {
  const found = await findEscrow(options)
  const { chain, paths, file, state, now } = found
  const account = accountOf(payee).toString('hex')
  const kept = await coversInFolder(vouchersFolder(paths.escrow, file.escrow)).read(account)
  const { vouchered = 0n, cover: { owed: delivered } = { owed: 0n } } = kept ?? {}
  const owed = delivered > vouchered ? delivered : vouchered
  const step = planRelease({ entry: state.payees.get(account), to, owed, now })
  const sum = `${formatTon(to)} TON stay reserved for ${showAddress(chain, payee, false)}`
  switch (step.kind) {
    case 'nothing':
      return print(`nothing to do: ${formatTon(step.reserved)} TON are reserved`)
    case 'refuse':
      throw new ServiceError('ARGUMENT_INVALID', `${formatTon(step.least)} TON are owed or were paid: that much stays`)
    case 'wait':
      return print(`asked for; from ${timeOf(step.until)} on, by this command, ${sum}`)
    case 'ask':
      return ask(found, { account, payee, to, what: `asks      after ${state.terms.delay} s ${sum}` }, options)
    case 'release': {
      const isDone = (next: EscrowState) => next.kind === 'closed' || next.payees.get(account)?.pending === undefined
      const message = { make: () => encodeRelease(payee), what: `releases  ${sum}`, isDone }
      await writeReservations(paths, await tellEscrow(found, message, options))
      return print('released')
    }
  }
}

interface Asking {
  readonly account: string
  readonly payee: Address
  readonly to: bigint
  readonly what: string
}

async function ask(found: FoundEscrow, { account, payee, to, what }: Asking, options: PayOptions): Promise<void> {
  const { file, paths, state } = found
  const isOf = (one: Uint8Array): boolean => accountOf(payee).equals(one)
  const make = async () => {
    // Before it is sent: nothing is signed any more that the release would leave without cover.
    const payees = reservationsOf(state).map((one) => (isOf(one.payee) ? { ...one, reserved: to } : one))
    await writeEscrowFile(paths.escrow, { ...file, payees })
    return encodeAskRelease(payee, to)
  }
  const isDone = (next: EscrowState) => next.kind === 'closed' || next.payees.get(account)?.pending?.to === to
  await writeReservations(paths, await tellEscrow(found, { make, what, isDone }, options))
  print('asked for; until the delay is over vouchers can be claimed on all of it')
}
