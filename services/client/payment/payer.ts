import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { equalBytes, type PrivateKey } from '../../../attestation/crypto.ts'
import { concatBytes, encodeHex, uint8 } from '../../../attestation/encoding.ts'
import type { Payer } from '../../../attestation/session/client-handshake.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { lockFolder } from '../../runtime/folder-lock.ts'
import { readKeyFile } from '../../runtime/key-file.ts'
import { ClientError } from '../errors.ts'
import type { StatementListener } from '../receipts/receipts.ts'
import { coversInFolder, onDisk } from './covers.ts'
import { readEscrowFile } from './escrow-file.ts'
import { Payments, type PaymentsContext } from './payments.ts'

/** Who pays for this client's sessions, and how. */
export interface OpenPayer extends AsyncDisposable {
  /** As hellos name it, by the key that signs from now on. UNPAID where the file has become unreadable. */
  readPayer(): Promise<Payer>
  readonly payments: Payments
  /** When it was tried to pay what earlier runs left. */
  readonly caughtUp: Promise<void>
}

/** How often it is asked for statements that have not come, and vouchers are given that the market does not have. */
const CATCH_UP_MS = 60_000

/** Opened at the first use, and again where that failed; undefined without a path. */
export interface PayerOnce {
  (): Promise<OpenPayer> | undefined
  /** Undefined where nobody asked yet. */
  made(): Promise<OpenPayer> | undefined
  /** Opened where an earlier run left something to pay, until that was tried. */
  catchUp(): Promise<void>
}

/**
 * Opens the escrow of a file: its voucher key, and beside it the folder `vouchers-<escrow>` with what was signed. One process at a
 * time has that folder (DATA_FOLDER_IN_USE). CONFIG_INVALID for a file or key that is not right.
 */
export async function openPayer(
  path: string,
  context: Pick<PaymentsContext, 'relay' | 'onEvent' | 'now'>
): Promise<OpenPayer> {
  const { escrow, firstVoucherKey, market, feeShare, delay, network } = await readEscrowFile(path)
  // File and key are read each time: `bombyx pay` may have reserved more, or changed the key, meanwhile.
  const readVoucherKey = async (): Promise<PrivateKey> => readKeyFile((await readEscrowFile(path)).voucherKeyFile)
  const readReserved = async (payee: Uint8Array): Promise<bigint> => {
    const { payees } = await readEscrowFile(path)
    return payees.find((one) => equalBytes(one.payee, payee))?.reserved ?? 0n
  }
  await readVoucherKey()
  const folder = vouchersFolder(path, escrow)
  await onDisk(folder, () => mkdir(folder, { recursive: true, mode: 0o700 }))
  const lock = await lockFolder(folder, 'a payer')
  const paying = { escrow, firstVoucherKey, readVoucherKey, market, feeShare, delay, network, readReserved }
  const payments = new Payments({ ...context, escrow: paying, store: coversInFolder(folder) })
  const stop = new AbortController()
  const caughtUp = payments.catchUp(true, stop.signal)
  const timer = setInterval(() => void payments.catchUp(false, stop.signal), CATCH_UP_MS).unref()
  return {
    readPayer: async () => {
      const voucherKey = await readVoucherKey().catch((error: unknown) => Promise.reject(notPaying(error)))
      return { escrow: concatBytes(uint8(0), escrow), voucherKey }
    },
    payments,
    caughtUp,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      stop.abort()
      await payments.idle()
      await lock[Symbol.asyncDispose]()
    }
  }
}

/** Whether an earlier run of the escrow of a file left something to pay. Looks without taking the folder. */
async function isLeftToPay(path: string): Promise<boolean> {
  const store = coversInFolder(vouchersFolder(path, (await readEscrowFile(path)).escrow))
  const covers = await Promise.all((await store.payees()).map((payee) => store.read(payee)))
  return covers.some((cover) => cover !== undefined && cover.awaited.length + cover.pending.length > 0)
}

/** Has receipts and statements paid for, where there is a payer: where it cannot be opened, no session named one. */
export function payingListener(opened: () => Promise<OpenPayer> | undefined): StatementListener {
  const paying = (step: (payments: Payments) => void): void => {
    opened()?.then(
      ({ payments }) => step(payments),
      () => {}
    )
  }
  return {
    awaits: (leg, awaited) => paying((payments) => payments.awaits(leg, awaited)),
    judged: (leg, usage, doubts) =>
      paying((payments) => (doubts.length === 0 ? payments.owe(leg, usage) : payments.refuse(leg, doubts)))
  }
}

/** Where what was signed for an escrow's payees is kept. */
export function vouchersFolder(escrowFile: string, escrow: Uint8Array): string {
  return join(dirname(escrowFile), `vouchers-${encodeHex(escrow).slice(0, 16)}`)
}

export function payerOnce(path: string | undefined, open: (path: string) => Promise<OpenPayer>): PayerOnce {
  let made: Promise<OpenPayer> | undefined
  const get = (): Promise<OpenPayer> | undefined => {
    if (path === undefined) return undefined
    made ??= open(path).catch((error: unknown) => {
      made = undefined
      throw notPaying(error)
    })
    return made
  }
  const catchUp = async (): Promise<void> => {
    if (path !== undefined && (await isLeftToPay(path))) await (await get())?.caughtUp
  }
  return Object.assign(get, { made: () => made, catchUp })
}

/** A request that was to be paid for is not sent unpaid: whoever asks is told what is wrong with the escrow file. */
function notPaying(error: unknown): unknown {
  return error instanceof ServiceError ? new ClientError('UNPAID', error.message, { cause: error }) : error
}
