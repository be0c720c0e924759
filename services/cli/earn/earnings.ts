import type { Address } from '@ton/core'
import { equalBytes, verifyEd25519 } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { parseVoucher } from '../../../attestation/receipt/voucher.ts'
import type { Chain } from '../../../contracts/chain.ts'
import { readEscrow } from '../../../contracts/escrow/consumer.ts'
import { signingKeys } from '../../../contracts/escrow/state.ts'
import { accountOf, addressOf } from '../../../contracts/escrow/terms.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import { readPayerVouchers } from '../../host/start.ts'
import { codeOf } from '../../runtime/errors.ts'
import { callUnary } from '../../runtime/grpc-client.ts'
import { readAddress } from '../access/network.ts'
import { withService } from '../access/service.ts'

/** What a payee has with one escrow; nanoTON. */
export interface Earning {
  readonly escrow: Address
  readonly payee: Address
  readonly voucher: Uint8Array
  readonly vouchered: bigint
  /** Both by the chain itself, not by the market. */
  readonly reserved: bigint
  readonly paid: bigint
  /** What a claim would pay now. */
  readonly claimable: bigint
}

/** Who says which vouchers there are; what they are worth, the chain does. */
export interface VoucherSource {
  readonly data: string
  readonly market?: string
  /** A host's state folder, in the market's place. */
  readonly state?: string
}

/** One an escrow: in a change of its key it has a voucher by each. */
export async function readEarnings(chain: Chain, payee: Address, source: VoucherSource): Promise<readonly Earning[]> {
  const account = accountOf(payee)
  const vouchers =
    source.state === undefined ? await askMarket(account, source) : await readPayerVouchers(source.state, account)
  // Whoever claims one of another payee pays for its gas, and gives that payee what is left of it.
  const own = vouchers.filter((voucher) => equalBytes(parseVoucher(voucher).payee, account))
  return bestOf(await Promise.all(own.map((voucher) => earningOf(chain, voucher))))
}

/** What hosts delivered, by the market, of what is charged; nanoTON. */
export interface DeliveredSums {
  of(earning: Earning): bigint
  /** What no voucher says yet whom to pay for. */
  readonly open: bigint
}

/** Who may not be told what was delivered sees the rest. */
const NOT_FOR_THIS_CALLER: ReadonlySet<string | undefined> = new Set(['UNAUTHENTICATED', 'FORBIDDEN', 'UNIMPLEMENTED'])

/** Undefined: not for this caller, or the market is not asked. */
export async function readDelivered({ market: wish, data, state }: VoucherSource): Promise<DeliveredSums | undefined> {
  if (state !== undefined) return undefined
  const authority = await readAddress(wish, data, 'market')
  try {
    const { lines } = await withService(bombyxV1.Market, authority, (market) => callUnary(market, 'GetDelivered', {}))
    const sumOf = (own: typeof lines): bigint => own.reduce((sum, { price }) => sum + BigInt(price), 0n)
    return {
      of: ({ escrow, payee }) =>
        sumOf(lines.filter((line) => line.escrow.equals(accountOf(escrow)) && line.payee.equals(accountOf(payee)))),
      open: sumOf(lines.filter(({ payee }) => payee.byteLength === 0))
    }
  } catch (error) {
    if (NOT_FOR_THIS_CALLER.has(codeOf(error))) return undefined
    throw error
  }
}

async function askMarket(payee: Buffer, { market: wish, data }: VoucherSource): Promise<readonly Uint8Array[]> {
  const authority = await readAddress(wish, data, 'market')
  const { vouchers } = await withService(bombyxV1.Vouchers, authority, (market) => {
    return callUnary(market, 'ListVouchers', { payee })
  })
  return vouchers.map(({ voucher }) => voucher)
}

async function earningOf(chain: Chain, voucher: Uint8Array): Promise<Earning> {
  const { cumulative: vouchered, ...accounts } = parseVoucher(voucher)
  const [escrow, payee] = [addressOf(accounts.escrow), addressOf(accounts.payee)]
  const state = await readEscrow(chain, escrow)
  const entry = state?.kind === 'open' ? state.payees.get(encodeHex(accounts.payee)) : undefined
  const { reserved = 0n, paid = 0n } = entry ?? {}
  const isGood = state?.kind === 'open' && isSignedBy(signingKeys(state, Date.now() / 1000), voucher)
  const most = !isGood ? 0n : vouchered < reserved ? vouchered : reserved
  return { escrow, payee, voucher, vouchered, reserved, paid, claimable: most > paid ? most - paid : 0n }
}

function bestOf(earnings: readonly Earning[]): readonly Earning[] {
  const best = new Map<string, Earning>()
  for (const one of earnings) {
    const name = one.escrow.toRawString()
    const other = best.get(name)
    if (other === undefined || one.claimable > other.claimable) best.set(name, one)
  }
  return [...best.values()]
}

function isSignedBy(keys: readonly Uint8Array[], voucher: Uint8Array): boolean {
  const { bytes, signature } = parseVoucher(voucher)
  return keys.some((key) => verifyEd25519(key, bytes, signature))
}
