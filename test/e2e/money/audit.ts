import type { Books } from './books.ts'
import { CHAIN_RULES } from './chain-rules.ts'
import type { Found } from './rule.ts'
import { STATEMENT_RULES } from './statement-rules.ts'
import { VOUCHER_RULES } from './voucher-rules.ts'

/** Holds the books of client, market and chain against one another. */
export function auditMoney(books: Books): Readonly<Found> {
  const found: Found = { wrongs: [], figures: {} }
  for (const rule of [...STATEMENT_RULES, ...VOUCHER_RULES, ...CHAIN_RULES]) rule(books, found)
  return found
}
