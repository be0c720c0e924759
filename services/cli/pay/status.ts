import type { Command } from 'commander'
import { encodeHex } from '../../../attestation/encoding.ts'
import type { Chain } from '../../../contracts/chain.ts'
import { readEscrow } from '../../../contracts/escrow/consumer.ts'
import type { OpenEscrow, PayeeState } from '../../../contracts/escrow/state.ts'
import { addressOf } from '../../../contracts/escrow/terms.ts'
import { type EscrowFile, readEscrowFile } from '../../client/start.ts'
import { openChainOf, showAddress } from '../access/chain.ts'
import { print, printJson, table, timeOf } from '../terminal/print.ts'
import { formatTon, tonColumn } from '../terminal/ton.ts'
import { headOf, type PayOptions, pathsOf, payCommand, readFree } from './escrow.ts'

export function addStatus(pay: Command): void {
  payCommand(pay, 'status', 'what the chain has of it').option('--json', 'as JSON').action(showStatus)
}

async function showStatus(options: PayOptions): Promise<void> {
  const [chain, paths] = [await openChainOf(options.data), pathsOf(options)]
  const file = await readEscrowFile(paths.escrow)
  const address = addressOf(file.escrow)
  const { balance } = await chain.account(address)
  const state = await readEscrow(chain, address)
  const free = state?.kind === 'open' ? await readFree(chain, address) : 0n
  if (options.json === true) {
    return printJson({ ...statusJson(file, balance, state?.kind === 'open' ? state : undefined), free: String(free) })
  }
  print(...headOf(chain, file))
  if (state?.kind !== 'open')
    return print(state === undefined ? 'not deployed: `bombyx pay deposit`' : 'closed for good')
  const { locked, feeDue, closesAt, voucherKey, oldKey } = state
  print(
    `balance   ${formatTon(balance)} TON:`,
    ...balanceLines({ locked, feeDue, free, rent: balance - locked - feeDue - free }),
    `key       ${encodeHex(voucherKey)} signs vouchers`
  )
  if (oldKey !== undefined) print(`old key   ${encodeHex(oldKey.key)} signs until ${timeOf(oldKey.until)}`)
  if (closesAt !== undefined) print(`closing   from ${timeOf(closesAt)} on`)
  const rows = [...state.payees].map(([payee, entry]) => payeeRow(chain, payee, entry))
  print(...table([['PAYEE', 'RESERVED', 'PAID', 'LEFT', 'RELEASED'], ...rows]))
}

function balanceLines(parts: Readonly<Record<keyof typeof PARTS, bigint>>): readonly string[] {
  return Object.entries(PARTS).map(([name, what]) => {
    return `          ${tonColumn(parts[name as keyof typeof PARTS]).padStart(14)}  ${what}`
  })
}

const PARTS = {
  locked: 'locked: what is reserved and not paid yet, and the fee on it',
  feeDue: 'fee due, which the market has not collected yet',
  free: 'free to be reserved',
  rent: 'kept for ten years of rent'
} as const

function payeeRow(chain: Chain, payee: string, { reserved, paid, pending }: PayeeState): readonly string[] {
  return [
    showAddress(chain, addressOf(Buffer.from(payee, 'hex')), false),
    ...[reserved, paid, reserved - paid].map(tonColumn),
    pending === undefined ? '' : `to ${formatTon(pending.to)} from ${timeOf(pending.at)} on`
  ]
}

function statusJson(file: EscrowFile, balance: bigint, state: OpenEscrow | undefined) {
  const { payees = new Map<string, PayeeState>(), locked = 0n, feeDue = 0n, voucherKey, oldKey, closesAt } = state ?? {}
  return {
    escrow: `0:${encodeHex(file.escrow)}`,
    open: state !== undefined,
    ...{ balance: String(balance), locked: String(locked), feeDue: String(feeDue) },
    voucherKey: voucherKey === undefined ? null : encodeHex(voucherKey),
    oldKey: oldKey === undefined ? null : { key: encodeHex(oldKey.key), until: oldKey.until },
    closesAt: closesAt ?? null,
    payees: [...payees].map(([payee, { reserved, paid, pending }]) => ({
      payee: `0:${payee}`,
      ...{ reserved: String(reserved), paid: String(paid) },
      release: pending === undefined ? null : { to: String(pending.to), at: pending.at }
    }))
  }
}
