/** What a relay writes of each request that it carried: all that it knew of it. */
export interface Relayed {
  readonly kind: 'relayed'
  readonly model: string
  readonly sealedIn: number
  readonly sealedOut: number
  readonly durationMs: number
}

/** Reads a line of the relay's log; undefined for any other line. */
export function readRelayed(line: string): Relayed | undefined {
  if (!line.includes('"request finished"')) return undefined
  const { model, bytesIn, bytesOut, durationMs } = JSON.parse(line) as Record<string, unknown>
  if (typeof model !== 'string' || typeof bytesIn !== 'number') return undefined
  if (typeof bytesOut !== 'number' || typeof durationMs !== 'number') return undefined
  return { kind: 'relayed', model, sealedIn: bytesIn, sealedOut: bytesOut, durationMs }
}
