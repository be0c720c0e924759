import { encodeHex } from '../../../attestation/encoding.ts'
import { AttestationError } from '../../../attestation/errors.ts'
import { isCoveredSigned } from '../../../attestation/receipt/cover.ts'
import { parseVoucher, type Voucher, verifyVoucher } from '../../../attestation/receipt/voucher.ts'
import { codeOf, ServiceError } from '../../runtime/errors.ts'
import type { Logger } from '../../runtime/log.ts'
import { type EscrowFacts, signingKeys } from './escrows.ts'
import type { VoucherStore } from './store.ts'

/** A voucher as a relay delivered it. */
export interface DeliveredVoucher {
  readonly voucher: Uint8Array
  readonly covered: readonly { readonly epoch: Uint8Array; readonly seq: bigint }[]
  /** By the key that signed the voucher; whatever else it is, nothing is covered. */
  readonly coveredSignature: Uint8Array
}

export interface TakeContext {
  readonly store: VoucherStore
  readonly look: (escrow: Uint8Array) => Promise<EscrowFacts>
  /** Counts a look on behalf of a voucher that nothing vouches for yet; whoever brings one may have made it up. */
  readonly mayLook: () => boolean
  readonly now: () => Date
  readonly logger: Logger
  /** Something may be worth a claim. */
  readonly taken: () => void
}

/** What the chain said is good enough for so long to tell whose signature counts. */
const FRESH_MS = 60_000
/** As a row holds it, and more than TON has: a voucher of a greater sum pays what is reserved, as one of this sum would. */
const MOST_CUMULATIVE = 2n ** 63n - 1n

/**
 * Keeps a voucher that proves itself against the escrow's keys on chain. A chain that is halted or out of reach does not matter
 * for an escrow that was seen before: what is known of it counts on, and hosts limit what they deliver on it. Refuses with
 * VOUCHER_MALFORMED, VOUCHER_REFUSED, UNPAID (no escrow is there, or it has reserved nothing for the payee: no such voucher may
 * stand between a host and its own) or UNAVAILABLE (and nothing is known of it).
 */
export async function takeVoucher(delivered: DeliveredVoucher, context: TakeContext): Promise<void> {
  const { store, now, taken } = context
  const parsed = parseVoucher(delivered.voucher)
  const { escrow, payee } = parsed
  const cumulative = parsed.cumulative < MOST_CUMULATIVE ? parsed.cumulative : MOST_CUMULATIVE
  const facts = await factsFor(parsed, context)
  if (!facts.payees.has(encodeHex(payee))) throw new ServiceError('UNPAID', 'nothing is reserved for the payee')
  const { signer } = verifyVoucher(delivered.voucher, { escrow, payee, voucherKeys: signingKeys(facts, now()) })
  const { voucher, coveredSignature: signature } = delivered
  // Vouchers are public: whoever brings one may be anybody.
  const covered = isCoveredSigned(voucher, delivered.covered, { signature, signer }) ? delivered.covered : []
  await store.keep({ escrow, payee, cumulative, signer, voucher, covered }, facts, now())
  taken()
}

/** Of its own keys: one that was changed a moment ago, or a payee that was reserved for since, is a reason to look again. */
async function factsFor(voucher: Voucher, { store, look, mayLook, now, logger }: TakeContext): Promise<EscrowFacts> {
  const known = await store.readFacts(voucher.escrow)
  const isKnown = known?.payees.has(encodeHex(voucher.payee)) === true && isSigned(voucher, signingKeys(known, now()))
  if (isKnown && now().getTime() - known.checkedAt.getTime() < FRESH_MS) return known
  // Claims are made through the same endpoint.
  if (!isKnown && !mayLook()) throw new ServiceError('UNAVAILABLE', 'too many vouchers of whom nothing is known')
  try {
    return await look(voucher.escrow)
  } catch (error) {
    if (known?.payees.has(encodeHex(voucher.payee)) !== true || codeOf(error) !== 'UNAVAILABLE') throw error
    logger.warn('a voucher is taken by what was known of its escrow', { name: encodeHex(voucher.escrow) }, error)
    return known
  }
}

function isSigned({ bytes, signature, escrow, payee }: Voucher, voucherKeys: readonly Uint8Array[]): boolean {
  try {
    verifyVoucher(Buffer.concat([bytes, signature]), { escrow, payee, voucherKeys })
    return true
  } catch (error) {
    if (error instanceof AttestationError) return false
    throw error
  }
}
