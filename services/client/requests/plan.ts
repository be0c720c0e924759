import type { ClientErrorCode } from '../errors.ts'

/** Where a request stands after an attempt failed. Hosts are hex digests of keysets. */
export interface AttemptState {
  /** Legs that the request is sealed for, in order of preference. */
  readonly legs: readonly string[]
  /** Legs that had their turn in earlier attempts. */
  readonly tried: ReadonlySet<string>
  /** Legs are named one by one since an attempt was lost without saying which host had it. */
  readonly singly: boolean
  /** Candidates of the attempt that failed; the one host that accepted it, if any. */
  readonly named: readonly string[]
  readonly acceptedBy: string | null
  readonly code: ClientErrorCode
  /** An answer chunk has been opened: from there on the answer is this host's or none. */
  readonly answerStarted: boolean
  /** The request has been sealed anew for a new session already. */
  readonly reattested: boolean
}

export type AttemptPlan =
  | {
      readonly kind: 'another leg'
      readonly candidates: readonly string[]
      readonly tried: ReadonlySet<string>
      readonly singly: boolean
    }
  | { readonly kind: 'a new session' }
  | { readonly kind: 'stop' }

const REATTEST: ReadonlySet<ClientErrorCode> = new Set(['SESSION_UNKNOWN', 'SESSION_EXPIRED', 'KEYSET_CHANGED'])
const NEXT_LEG: ReadonlySet<ClientErrorCode> = new Set(['NO_CAPACITY', 'HOST_LOST'])

/**
 * What to do about a failed attempt. Codes come from an untrusted relay, so a plan only ever names legs whose hosts were
 * appraised, or asks for a new session once.
 *
 * With every leg lost the hosts have most likely started again, under new keys: that too is worth one new session.
 *
 * Legs are named together, for the relay to choose, until an attempt is lost without a name: the host that had it may
 * have spent the request's number, and named alone it says so (REPLAYED), which is then no more than its turn.
 */
export function planNext(state: AttemptState): AttemptPlan {
  if (state.answerStarted) return { kind: 'stop' }
  if (REATTEST.has(state.code)) return { kind: state.reattested ? 'stop' : 'a new session' }
  if (!NEXT_LEG.has(state.code) && !(state.singly && state.code === 'REPLAYED')) return { kind: 'stop' }
  const hadTurn = turnsTaken(state)
  const tried = new Set([...state.tried, ...hadTurn])
  const left = state.legs.filter((leg) => !tried.has(leg))
  if (left.length === 0) return { kind: state.code === 'HOST_LOST' && !state.reattested ? 'a new session' : 'stop' }
  const singly = state.singly || hadTurn.length === 0
  return { kind: 'another leg', candidates: singly ? left.slice(0, 1) : left, tried, singly }
}

/** A relay without capacity has asked every host it was given. */
function turnsTaken({ acceptedBy, code, named }: AttemptState): readonly string[] {
  if (acceptedBy !== null) return [acceptedBy]
  return code === 'NO_CAPACITY' || named.length === 1 ? named : []
}
