import { closeSync, constants, fdatasync, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ByteReader } from '../../attestation/byte-reader.ts'
import { equalBytes, sha256 } from '../../attestation/crypto.ts'
import { decodeHex, encodeHex, encodeUtf8 } from '../../attestation/encoding.ts'
import { SIGNED_VOUCHER_BYTES } from '../../attestation/receipt/voucher.ts'
import { ServiceError } from '../runtime/errors.ts'
import { lockFolder } from '../runtime/folder-lock.ts'
import type { Logger } from '../runtime/log.ts'
import { readIfThere } from '../runtime/stored-files.ts'

/** What a host remembers of a payer from one start to the next; nanoTON, sums since the escrow began. */
export interface PayerRecord {
  /** By statements that a relay has stored. */
  readonly delivered: bigint
  /** The most that all else which was begun may come to: nobody may ever see a statement of it. */
  readonly unsettled: bigint
  /** The best one by each of the escrow's keys, at most two, signed; to be verified again when they are read. */
  readonly vouchers: readonly Uint8Array[]
}

/** The payers of one payee, in a file of the provider's. It holds no secret: who can write it can cheat the provider alone. */
export interface PayerMemory extends AsyncDisposable {
  /** `name`: the escrow's account in hex. */
  read(name: string): PayerRecord | undefined
  /**
   * Whether it is written: what a `kill -9` leaves is what was last kept. False where the disk takes nothing, or there are as many
   * payers as there may be.
   */
  keep(name: string, record: PayerRecord): boolean
  forget(name: string): void
  /** Of all that is remembered; what is forgotten meanwhile is left out. */
  names(): Iterator<string>
  /** Bounds what a power cut undoes; to be called every few seconds. */
  flush(): Promise<void>
}

/** The account's memory, as far as it is concerned. */
export type Keep = (record: PayerRecord) => boolean

export const MOST_PAYERS = 8192
/** A sector: a disk that loses its power writes all of it or nothing. */
export const SLOT_BYTES = 512
const TAG = encodeUtf8('bombyx/payer1')
const FREE = new Uint8Array(SLOT_BYTES)
const NO_VOUCHER = new Uint8Array(SIGNED_VOUCHER_BYTES)
const VOUCHERS_AT = TAG.byteLength + 32 + 16 + 16
const CONTENT_BYTES = VOUCHERS_AT + 2 * SIGNED_VOUCHER_BYTES
const synced = promisify(fdatasync)

/**
 * Opens `<folder>/<payee>.payers`, and holds the folder for this process alone (DATA_FOLDER_IN_USE). The folder has to be there;
 * a file that is not is made. HOST_STATE_INVALID for one that is not as it was written: nobody is served on half a memory.
 */
export async function openPayerMemory(folder: string, payee: Uint8Array, logger: Logger): Promise<PayerMemory> {
  const path = join(folder, `${encodeHex(payee)}.payers`)
  await using stack = new AsyncDisposableStack()
  stack.use(await lock(folder))
  const file = openFile(path)
  stack.defer(() => closeSync(file))
  const read = readSlots(file, path)
  if (read.slots.size === 0) logger.info('no payer is remembered here', { path })
  return new SlotFile(file, read, { logger, owned: stack.move() })
}

/** The best vouchers of a payee that a host remembers, whether or not it runs: what its provider claims when the market withholds them. */
export async function readPayerVouchers(folder: string, payee: Uint8Array): Promise<readonly Uint8Array[]> {
  const path = join(folder, `${encodeHex(payee)}.payers`)
  const bytes = await readIfThere(path)
  if (bytes === undefined) throw invalid(`${path} is not there`)
  return [...parseSlots(bytes, path).slots.values()].flatMap(({ record }) => record.vouchers)
}

async function lock(folder: string): Promise<AsyncDisposable> {
  try {
    return await lockFolder(folder, 'a host agent')
  } catch (cause) {
    if (cause instanceof ServiceError) throw cause
    throw invalid(`the folder ${folder} cannot be used`, cause)
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  } catch (cause) {
    throw invalid(`${path} cannot be opened`, cause)
  }
}

interface Slot {
  readonly at: number
  /** As it is in the file. */
  readonly bytes: Uint8Array
  record: PayerRecord
}

/** One slot of 512 bytes a payer, written in place. */
class SlotFile implements PayerMemory {
  readonly #file: number
  readonly #slots: Map<string, Slot>
  readonly #free: number[]
  readonly #logger: Logger
  readonly #owned: AsyncDisposable
  #count: number
  #isDirty = false
  #isFailing = false
  #isClosed = false

  constructor(
    file: number,
    { slots, free }: ReadSlots,
    context: { readonly logger: Logger; readonly owned: AsyncDisposable }
  ) {
    this.#file = file
    this.#slots = slots
    this.#free = free
    this.#logger = context.logger
    this.#owned = context.owned
    this.#count = slots.size + free.length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await this.#owned[Symbol.asyncDispose]()
  }

  read(name: string): PayerRecord | undefined {
    return this.#slots.get(name)?.record
  }

  keep(name: string, record: PayerRecord): boolean {
    const known = this.#slots.get(name)
    const slot = known ?? this.#take(name, record)
    if (slot === undefined) return false
    if (!this.#write(slot.at, encodeSlot(slot, record))) {
      if (known === undefined) this.#free.push(slot.at)
      return false
    }
    slot.record = record
    this.#slots.set(name, slot)
    return true
  }

