/** What the log's process writes of a head that it has signed. */
export interface HeadSigned {
  readonly kind: 'head-signed'
  readonly size: string
  /** Hex. */
  readonly root: string
}

/** What it writes of a head that it has found on chain. */
export interface HeadAnchored {
  readonly kind: 'head-anchored'
  readonly size: string
  /** Hex. */
  readonly root: string
  /** Of the contract, raw. */
  readonly address: string
}

export type LogEvent = HeadSigned | HeadAnchored

/** Reads a line of the log service's own log; undefined for lines that the account does not tell. */
export function readLogEvent(line: string): LogEvent | undefined {
  const isAnchor = line.includes('"anchored"')
  if (!isAnchor && !line.includes('"checkpoint signed"')) return undefined
  const { size, root, address } = JSON.parse(line) as Record<string, unknown>
  if (typeof size !== 'string' || typeof root !== 'string' || size === '0') return undefined
  if (!isAnchor) return { kind: 'head-signed', size, root }
  return typeof address === 'string' ? { kind: 'head-anchored', size, root, address } : undefined
}
