import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { equalBytes } from '../../attestation/crypto.ts'
import { concatBytes, encodeHex, uint8 } from '../../attestation/encoding.ts'
import type { Payer } from '../../attestation/session/client-handshake.ts'
import { lockFolder } from '../runtime/folder-lock.ts'
import { readKeyFile } from '../runtime/key-file.ts'
import { coversInFolder } from './covers.ts'
import { readEscrowFile } from './escrow-file.ts'
import { Payments, type PaymentsContext } from './payments.ts'

/** Who pays for this client's sessions, and how. */
export interface OpenPayer extends AsyncDisposable {
  /** As hellos name it. */
  readonly payer: Payer
  readonly payments: Payments
}

/**
 * Opens the escrow of a file: its voucher key, and beside it the folder `vouchers-<escrow>` with what was signed. One process at a
 * time has that folder (DATA_FOLDER_IN_USE). CONFIG_INVALID for a file or key that is not right.
 */
export async function openPayer(path: string, context: Pick<PaymentsContext, 'give' | 'onEvent'>): Promise<OpenPayer> {
  const { escrow, voucherKeyFile, market, feeShare, delay, network } = await readEscrowFile(path)
  const voucherKey = await readKeyFile(voucherKeyFile)
  const folder = join(dirname(path), `vouchers-${encodeHex(escrow).slice(0, 16)}`)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const lock = await lockFolder(folder, 'a payer')
  // Read each time: `bombyx pay reserve` may have raised it meanwhile.
  const readReserved = async (payee: Uint8Array): Promise<bigint> => {
    const { payees } = await readEscrowFile(path)
    return payees.find((one) => equalBytes(one.payee, payee))?.reserved ?? 0n
  }
  const paying = { escrow, voucherKey, market, feeShare, delay, network, readReserved }
  const payments = new Payments({ ...context, escrow: paying, store: coversInFolder(folder) })
  return {
    payer: { escrow: concatBytes(uint8(0), escrow), voucherKey },
    payments,
    async [Symbol.asyncDispose]() {
      await payments.idle()
      await lock[Symbol.asyncDispose]()
    }
  }
}
