import { readFile } from 'node:fs/promises'
import { dirname, relative, resolve } from 'node:path'
import {
  hex,
  integer,
  list,
  object,
  type Read,
  type Shape,
  ShapeError,
  text
} from '../../../attestation/appraisal/shape.ts'
import type { JsonValue } from '../../../attestation/jcs.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { writeWhole } from '../../runtime/stored-files.ts'

/** nanoTON in decimal digits. */
const amount: Shape<bigint> = {
  schema: text('^[0-9]{1,38}$', 38).schema,
  read: (value, at) => BigInt(text('^[0-9]{1,38}$', 38).read(value, at)),
  write: (nano) => String(nano)
}

const shape = object({
  /** Accounts of the basechain. */
  escrow: hex(32),
  consumer: hex(32),
  market: hex(32),
  feeShare: integer(0, 10_000),
  delay: integer(0, 2 ** 24 - 1),
  firstVoucherKey: hex(32),
  network: integer(-(2 ** 31), 2 ** 31 - 1),
  nonce: text('^[0-9]{1,20}$', 20),
  /** PEM, mode 0600; beside this file unless it is an absolute path. */
  voucherKeyFile: text('^.+$', 4096),
  /** What was reserved on chain when this was written. */
  payees: list(object({ payee: hex(32), reserved: amount }), 128)
})

/** A consumer's escrow: its terms, its key's place, and what it has reserved for whom. `bombyx pay` writes it. */
export type EscrowFile = Read<typeof shape>

/** CONFIG_INVALID for a file that is not there or says something else; paths in it become absolute. */
export async function readEscrowFile(path: string): Promise<EscrowFile> {
  try {
    const file = shape.read(JSON.parse(await readFile(path, 'utf8')) as JsonValue, '')
    return { ...file, voucherKeyFile: resolve(dirname(path), file.voucherKeyFile) }
  } catch (cause) {
    const why = cause instanceof ShapeError ? cause.message : 'it cannot be read'
    throw new ServiceError('CONFIG_INVALID', `escrow file ${path}: ${why}`, { cause })
  }
}

/** A key beside the file is named by where it is from there, so that the two can be moved together. */
export async function writeEscrowFile(path: string, file: EscrowFile): Promise<void> {
  const fromHere = relative(dirname(path), resolve(dirname(path), file.voucherKeyFile))
  const voucherKeyFile = fromHere.startsWith('..') ? file.voucherKeyFile : fromHere
  await writeWhole(path, Buffer.from(`${JSON.stringify(shape.write({ ...file, voucherKeyFile }), null, 2)}\n`), 0o600)
}
