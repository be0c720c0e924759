/** What the log's process writes of a head that it has signed. */
export interface HeadSigned {
  readonly kind: 'head-signed'
  readonly size: string
  /** Hex. */
  readonly root: string
}

export type LogEvent = HeadSigned

/** Reads a line of the log service's own log; undefined for lines that the account does not tell. */
export function readLogEvent(line: string): LogEvent | undefined {
  if (!line.includes('"checkpoint signed"')) return undefined
  const { size, root } = JSON.parse(line) as Record<string, unknown>
  if (typeof size !== 'string' || typeof root !== 'string' || size === '0') return undefined
  return { kind: 'head-signed', size, root }
}
