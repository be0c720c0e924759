import type { Books } from './books.ts'
import { CHAIN_RULES } from './chain-rules.ts'
import type { Found, Rule } from './rule.ts'
import { STATEMENT_RULES } from './statement-rules.ts'
import { VOUCHER_RULES } from './voucher-rules.ts'

/** Holds the books of client, market and chain against one another. */
export function auditMoney(books: Books): Readonly<Found> {
  return audit(books, [...STATEMENT_RULES, ...VOUCHER_RULES, ...CHAIN_RULES])
}

/** What is wrong with what hosts signed and the market stored alone. */
export function auditStatements(books: Books): readonly string[] {
  return audit(books, STATEMENT_RULES).wrongs
}

function audit(books: Books, rules: readonly Rule[]): Found {
  const found: Found = { wrongs: [], figures: {} }
  for (const rule of rules) rule(books, found)
  return found
}
