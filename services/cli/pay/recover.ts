import { mkdir } from 'node:fs/promises'
import type { Command } from 'commander'
import type { VerifiedVoucher } from '../../../attestation/receipt/voucher.ts'
import type { PayeeState } from '../../../contracts/escrow/state.ts'
import { addressOf } from '../../../contracts/escrow/terms.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import {
  type CoverStore,
  coversInFolder,
  NO_COVER,
  ownVouchers,
  type PayeeCover,
  vouchersFolder,
  withPaid,
  withVoucher
} from '../../client/start.ts'
import { lockFolder } from '../../runtime/folder-lock.ts'
import { callUnary } from '../../runtime/grpc-client.ts'
import { showAddress } from '../access/chain.ts'
import { withService } from '../access/service.ts'
import { confirm } from '../terminal/confirm.ts'
import { print, table } from '../terminal/print.ts'
import { formatTon } from '../terminal/ton.ts'
import { type FoundEscrow, findEscrow, type PayOptions, payCommand } from './escrow.ts'

interface RecoverOptions extends PayOptions {
  readonly market?: string
}

interface Recovered {
  readonly payee: string
  readonly before: PayeeCover
  readonly after: PayeeCover
  readonly paid: bigint
}

export function addRecover(pay: Command): void {
  payCommand(pay, 'recover', 'take what was paid for signed, where the folder with the vouchers is lost')
    .option('--market <host:port>', 'and the own vouchers that this market has')
    .action(recover)
}

/** Nothing is signed here. The client goes on above what is written, so that only what was paid or signed already counts. */
async function recover(options: RecoverOptions): Promise<void> {
  const found = await findEscrow(options)
  const folder = vouchersFolder(found.paths.escrow, found.file.escrow)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await using _ = await lockFolder(folder, 'a payer')
  const store = coversInFolder(folder)
  const vouchers = options.market === undefined ? [] : await askMarket(options.market, found)
  const recovered = await Promise.all([...found.state.payees].map((entry) => recoverPayee(entry, vouchers, store)))
  const changed = recovered.filter(({ before, after }) => after.vouchered > before.vouchered)
  if (changed.length === 0) return print('nothing to do: all that was paid is known here')
  const rows = changed.map(({ payee, before, after, paid }) => [
    showAddress(found.chain, addressOf(Buffer.from(payee, 'hex')), false),
    ...[paid, before.vouchered, after.vouchered].map(formatTon)
  ])
  print(...table([['payee', 'paid', 'known as signed', 'will be'], ...rows]))
  await confirm('Go on from there?', options.yes)
  for (const { payee, after } of changed) await store.write(payee, after)
  print('recovered')
}

async function recoverPayee(
  [payee, { paid }]: readonly [string, PayeeState],
  vouchers: readonly VerifiedVoucher[],
  store: CoverStore
): Promise<Recovered> {
  const before = (await store.read(payee)) ?? NO_COVER
  const own = vouchers.filter((voucher) => Buffer.from(voucher.payee).toString('hex') === payee)
  return { payee, before, after: own.reduce(withVoucher, withPaid(before, paid)), paid }
}

/** The market's best vouchers for each payee, of which only those count that this escrow's keys signed. */
async function askMarket(authority: string, { file, state }: FoundEscrow): Promise<readonly VerifiedVoucher[]> {
  const keys = [state.voucherKey, ...(state.oldKey === undefined ? [] : [state.oldKey.key]), file.firstVoucherKey]
  return withService(bombyxV1.Vouchers, authority, async (market) => {
    const own: VerifiedVoucher[] = []
    for (const account of state.payees.keys()) {
      const payee = Buffer.from(account, 'hex')
      const { vouchers } = await callUnary(market, 'ListVouchers', { escrow: Buffer.from(file.escrow), payee })
      const signed = vouchers.map(({ voucher }) => voucher)
      own.push(...ownVouchers(signed, { escrow: file.escrow, payee, voucherKeys: keys }))
    }
    return own
  })
}
