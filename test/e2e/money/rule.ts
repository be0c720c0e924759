import type { Books, Place, Statement } from './books.ts'

/** What the audit of a run found. Money is nanoTON. */
export interface Found {
  /** What must not be. */
  readonly wrongs: string[]
  readonly figures: Record<string, bigint>
}

/** Holds some of the books against others. */
export type Rule = (books: Books, found: Found) => void

export function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n)
}

/** A statement's place in the books, which is one statement's alone. */
export function placeOf({ epoch, seq }: Pick<Statement, 'epoch' | 'seq'>): string {
  return `${epoch}/${seq}`
}

export function guestOf(places: ReadonlyMap<string, Place>, keyset: string): string | undefined {
  return places.get(keyset)?.guest
}
