import { openChain } from '../../../contracts/chain.ts'
import { readKeyFile } from '../../../contracts/key-file.ts'
import { Allowance } from '../../runtime/allowance.ts'
import { createBell } from '../../runtime/bell.ts'
import type { ServiceContext } from '../../runtime/context.ts'
import type { Database } from '../../runtime/database.ts'
import { startClaimer } from './claimer.ts'
import type { VouchersConfig } from './config.ts'
import { type EscrowFacts, lookUpEscrow } from './escrows.ts'
import { checkOverdraft } from './overdraft.ts'
import { createVoucherStore, type FeeDue, type StoredVoucher, type VoucherQuestion } from './store.ts'
import { type DeliveredVoucher, takeVoucher } from './take.ts'

/** What handlers need of vouchers. */
export interface Vouchers extends AsyncDisposable {
  take(delivered: DeliveredVoucher): Promise<void>
  /** Of a whole escrow: refuses with UNPAID as `checkOverdraft` does. */
  list(by: VoucherQuestion): Promise<readonly StoredVoucher[]>
  listFees(): Promise<readonly FeeDue[]>
}

/** Looks at the chain for vouchers of whom nothing is known yet: new payers are fewer. */
const STRANGERS_A_MINUTE = 600

/** Takes vouchers on, and claims them and the market's fee where there is a wallet to pay for it. */
export function startVouchers(
  { chain: settings, claims }: VouchersConfig,
  database: Database,
  { now, logger }: ServiceContext
): Vouchers {
  const chain = openChain(settings)
  const store = createVoucherStore(database)
  const bell = createBell()
  const look = (escrow: Uint8Array): Promise<EscrowFacts> => lookUpEscrow(chain, escrow, now())
  const see = async (escrow: Uint8Array): Promise<EscrowFacts> => {
    const facts = await look(escrow)
    await store.writeFacts(escrow, facts)
    return facts
  }
  const strangers = new Allowance(() => performance.now(), STRANGERS_A_MINUTE)
  const mayLook = (): boolean => {
    if (!strangers.has) return false
    strangers.take()
    return true
  }
  const context = { database, store, chain, see, bell, now, logger }
  const claimer = claims && startClaimer({ ...context, ...claims, key: readKeyFile(claims.wallet) })
  return {
    take: (delivered) => takeVoucher(delivered, { store, look, mayLook, now, logger, taken: () => bell.ring() }),
    listFees: () => store.listFees(),
    list: async (by) => {
      if (by.escrow !== undefined && by.payee === undefined) await checkOverdraft(by.escrow, { store, see, now })
      return store.list(by)
    },
    [Symbol.asyncDispose]: async () => claimer?.[Symbol.asyncDispose]()
  }
}
