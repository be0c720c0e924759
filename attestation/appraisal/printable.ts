const MAX_LENGTH = 1024

/**
 * Text that is safe to show and to log: names in certificates, keysets and events are an attacker's to choose, so control and
 * format characters (terminal escapes, line ends, reversed writing) are replaced, and the length is bounded.
 */
export function printable(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '\ufffd')
  return plain.length <= MAX_LENGTH ? plain : `${plain.slice(0, MAX_LENGTH - 1).replace(/\p{Cs}$/u, '')}…`
}
