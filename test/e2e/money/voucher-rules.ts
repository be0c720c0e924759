import { EXPOSURE_LIMITS } from '../../../attestation/receipt/exposure.ts'
import type { Books, Statement } from './books.ts'
import { type Found, guestOf, placeOf, type Rule, sum } from './rule.ts'

/** What the client signed for, and what it did not. */
export const VOUCHER_RULES: readonly Rule[] = [
  vouchersAreKnown,
  vouchersAreWhatTheyCover,
  vouchersOnlyGrow,
  whatIsUnpaid,
  nothingIsDoubted
]

/** Its disk has that long, on a machine that does much else. */
const WRITTEN_WITHIN_MS = 1_000

const NO_COVER = { cover: { owed: 0n }, vouchered: 0n, pending: [] }

/** Client and market have the same last voucher of each payee, which is what the client owes, and less than a limit ahead where a host asked. */
function vouchersAreKnown({ market, client, payees }: Books, { wrongs, figures }: Found): void {
  let [signed, ahead] = [0n, 0n]
  for (const payee of payees) {
    const { cover, vouchered, pending } = client.covers.get(payee) ?? NO_COVER
    const best = market.vouchers.find((voucher) => voucher.payee === payee)?.cumulative ?? 0n
    if (best !== vouchered) wrongs.push(`the client signed ${vouchered}, the market has ${best}`)
    const isBounded = vouchered >= cover.owed && vouchered - cover.owed < EXPOSURE_LIMITS.credit
    if (!isBounded) wrongs.push(`the client owes ${cover.owed} and signed ${vouchered}`)
    if (pending.length > 0) wrongs.push(`${pending.length} statements wait for a voucher`)
    signed += vouchered
    ahead += vouchered - cover.owed
  }
  figures['nanoTON vouchered'] = signed
  figures['nanoTON vouchered ahead'] = ahead
}

/** What is owed is the sum of the statements that vouchers cover, and the market knows which. */
function vouchersAreWhatTheyCover({ market, client, payees }: Books, { wrongs }: Found): void {
  // Of what died with its guest the client's copy is the only one.
  const booked = market.statements.map((statement) => [placeOf(statement), statement.price] as const)
  const prices = new Map([...client.statements, ...booked])
  for (const payee of payees) {
    const places = [...market.covered].filter(([, to]) => to === payee).map(([place]) => place)
    const unknown = places.filter((place) => !prices.has(place))
    if (unknown.length > 0) wrongs.push(`vouchers cover ${unknown.length} statements that nobody has`)
    const covered = sum(places.map((place) => prices.get(place) ?? 0n))
    const best = market.vouchers.find((voucher) => voucher.payee === payee)?.cumulative ?? 0n
    if (covered > best) wrongs.push(`a voucher is ${best}, what it covers ${covered}`)
    const { cover } = client.covers.get(payee) ?? NO_COVER
    if (covered !== cover.owed) wrongs.push(`the client owes ${cover.owed}, the market knows for what of ${covered}`)
  }
}

function vouchersOnlyGrow({ client }: Books, { wrongs }: Found): void {
  const last = new Map<string, bigint>()
  for (const { payee, cumulative } of client.vouchers) {
    const before = last.get(payee) ?? 0n
    if (cumulative < before) wrongs.push(`a voucher of ${cumulative} after one of ${before}`)
    last.set(payee, cumulative)
  }
}

/** Of which the client has the receipt is paid for, unless it was killed at once. Counts what was delivered and not vouchered. */
function whatIsUnpaid(books: Books, { wrongs, figures }: Found): void {
  const unpaid = books.market.statements.filter((statement) => !books.market.covered.has(placeOf(statement)))
  const known = unpaid.filter((statement) => hasReceipt(books, statement))
  const late = known.filter(({ request }) => !wasKilledWith(books, request))
  if (late.length > 0) wrongs.push(`${late.length} statements are not paid for of which the client has the receipt`)
  figures['nanoTON unvouchered'] = sum(unpaid.map(({ price }) => price))
  figures['statements unvouchered'] = BigInt(unpaid.length)
  figures['statements unvouchered though the client has the receipt'] = BigInt(known.length)
}

function hasReceipt({ client, places }: Books, { request, keyset }: Statement): boolean {
  const receipt = client.receipts.get(request)
  return receipt !== undefined && guestOf(places, receipt.host) === guestOf(places, keyset)
}

/** Whether the client was killed before it can have written down what it will owe. */
function wasKilledWith({ client }: Books, request: string): boolean {
  const at = client.receipts.get(request)?.at ?? 0
  return client.deaths.some((death) => at <= death && death - at < WRITTEN_WITHIN_MS)
}

/** Nobody lied, so no statement may look as if. */
function nothingIsDoubted({ client }: Books, { wrongs }: Found): void {
  wrongs.push(...client.complaints)
}
