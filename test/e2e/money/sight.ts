import type { TokenCounts } from '../../../attestation/receipt/usage.ts'
import type { ClientEvent } from '../../../services/client/start.ts'

/** A receipt that the client verified; `at` is milliseconds since 1970. */
export interface SeenReceipt {
  /** Keyset digest, hex. */
  readonly host: string
  readonly tokens: TokenCounts
  readonly at: number
}

export interface SeenVoucher {
  /** Account, hex. */
  readonly payee: string
  /** nanoTON. */
  readonly cumulative: bigint
}

/** What the client's processes said, one after the other, as long as each lived. By `<session id>-<n>`. */
export class Sight {
  readonly accepted = new Map<string, { readonly host: string; readonly at: number }>()
  readonly receipts = new Map<string, SeenReceipt>()
  /** nanoTON of each statement that was believed. */
  readonly believed = new Map<string, bigint>()
  readonly vouchers: SeenVoucher[] = []
  /** What nobody should have said: doubts about a statement, refusals of one. */
  readonly complaints: string[] = []
  readonly refusals = new Map<string, number>()
  /** When each process was killed; milliseconds since 1970. */
  readonly deaths: number[] = []

  take(event: ClientEvent, at: number): void {
    if (event.kind === 'request-accepted') this.accepted.set(event.requestId, { host: event.host, at })
    if (event.kind === 'receipt-verified') {
      this.receipts.set(event.requestId, { host: event.host, tokens: event.tokens, at })
    }
    if (event.kind === 'voucher-given') this.vouchers.push({ payee: event.payee, cumulative: event.cumulative })
    if (event.kind === 'usage-verified') this.#takeUsage(event)
    if (event.kind === 'usage-refused') this.complaints.push(`a statement was refused: ${event.code}`)
    if (event.kind === 'voucher-refused') {
      this.refusals.set(event.reason, (this.refusals.get(event.reason) ?? 0) + 1)
    }
  }

  #takeUsage({ requestId, doubts, price }: Extract<ClientEvent, { kind: 'usage-verified' }>): void {
    if (doubts.length === 0) this.believed.set(requestId, price)
    else this.complaints.push(`${requestId} is doubted: ${doubts.join(', ')}`)
  }
}
