import { EXPOSURE_LIMITS } from '../../../attestation/receipt/exposure.ts'
import { tenantPseudonym } from '../../../attestation/session/key-schedule.ts'
import { codeOf, ServiceError } from '../../runtime/errors.ts'
import type { EscrowFacts } from './escrows.ts'
import type { VoucherStore } from './store.ts'

/** A provider to whom so much is owed has most likely stopped serving: a consumer that pays owes the last answers alone. */
const LEFT_UNPAID = (EXPOSURE_LIMITS.credit * 4n) / 5n
/** One provider, or two, may have inflated what they count; nobody who is paid by a consumer can stop it alone. */
const MOST_LEFT = 2
/** Whose keys an escrow has, and so whose statements are its consumer's, is asked of the chain this often. */
const FRESH_MS = 5 * 60_000

export interface OverdraftContext {
  readonly store: Pick<VoucherStore, 'readFacts' | 'countUnpaid'>
  /** Looks an escrow up on chain and writes down what is seen. */
  readonly see: (escrow: Uint8Array) => Promise<EscrowFacts>
  readonly now: () => Date
}

/**
 * Refuses with UNPAID to speak for an escrow whose consumer went from host to host and paid none: a host that does not know it
 * takes no session without the market's word. What hosts lose to one consumer so is three limits in all, not one each.
 */
export async function checkOverdraft(escrow: Uint8Array, { store, see, now }: OverdraftContext): Promise<void> {
  const known = await store.readFacts(escrow)
  const isFresh = known !== undefined && now().getTime() - known.checkedAt.getTime() < FRESH_MS
  const facts = isFresh ? known : ((await see(escrow).catch(unlessUnpaid)) ?? known)
  if (facts === undefined) return
  const left = await store.countUnpaid(escrow, facts.voucherKeys.map(tenantPseudonym), LEFT_UNPAID)
  if (left > MOST_LEFT) throw new ServiceError('UNPAID', `its consumer has left ${left} providers unpaid`)
}

/** A chain that is out of reach stops nobody: hosts have limits of their own. */
function unlessUnpaid(error: unknown): undefined {
  if (codeOf(error) !== 'UNAVAILABLE') throw error
}
