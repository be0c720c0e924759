import { decodeHex, encodeHex } from '../../../attestation/encoding.ts'
import type { ClientEventListener } from '../events.ts'
import { type CoverStore, NO_COVER, ownVouchers, type PayeeCover, payeeName, withVoucher } from './covers.ts'

export interface CoverBookContext {
  readonly store: CoverStore
  /** Account, 32 bytes. */
  readonly escrow: Uint8Array
  /** Keys by which this consumer has signed, 32 bytes each. */
  readonly readOwnKeys: () => Promise<readonly Uint8Array[]>
  /** The best vouchers of the escrow for the payee that the market knows, unchecked. */
  readonly listVouchers: (payee: Uint8Array) => Promise<readonly Uint8Array[]>
  readonly onEvent: ClientEventListener
}

/** What is known of a payee, and how much of that is on disk. */
interface Page {
  cover: PayeeCover
  written: PayeeCover
  /** When the last write that was begun has ended. */
  writing: Promise<void>
  /** One that waits for that, and will write all that is known by then. */
  next: Promise<void> | undefined
}

const NOT_BEGUN: PayeeCover = { ...NO_COVER, isBegun: false }

/**
 * What this consumer has with each payee. Where nothing is written of a payee, its folder may have been lost: the market is asked
 * for this consumer's own vouchers, whose signatures it cannot make up. It can withhold them, and then less is signed than before.
 */
export class CoverBook {
  readonly #context: CoverBookContext
  readonly #pages = new Map<string, Page>()

  constructor(context: CoverBookContext) {
    this.#context = context
  }

  /** Refuses as the market does where it has to be asked and cannot: a cover begun too early would hide what was lost. */
  async of(payee: Uint8Array): Promise<PayeeCover> {
    const { cover } = await this.#open(payee)
    return cover.isBegun ? cover : this.recover(payee)
  }

  /** Of whom something is written. */
  async payees(): Promise<readonly Uint8Array[]> {
    return (await this.#context.store.payees()).map((name) => decodeHex(name))
  }

  /** What `change` makes of the cover is known at once, and on disk when it is returned. Changes that wait for the disk share a write. */
  async change(payee: Uint8Array, change: (before: PayeeCover) => PayeeCover): Promise<PayeeCover> {
    await this.of(payee)
    return this.note(payee, change)
  }

  /** The same, also of a cover that is not begun. */
  async note(payee: Uint8Array, change: (before: PayeeCover) => PayeeCover): Promise<PayeeCover> {
    const page = await this.#open(payee)
    const after = change(page.cover)
    page.cover = after
    if (page.written !== after) await this.#write(payeeName(payee), page)
    return after
  }

  /** Takes on the greatest of this consumer's own vouchers that the market has, if it is above what is written. */
  async recover(payee: Uint8Array): Promise<PayeeCover> {
    const { escrow, listVouchers, readOwnKeys, onEvent } = this.#context
    const { vouchered } = (await this.#open(payee)).cover
    const expected = { escrow, payee, voucherKeys: await readOwnKeys() }
    const own = ownVouchers(await listVouchers(payee), expected)
    const recovered = await this.note(payee, (before) => begun(own.reduce(withVoucher, before)))
    if (recovered.vouchered > vouchered) {
      onEvent({ kind: 'vouchers-recovered', payee: encodeHex(payee), cumulative: recovered.vouchered })
    }
    return recovered
  }

  async #open(payee: Uint8Array): Promise<Page> {
    const name = payeeName(payee)
    const known = this.#pages.get(name)
    return known ?? this.#page(name, (await this.#context.store.read(name)) ?? NOT_BEGUN)
  }

  /** What is known already goes before what was read. */
  #page(name: string, read: PayeeCover): Page {
    const page = this.#pages.get(name) ?? { cover: read, written: read, writing: Promise.resolve(), next: undefined }
    this.#pages.set(name, page)
    return page
  }

  #write(name: string, page: Page): Promise<void> {
    page.next ??= page.writing.then(async () => {
      page.next = undefined
      const { cover } = page
      await this.#context.store.write(name, cover)
      page.written = cover
    })
    page.writing = page.next.catch(() => {})
    return page.next
  }
}

function begun(cover: PayeeCover): PayeeCover {
  return cover.isBegun ? cover : { ...cover, isBegun: true }
}