  forget(name: string): void {
    const slot = this.#slots.get(name)
    if (slot === undefined || !this.#write(slot.at, FREE)) return
    this.#slots.delete(name)
    this.#free.push(slot.at)
  }

  names(): Iterator<string> {
    return this.#slots.keys()
  }

  async flush(): Promise<void> {
    if (!this.#isDirty || this.#isClosed) return
    this.#isDirty = false
    await synced(this.#file)
  }

  #take(name: string, record: PayerRecord): Slot | undefined {
    const at = this.#free.pop() ?? (this.#count < MOST_PAYERS ? this.#count++ : undefined)
    return at === undefined ? undefined : newSlot(name, at, record)
  }

  #write(at: number, bytes: Uint8Array): boolean {
    // The number of a closed file may be another file's.
    if (this.#isClosed) return false
    try {
      if (writeSync(this.#file, bytes, 0, SLOT_BYTES, at * SLOT_BYTES) !== SLOT_BYTES) throw new Error('a short write')
      this.#isDirty = true
      this.#isFailing = false
      return true
    } catch (error) {
      if (!this.#isFailing)
        this.#logger.error('what payers owe cannot be written: nobody is served on credit', {}, error)
      this.#isFailing = true
      return false
    }
  }
}

interface ReadSlots {
  readonly slots: Map<string, Slot>
  readonly free: number[]
}

function readSlots(file: number, path: string): ReadSlots {
  // One byte too many is refused; how many there are is the disk's to say.
  const size = Math.min(fstatSync(file).size, MOST_PAYERS * SLOT_BYTES + 1)
  const bytes = new Uint8Array(size)
  if (readSync(file, bytes, 0, size, 0) !== size) throw invalid(`${path} could not be read whole`)
  return parseSlots(bytes, path)
}

function parseSlots(bytes: Uint8Array, path: string): ReadSlots {
  const size = bytes.byteLength
  if (size % SLOT_BYTES !== 0 || size > MOST_PAYERS * SLOT_BYTES) throw invalid(`${path} is ${size} bytes long`)
  const [slots, free] = [new Map<string, Slot>(), [] as number[]]
  for (let at = 0; at < size / SLOT_BYTES; at++) {
    const slot = bytes.subarray(at * SLOT_BYTES, (at + 1) * SLOT_BYTES)
    if (equalBytes(slot, FREE)) free.push(at)
    else {
      const { name, record } = parseSlot(slot, `${path}, slot ${at}`)
      if (slots.has(name)) throw invalid(`${path} has a payer twice`)
      slots.set(name, newSlot(name, at, record))
    }
  }
  return { slots, free }
}

/** Writes into the slot's own bytes: this is done a few times a request. */
function encodeSlot({ bytes }: Slot, { delivered, unsettled, vouchers }: PayerRecord): Uint8Array {
  const sums = new DataView(bytes.buffer, TAG.byteLength + 32)
  for (const [index, sum] of [delivered, unsettled].entries()) {
    sums.setBigUint64(index * 16, sum >> 64n)
    sums.setBigUint64(index * 16 + 8, sum & 0xffff_ffff_ffff_ffffn)
  }
  const [first = NO_VOUCHER, second = NO_VOUCHER] = vouchers
  bytes.set(first, VOUCHERS_AT)
  bytes.set(second, VOUCHERS_AT + SIGNED_VOUCHER_BYTES)
  bytes.set(sha256(bytes.subarray(0, CONTENT_BYTES)), CONTENT_BYTES)
  return bytes
}

function newSlot(name: string, at: number, record: PayerRecord): Slot {
  const bytes = new Uint8Array(SLOT_BYTES)
  bytes.set(TAG)
  bytes.set(decodeHex(name, 32), TAG.byteLength)
  return { at, bytes, record }
}

/** The digest finds what was torn or changed by mistake; the sums are checked against voucher and chain when they are used. */
function parseSlot(slot: Uint8Array, where: string): { readonly name: string; readonly record: PayerRecord } {
  const reader = new ByteReader(slot, 'ENCODING_MALFORMED')
  const tag = reader.bytes(TAG.byteLength, 'tag')
  const name = encodeHex(reader.bytes(32, 'escrow'))
  const [delivered, unsettled] = [readUint128(reader, 'delivered'), readUint128(reader, 'unsettled')]
  const vouchers = ['first voucher', 'second voucher'].map((field) => reader.bytes(SIGNED_VOUCHER_BYTES, field))
  const digest = reader.bytes(32, 'digest')
  const isWhole = equalBytes(digest, sha256(slot.subarray(0, CONTENT_BYTES))) && equalBytes(tag, TAG)
  if (!isWhole || reader.rest().some((byte) => byte !== 0)) throw invalid(`${where}, is not as it was written`)
  const given = vouchers.filter((voucher) => !equalBytes(voucher, NO_VOUCHER))
  return { name, record: { delivered, unsettled, vouchers: given } }
}

function readUint128(reader: ByteReader, field: string): bigint {
  return (reader.uint64(field) << 64n) | reader.uint64(field)
}

function invalid(message: string, cause?: unknown): ServiceError {
  return new ServiceError('HOST_STATE_INVALID', message, { cause })
}
