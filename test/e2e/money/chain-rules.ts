import type { Books } from './books.ts'
import { type Found, type Rule, sum } from './rule.ts'

/** What the chain did of it. */
export const CHAIN_RULES: readonly Rule[] = [everyVoucherIsPaid, claimsAreOnce, payoutsAreExact, nothingIsLost]

function everyVoucherIsPaid({ market, chain, payees }: Books, { wrongs, figures }: Found): void {
  let all = 0n
  for (const payee of payees) {
    const { paid, reserved } = chain.escrow.state.payees.get(payee) ?? { paid: 0n, reserved: 0n }
    const best = market.vouchers.find((voucher) => voucher.payee === payee)?.cumulative ?? 0n
    if (paid !== best) wrongs.push(`${paid} were paid on a voucher of ${best}`)
    if (best > reserved) wrongs.push(`a voucher of ${best} on a reservation of ${reserved}`)
    all += paid
  }
  figures['nanoTON paid'] = all
}

/** Each message of the market's wallet is one stored claim's (of a voucher, or of its fee), ran once, and paid. */
function claimsAreOnce({ market, chain }: Books, { wrongs, figures }: Found): void {
  const ran = new Map<string, number>()
  for (const hash of chain.walletMessages) ran.set(hash, (ran.get(hash) ?? 0) + 1)
  for (const [hash, times] of ran) if (times > 1) wrongs.push(`message ${hash} ran ${times} times`)
  for (const { state, messageHash } of market.claims) {
    if (state !== 'paid') wrongs.push(`a claim is ${state}`)
    if (!ran.delete(messageHash)) wrongs.push(`a claim is ${state} and its message never ran`)
  }
  if (ran.size > 0) wrongs.push(`the wallet took ${ran.size} messages that the market did not store`)
  const claims = chain.escrow.steps.filter(({ isClaim }) => isClaim)
  const refused = claims.filter(({ isRefused }) => isRefused).length
  if (refused > 0) wrongs.push(`the escrow refused ${refused} claims`)
  const stored = market.claims.filter(({ kind }) => kind === 'voucher')
  if (claims.length !== stored.length) wrongs.push(`the escrow had ${claims.length} of ${stored.length} claims`)
  figures['claims'] = BigInt(claims.length)
}

/** Each payout goes on where the one before ended, and the payee's wallet has all of them, with what each claim left over. */
function payoutsAreExact({ chain, payees }: Books, { wrongs }: Found): void {
  for (const payee of payees) {
    const left = chain.escrow.steps.flatMap((step) => step.left).filter(({ to }) => to === payee)
    let paid = 0n
    for (const { payment } of left) {
      if (payment?.kind !== 'payout') continue
      if (payment.paid !== paid + payment.amount) wrongs.push(`${payment.amount} on ${paid} make ${payment.paid}`)
      paid = payment.paid
    }
    if (paid !== (chain.escrow.state.payees.get(payee)?.paid ?? 0n)) wrongs.push(`payouts come to ${paid}`)
    const { came, rent, balance } = chain.wallets.get(payee) ?? { came: [], rent: 0n, balance: 0n }
    const sent = left.map(({ value }) => value)
    if (String(came) !== String(sent)) wrongs.push(`the escrow sent ${sum(sent)} to a wallet, ${sum(came)} came`)
    if (balance + rent !== sum(came)) wrongs.push(`a wallet has ${balance} of ${sum(came)}`)
  }
}

/** What came into the escrow is there, or was paid, or was burnt, to the nanoTON. */
function nothingIsLost({ chain, deposit }: Books, { wrongs, figures }: Found): void {
  const { steps, balance } = chain.escrow
  const [came, gas] = [sum(steps.map((step) => step.came)), sum(steps.map((step) => step.gas))]
  const left = steps.flatMap((step) => step.left)
  const payments = sum(
    left.map(({ payment }) => (payment === undefined || payment.kind === 'rest' ? 0n : payment.amount))
  )
  // What a sender attached beyond the fees goes on with the payment, or back.
  const beside = sum(left.map(({ value }) => value)) - payments
  if (came !== balance + payments + beside + gas) {
    wrongs.push(`${came} came: ${balance} are there, ${payments} and ${beside} beside were sent, ${gas} burnt`)
  }
  const deposited = sum(steps.filter(({ isDeposit }) => isDeposit).map((step) => step.came))
  if (deposited < deposit) wrongs.push(`${deposited} came of a deposit of ${deposit}`)
  figures['nanoTON that came into the escrow'] = came
  figures['nanoTON in the escrow'] = balance
  figures['nanoTON sent beside payments'] = beside
  figures['nanoTON of gas'] = gas
}
