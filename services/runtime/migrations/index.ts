import type { Migration } from 'kysely/migration'
import { registry } from './0001-registry.ts'
import { market } from './0002-market.ts'
import { trusted } from './0003-trusted.ts'
import { outbox } from './0004-outbox.ts'
import { log } from './0005-log.ts'
import { anchor } from './0006-anchor.ts'
import { attested } from './0007-attested.ts'
import { devices } from './0008-devices.ts'
import { accounts } from './0009-accounts.ts'
import { supply } from './0010-supply.ts'
import { billing } from './0011-billing.ts'
import { payment } from './0012-payment.ts'
import { payers } from './0013-payers.ts'
import { covers } from './0014-covers.ts'
import { voucherKeys } from './0015-voucher-keys.ts'
import { payees } from './0016-payees.ts'
import { fees } from './0017-fees.ts'
import { totals } from './0018-totals.ts'

/** One set for every service, applied in the order of the names. An applied one is never edited. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-registry': registry,
  '0002-market': market,
  '0003-trusted': trusted,
  '0004-outbox': outbox,
  '0005-log': log,
  '0006-anchor': anchor,
  '0007-attested': attested,
  '0008-devices': devices,
  '0009-accounts': accounts,
  '0010-supply': supply,
  '0011-billing': billing,
  '0012-payment': payment,
  '0013-payers': payers,
  '0014-covers': covers,
  '0015-voucher-keys': voucherKeys,
  '0016-payees': payees,
  '0017-fees': fees,
  '0018-totals': totals
}
