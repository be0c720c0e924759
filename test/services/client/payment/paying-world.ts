import { ed25519PublicBytes, generateEd25519, type PrivateKey, randomBytes } from '../../../../attestation/crypto.ts'
import { EXPOSURE_LIMITS } from '../../../../attestation/receipt/exposure.ts'
import { signPaymentTerms } from '../../../../attestation/receipt/payment-terms.ts'
import { parseUsage, signUsage, type UsageFields, type UsageStatement } from '../../../../attestation/receipt/usage.ts'
import { parseVoucher, signVoucher } from '../../../../attestation/receipt/voucher.ts'
import type { ClientEvent } from '../../../../services/client/events.ts'
import type { AwaitedStatement, FoundStatement } from '../../../../services/client/payment/awaited.ts'
import type { CoverStore, PayeeCover } from '../../../../services/client/payment/covers.ts'
import { Payments } from '../../../../services/client/payment/payments.ts'
import type { PaymentStatus, VoucherRequest } from '../../../../services/client/relays/relay-port.ts'
import type { Leg } from '../../../../services/client/sessions/session.ts'
import { ServiceError } from '../../../../services/runtime/errors.ts'
import { createGuestMaker } from '../../../fakes/guest.ts'

const makeGuest = await createGuestMaker()
export const guest = makeGuest()
export const leg = { digest: guest.keyset.digest, host: { keyset: guest.keyset } } as unknown as Leg
export const [escrow, payee, market] = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array
]
export const voucherKey: PrivateKey = generateEd25519()
const terms = {
  credit: Number(EXPOSURE_LIMITS.credit),
  feeShare: 500,
  keyId: 'r1',
  market,
  minDelay: 86_400,
  network: -4242,
  payee,
  keysetDigest: guest.keyset.digest
}

/** A host that wants to be paid, a market, and a consumer's disk, around a client's payments. */
export class PayingWorld {
  events: ClientEvent[] = []
  files = new Map<string, PayeeCover>()
  given: VoucherRequest[] = []
  reserved = 10n ** 9n
  lose: 'nothing' | 'all' | 'the way there' | 'the way back' = 'nothing'
  /** A voucher is answered when this is. */
  answering: Promise<void> = Promise.resolve()
  /** What the host says. */
  status: Partial<PaymentStatus> = {}
  signing: PrivateKey = voucherKey
  /** What the market has; undefined: it is out of reach. */
  kept: readonly Uint8Array[] | undefined = []
  stored: readonly FoundStatement[] | undefined = []
  /** Requests whose statements it was asked for, a list each time. */
  asked: (readonly string[])[] = []
  now = 1_800_000_000
  #seq = 0

  open(change: Partial<typeof terms> = {}): Payments {
    const store: CoverStore = {
      read: async (name) => this.files.get(name),
      write: async (name, cover) => void this.files.set(name, cover),
      payees: async () => [...this.files.keys()]
    }
    const signed = signPaymentTerms({ ...terms, ...change }, guest.receiptKey)
    const paying = {
      ...{ escrow, market, feeShare: 500, delay: 86_400, network: -4242 },
      firstVoucherKey: ed25519PublicBytes(voucherKey),
      readVoucherKey: async () => this.signing,
      readReserved: async () => this.reserved
    }
    const relay = {
      giveVoucher: (request: VoucherRequest) => this.#give(request, signed),
      listVouchers: async () => this.kept ?? this.#away(),
      findStatements: async (awaited: readonly AwaitedStatement[]) => {
        this.asked.push(awaited.map(({ request }) => request))
        return this.stored ?? this.#away()
      }
    }
    const onEvent = (event: ClientEvent) => this.events.push(event)
    return new Payments({ escrow: paying, store, relay, now: () => this.now, onEvent })
  }

  statement(price: bigint, by: PrivateKey = guest.receiptKey, change: Partial<UsageFields> = {}): UsageStatement {
    const fields = {
      counts: { prompt: 1, cached: 0, completion: 1, reasoning: 0 },
      durationMs: 1,
      epoch: guest.keyset.epoch,
      finish: 'complete' as const,
      keyId: 'r1',
      model: 'test/model',
      n: this.#seq,
      price,
      receiptHash: null,
      seq: ++this.#seq,
      sessionId: randomBytes(16),
      tenant: randomBytes(16),
      keysetDigest: guest.keyset.digest,
      ...change
    }
    return parseUsage(signUsage(fields, by))
  }

  voucher(cumulative: bigint, by: PrivateKey = voucherKey, to = payee): Uint8Array {
    return signVoucher({ escrow, payee: to, cumulative, usageRoot: new Uint8Array(32) }, by)
  }

  /** Of the vouchers that the host was given. */
  sums(): readonly bigint[] {
    return this.given.flatMap(({ voucher }) =>
      voucher === undefined ? [] : [parseVoucher(voucher.voucher).cumulative]
    )
  }

  refusals(): readonly string[] {
    return this.events.flatMap((event) => (event.kind === 'voucher-refused' ? [event.reason] : []))
  }

  async #give(request: VoucherRequest, signed: Uint8Array): Promise<PaymentStatus> {
    const isVoucher = request.voucher !== undefined
    if (this.lose === 'all' || (isVoucher && this.lose === 'the way there'))
      throw new ServiceError('UNAVAILABLE', 'lost')
    this.given.push(request)
    if (isVoucher) await this.answering
    if (isVoucher && this.lose === 'the way back') throw new ServiceError('UNAVAILABLE', 'lost')
    return { terms: signed, delivered: 0n, vouchered: 0n, reason: '', isStored: true, ...this.status }
  }

  #away(): never {
    throw new ServiceError('UNAVAILABLE', 'the market is out of reach')
  }
}
