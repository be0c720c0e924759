import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ed25519PublicBytes } from '../../attestation/crypto.ts'
import { encodeHex } from '../../attestation/encoding.ts'
import { EXPOSURE_LIMITS } from '../../attestation/receipt/exposure.ts'
import { signPaymentTerms } from '../../attestation/receipt/payment-terms.ts'
import { parseVoucher } from '../../attestation/receipt/voucher.ts'
import type { CoverStore, PayeeCover } from '../../services/client/payment/covers.ts'
import { Payments } from '../../services/client/payment/payments.ts'
import type { PaymentStatus, VoucherRequest } from '../../services/client/relays/relay-port.ts'
import type { Leg } from '../../services/client/sessions/session.ts'
import { PayerAccount } from '../../services/host/payer-account.ts'
import { openPayerMemory, type PayerMemory } from '../../services/host/payer-memory.ts'
import { createLogger } from '../../services/runtime/log.ts'
import { createGuestMaker, type Guest } from '../fakes/guest.ts'
import { ask, escrow, key, parties, payee, serveUntilUnpaid, sight, voucher } from '../fakes/payer-account.ts'

const { credit } = EXPOSURE_LIMITS
const PRICE = 999_999n
const market = new Uint8Array(32).fill(3)
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bombyx-cheats-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** What the cheated side has lost, beside the limit. */
function show(cheat: string, lost: bigint): void {
  process.stdout.write(`${cheat}: ${lost} nanoTON lost, of a limit of ${credit}\n`)
  expect(lost).toBeLessThan(credit)
  expect(lost).toBeGreaterThan(credit - 2_000_000n)
}

/** A host that is killed after each step: the next finds the file as it was left, and a chain that shows `paid`. */
async function hostAfterKill<Result>(paid: bigint, step: (payer: PayerAccount) => Result): Promise<Result> {
  const name = encodeHex(escrow)
  await using memory: PayerMemory = await openPayerMemory(folder, payee, createLogger('host', { level: 'silent' }))
  const keep = memory.keep.bind(memory, name)
  // The market tells of no voucher.
  const begin = { sight: sight({ paid }), known: [], kept: memory.read(name), left: 0n, keep }
  return step(new PayerAccount(parties, EXPOSURE_LIMITS, begin))
}

test('a client that refuses to sign, whose host is killed in the middle of every answer', async () => {
  let lost = 0n
  for (let kills = 0; kills < 100; kills++) {
    const plan = await hostAfterKill(0n, (payer) => payer.admit(ask(PRICE)))
    // All of the answer went out before the host could count it.
    if (plan.kind === 'serve') lost += plan.upTo
  }
  show('a client that refuses to sign', lost)
})

test('a market that withholds the best voucher from a host that is killed, and its client signs no other', async () => {
  let delivered = await hostAfterKill(0n, (payer) => serveUntilUnpaid(payer, PRICE))
  await hostAfterKill(0n, (payer) => payer.take(voucher(delivered)))
  for (let kills = 0; kills < 10; kills++) {
    delivered += await hostAfterKill(30_000_000n, (payer) => serveUntilUnpaid(payer, PRICE))
  }
  // The host has the best voucher itself, and its provider can claim it.
  const best = await hostAfterKill(30_000_000n, (payer) => payer.standing(ask(0n)).vouchered)
  show('a market that withholds vouchers', delivered - best)
})

test('a provider that inflates every count, and asks for vouchers in advance as far as its client goes', async () => {
  const guest = (await createGuestMaker())()
  const leg = { digest: guest.keyset.digest, host: { keyset: guest.keyset } } as unknown as Leg
  const given: bigint[] = []
  let wanted = 0n
  const payments = openPayments(guest, async ({ voucher: signed }) => {
    if (signed !== undefined) given.push(parseVoucher(signed.voucher).cumulative)
    return { delivered: 0n, vouchered: 0n, reason: 'credit', isStored: true, cumulative: wanted }
  })
  // The client has much under way; what it gets, it does not believe.
  using _ = payments.begin(100n * credit)
  for (wanted = PRICE; wanted < credit + 5n * PRICE; wanted += PRICE) {
    await payments.settle([leg], { maxPrice: PRICE, isPatient: false, until: AbortSignal.timeout(20) })
    payments.refuse(leg, ['90000 completion tokens in 12 bytes'])
  }
  show('a provider that inflates its counts', given.at(-1) ?? 0n)
})

function openPayments(
  { keyset, receiptKey }: Guest,
  answer: (request: VoucherRequest) => Promise<Omit<PaymentStatus, 'terms'>>
): Payments {
  const files = new Map<string, PayeeCover>()
  const store: CoverStore = {
    read: async (name) => files.get(name),
    write: async (name, cover) => void files.set(name, cover),
    payees: async () => [...files.keys()]
  }
  const rules = { feeShare: 500, market, network: -4242 }
  const fields = { ...rules, credit: Number(credit), keyId: 'r1', minDelay: 86_400, payee, keysetDigest: keyset.digest }
  const terms = signPaymentTerms(fields, receiptKey)
  const paying = {
    ...rules,
    escrow,
    firstVoucherKey: ed25519PublicBytes(key),
    readVoucherKey: async () => key,
    delay: 86_400,
    readReserved: async () => 10n ** 12n
  }
  return new Payments({
    escrow: paying,
    store,
    now: () => 0,
    relay: {
      giveVoucher: async (request) => ({ terms, ...(await answer(request)) }),
      listVouchers: async () => [],
      findStatements: async () => []
    },
    onEvent: () => {}
  })
}
