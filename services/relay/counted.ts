import { encodeHex } from '../../attestation/encoding.ts'
import type { UsageStatement } from '../../attestation/receipt/usage.ts'
import { RecentMap } from './recent-map.ts'

/** Hosts keep 1,024 statements that nobody acknowledged. */
const MOST = 65_536

/** Which statements were counted: a host sends again what nobody acknowledged, through another link or signed anew. */
export class CountedStatements {
  readonly #counted = new RecentMap<string, true>(MOST)

  /** Whether this host's statement of this place comes for the first time. */
  count(hostId: string, { epoch, seq }: Pick<UsageStatement, 'epoch' | 'seq'>): boolean {
    const name = `${hostId} ${encodeHex(epoch)} ${seq}`
    if (this.#counted.get(name) !== undefined) return false
    this.#counted.set(name, true)
    return true
  }
}
