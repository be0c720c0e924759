import { AttestationError } from '../../attestation/errors.ts'
import { parseUsage, type UsageStatement } from '../../attestation/receipt/usage.ts'
import { encodeFramePayload } from '../../attestation/session/frames.ts'
import { type Keyset, parseKeyset } from '../../attestation/session/keyset.ts'
import type { ListedHost } from './listed-host.ts'
import type { UsageForwarder, UsageWord } from './usage.ts'

/** Statements that an earlier start of a host signed, all under this keyset. */
export interface LeftParcel {
  readonly keyset: Uint8Array
  readonly statements: readonly Uint8Array[]
}

/** Places in a parcel; those in neither list may be offered again. */
export interface LeftWord {
  readonly stored: readonly number[]
  readonly refused: readonly number[]
}

export interface LeftPorts {
  /** That brought them. */
  readonly host: Pick<ListedHost, 'hostId' | 'keyset'>
  readonly add: UsageForwarder['add']
  /** For a statement of this host: tells its client, and answers whose key its session is of. */
  readonly pass: (usage: UsageStatement, payload: Uint8Array) => Uint8Array | undefined
}

/**
 * Gives them to the market as those of a link. They prove themselves by their own keyset; that it was ever listed is the market's to
 * know. No key is named for what a host brings of another one.
 */
export function forwardLeft(parcel: LeftParcel, tell: (word: LeftWord) => void, { host, add, pass }: LeftPorts): void {
  const words: UsageWord[] = []
  let open = parcel.statements.length
  const hear = (place: number, word: UsageWord): void => {
    words[place] = word
    if (--open === 0) tell(wordOf(words))
  }
  const keyset = readOr(parseKeyset, parcel.keyset)
  const isOwn = keyset?.subject === host.keyset.subject
  for (const [place, statement] of parcel.statements.entries()) {
    const usage = readOr(parseUsage, statement)
    if (keyset === undefined || usage === undefined) {
      hear(place, 'refused')
      continue
    }
    const payload = encodeFramePayload({ kind: 'usage', stream: 0, seq: usage.seq, statement })
    const keyId = isOwn ? pass(usage, payload) : undefined
    add(sourceOf(host.hostId, keyset, keyId), statement, acknowledgeNothing, (word) => hear(place, word))
  }
}

function sourceOf(hostId: string, { bytes, epoch }: Keyset, keyId: Uint8Array | undefined) {
  return { hostId, keyset: { bytes, epoch }, keyId }
}

/** How far an epoch is stored says nothing of one that may have gaps: each statement is told of alone. */
function acknowledgeNothing(): void {}

function wordOf(words: readonly UsageWord[]): LeftWord {
  const places = (of: UsageWord): number[] => [...words.keys()].filter((place) => words[place] === of)
  return { stored: places('stored'), refused: places('refused') }
}

/** Undefined for what is malformed. */
function readOr<T>(read: (bytes: Uint8Array) => T, bytes: Uint8Array): T | undefined {
  try {
    return read(bytes)
  } catch (error) {
    if (error instanceof AttestationError) return undefined
    throw error
  }
}
