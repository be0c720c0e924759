import { InvalidArgumentError } from 'commander'

/** TON in decimals → nanoTON. */
export function parseTon(text: string): bigint {
  const [, whole = '', fraction = ''] = /^(\d{1,9})(?:\.(\d{1,9}))?$/.exec(text) ?? []
  if (whole === '') throw new InvalidArgumentError('TON with up to nine decimals are wanted')
  return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'))
}

/** nanoTON → TON in decimals, no digit lost. */
export function formatTon(nano: bigint): string {
  const fraction = (nano % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '')
  return `${nano / 1_000_000_000n}${fraction === '' ? '' : `.${fraction}`}`
}

/** The same in a column of a table, so that the points stand below one another. */
export function tonColumn(nanoton: bigint | string): string {
  const amount = BigInt(nanoton)
  const digits = String(amount < 0n ? -amount : amount).padStart(10, '0')
  return `${amount < 0n ? '-' : ''}${digits.slice(0, -9)}.${digits.slice(-9)}`
}
