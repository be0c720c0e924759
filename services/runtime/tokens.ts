import { createHash, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { ServiceError } from './errors.ts'

/** Bearer tokens that a server takes, as hashes with the name of each one's holder. */
export interface TokenList {
  readonly entries: readonly { readonly hash: string; readonly name: string }[]
}

/** `sha256:<hex>` of a token; tokens are random and long, so that a plain hash is enough. */
export function hashToken(token: string): string {
  return `sha256:${createHash('sha256').update(token, 'utf8').digest('hex')}`
}

/** Reads one `sha256:<hex> name` a line; empty lines and lines that start with `#` are skipped, others refused. */
export function parseTokens(text: string): TokenList {
  const lines = text.split('\n').map((line, index) => ({ line: line.trim(), number: index + 1 }))
  return { entries: lines.filter(({ line }) => line !== '' && !line.startsWith('#')).map(parseLine) }
}

export async function readTokens(path: string): Promise<TokenList> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new ServiceError('CONFIG_INVALID', `token file ${path} cannot be read`, { cause })
  }
  return parseTokens(text)
}

/** The name of the token's holder, or undefined. Takes the same time whichever entry matches, or none. */
export function checkToken(tokens: TokenList, token: string): string | undefined {
  const hash = Buffer.from(hashToken(token))
  let name: string | undefined
  for (const entry of tokens.entries) {
    const expected = Buffer.from(entry.hash)
    if (expected.byteLength === hash.byteLength && timingSafeEqual(expected, hash)) name = entry.name
  }
  return name
}

function parseLine({ line, number }: { line: string; number: number }): { hash: string; name: string } {
  const [, hash, name] = /^(sha256:[0-9a-f]{64})\s+(\S.*)$/.exec(line) ?? []
  if (hash === undefined || name === undefined) {
    throw new ServiceError('CONFIG_INVALID', `token file line ${number}: \`sha256:<hex> name\` is wanted`)
  }
  return { hash, name }
}
