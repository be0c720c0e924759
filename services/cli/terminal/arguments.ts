import { InvalidArgumentError } from 'commander'

export function parseWhole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('a whole number is wanted')
  return Number(text)
}

export function parseWords(text: string): readonly string[] {
  return text.split(',').filter((word) => word !== '')
}
