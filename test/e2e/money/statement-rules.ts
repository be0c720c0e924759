import type { Books } from './books.ts'
import { type Found, guestOf, placeOf, type Rule, sum } from './rule.ts'

/** What the client verified and what was billed. */
export const STATEMENT_RULES: readonly Rule[] = [
  receiptsAreBooked,
  statementsAreOnce,
  epochsHaveNoGap,
  theBillIsTheirSum,
  keysetsAreListed
]

/** Every receipt that the client verified is in the books once, with its counts, whoever was killed. */
function receiptsAreBooked(books: Books, { wrongs, figures }: Found): void {
  const { client, market, places } = books
  const byRequest = Map.groupBy(market.statements, ({ request }) => request)
  for (const [request, { host, tokens }] of client.receipts) {
    const own = (byRequest.get(request) ?? []).filter(({ keyset }) => guestOf(places, keyset) === guestOf(places, host))
    const [statement] = own
    if (own.length > 1) wrongs.push(`${request} is ${own.length} times in the books of one guest`)
    if (statement === undefined) wrongs.push(`${request} of ${host.slice(0, 8)} has a receipt and no statement`)
    else if (JSON.stringify(statement.tokens) !== JSON.stringify(tokens)) {
      wrongs.push(
        `${request}: ${JSON.stringify(tokens)} by its receipt, ${JSON.stringify(statement.tokens)} by the books`
      )
    }
  }
  figures['receipts'] = BigInt(client.receipts.size)
}

function statementsAreOnce({ market, places }: Books, { wrongs, figures }: Found): void {
  const seen = new Set<string>()
  for (const statement of market.statements) {
    const { request, keyset } = statement
    for (const name of [placeOf(statement), `${request} of ${guestOf(places, keyset) ?? keyset}`]) {
      if (seen.has(name)) wrongs.push(`${name} is in the books twice`)
      seen.add(name)
    }
  }
  figures['statements'] = BigInt(market.statements.length)
}

/** What was stored of an epoch is known to be, and nothing is missing in between, also where its guest was killed. */
function epochsHaveNoGap(books: Books, { wrongs }: Found): void {
  const byEpoch = Map.groupBy(books.market.statements, ({ epoch }) => epoch)
  for (const { epoch, storedUpTo } of books.market.epochs) {
    const own = byEpoch.get(epoch) ?? []
    const last = Math.max(0, ...own.map(({ seq }) => seq))
    const isWhole = own.length === last && storedUpTo === last
    if (!isWhole) wrongs.push(`an epoch of ${own.length} statements ends at ${last} and is stored up to ${storedUpTo}`)
  }
}

function theBillIsTheirSum({ market }: Books, { wrongs, figures }: Found): void {
  const [billed, stated] = [market.bill, market.statements].map((of) => sum(of.map(({ price }) => price)))
  const requests = market.bill.reduce((count, line) => count + line.requests, 0)
  if (billed !== stated) wrongs.push(`the bill is ${billed}, its statements come to ${stated}`)
  if (requests !== market.statements.length) wrongs.push(`${requests} requests are billed`)
  figures['nanoTON billed'] = billed ?? 0n
}

/** What a keyset signs that the market never saw listed is charged to nobody. */
function keysetsAreListed({ market, places }: Books, { wrongs }: Found): void {
  for (const { unbillable, requests } of market.bill) {
    if (unbillable !== '') wrongs.push(`${requests} statements are charged to nobody: ${unbillable}`)
  }
  for (const keyset of new Set(market.statements.map((statement) => statement.keyset))) {
    if (!places.has(keyset)) wrongs.push(`keyset ${keyset.slice(0, 8)} was never listed`)
  }
}
