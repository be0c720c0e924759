import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ed25519PublicBytes, generateEd25519, randomBytes } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { parseUsage } from '../../../attestation/receipt/usage.ts'
import { tenantPseudonym } from '../../../attestation/session/key-schedule.ts'
import type { MarketClient } from '../../../proto/gen/bombyx/v1/Market.ts'
import type { ServedStatement__Output } from '../../../proto/gen/bombyx/v1/ServedStatement.ts'
import type { EscrowFacts } from '../../../services/market/vouchers/escrows.ts'
import { createVoucherStore, type VoucherStore } from '../../../services/market/vouchers/store.ts'
import { openDatabase } from '../../../services/runtime/database.ts'
import { callStream, callUnary } from '../../../services/runtime/grpc-client.ts'
import { type EnrolledHost, startWorld, statementOf, type World } from './world.ts'

interface Party {
  readonly market: MarketClient
  readonly host: EnrolledHost
  readonly payee: Uint8Array
}

interface Payer {
  readonly escrow: Uint8Array
  readonly voucherKey: Uint8Array
}

let world: World
let vouchers: VoucherStore
let [seq, providers] = [0, 0]
const stack = new AsyncDisposableStack()

beforeAll(async () => {
  world = stack.use(await startWorld())
  vouchers = createVoucherStore(stack.use(await openDatabase({ url: world.network.databaseUrl })))
})
afterAll(() => stack.disposeAsync())

async function party(): Promise<Party> {
  const { registry, market } = await world.provider(`provider-${++providers}`)
  return { market, host: await world.enrol(registry), payee: randomBytes(32) }
}

const newPayer = (): Payer => ({ escrow: randomBytes(32), voucherKey: ed25519PublicBytes(generateEd25519()) })

/** A statement of 2 nanoTON, which costs 1 at the host's prices where it is `dear`. */
async function serve({ host }: Party, payer: Payer, dear = false): Promise<number> {
  const counts = { prompt: dear ? 10_000 : 20_000, cached: 0, completion: 0, reasoning: 0 }
  const changes = { counts, price: 2n, tenant: tenantPseudonym(payer.voucherKey), sessionId: randomBytes(16) }
  const { refused } = await callUnary(world.metering, 'StoreUsage', {
    statements: [statementOf(host.guest, ++seq, changes)]
  })
  expect(refused).toEqual([])
  return seq
}

interface Paying {
  readonly covered: readonly number[]
  readonly cumulative: bigint
  /** By the chain. */
  readonly paid?: bigint
}

function pay({ escrow, voucherKey }: Payer, { payee, host }: Party, { covered, cumulative, paid = 0n }: Paying) {
  const facts: EscrowFacts = {
    ...{ voucherKeys: [voucherKey], checkedAt: new Date(), closesAt: undefined, isClosed: false },
    ...{ oldKeyUntil: undefined, fee: undefined },
    payees: new Map([[encodeHex(payee), { reserved: 1_000n, paid, releasesAt: undefined }]])
  }
  const places = covered.map((one) => ({ epoch: host.guest.keyset.epoch, seq: BigInt(one) }))
  const voucher = { escrow, payee, cumulative, signer: voucherKey, voucher: new Uint8Array(191), covered: places }
  return vouchers.keep(voucher, facts, new Date())
}

async function served(market: MarketClient, request = {}): Promise<readonly ServedStatement__Output[]> {
  const found: ServedStatement__Output[] = []
  for await (const one of callStream(market, 'ListServedStatements', request)) found.push(one)
  return found
}

const delivered = async (market: MarketClient) => (await callUnary(market, 'GetDelivered', {})).lines

function stateOf({ unbillable, voucher }: ServedStatement__Output): string {
  if (unbillable !== '') return unbillable
  return voucher === null ? 'delivered' : voucher.paid ? 'paid' : 'vouchered'
}

describe('a provider', () => {
  it('sees what became of each statement of its hosts', async () => {
    const [own, payer] = [await party(), newPayer()]
    const [first, second] = [await serve(own, payer), await serve(own, payer)]
    await serve(own, payer)
    await serve(own, payer, true)
    await pay(payer, own, { covered: [first], cumulative: 2n, paid: 2n })
    await pay(payer, own, { covered: [second], cumulative: 4n, paid: 3n })
    const all = await served(own.market)
    expect(all.map(stateOf)).toEqual(['paid', 'vouchered', 'delivered', 'USAGE_OVERPRICED'])
    expect(all.map(({ statement }) => parseUsage(statement).seq)).toEqual([first, second, first + 2, first + 3])
    expect(all[1]).toMatchObject({
      hostId: own.host.id,
      voucher: { escrow: Buffer.from(payer.escrow), payee: Buffer.from(own.payee), cumulative: '4', paid: false }
    })
    expect(await delivered(own.market)).toEqual([
      { escrow: Buffer.from(payer.escrow), payee: Buffer.from(own.payee), price: '6' }
    ])
  })

  it('sees them after the consumer has changed its key, and those that no escrow is known for', async () => {
    const [own, payer, nobody] = [await party(), newPayer(), newPayer()]
    const before = await serve(own, payer)
    await pay(payer, own, { covered: [before], cumulative: 2n })
    const changed = { ...payer, voucherKey: newPayer().voucherKey }
    const after = await serve(own, changed)
    await pay(changed, own, { covered: [after], cumulative: 4n })
    await serve(own, nobody)
    expect((await served(own.market)).map(stateOf)).toEqual(['vouchered', 'vouchered', 'delivered'])
    expect((await delivered(own.market)).map(({ escrow, price }) => [escrow.byteLength, price])).toEqual([
      [32, '4'],
      [0, '2']
    ])
  })

  it('is told of no voucher by an escrow that did not pay for the session', async () => {
    const [own, payer, stranger] = [await party(), newPayer(), newPayer()]
    const one = await serve(own, payer)
    await pay(stranger, own, { covered: [one], cumulative: 1n, paid: 1n })
    expect((await served(own.market)).map(stateOf)).toEqual(['delivered'])
  })

  it('never sees another’s', async () => {
    const [own, other, payer] = [await party(), await party(), newPayer()]
    const theirs = await serve(other, payer)
    await pay(payer, other, { covered: [theirs], cumulative: 2n })
    expect(await served(own.market)).toEqual([])
    expect(await delivered(own.market)).toEqual([])
    const named = { provider: `provider-${providers}` }
    await expect(served(own.market, named)).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(callUnary(own.market, 'GetDelivered', named)).rejects.toMatchObject({ code: 'FORBIDDEN' })
    expect(await served(other.market, named)).toHaveLength(1)
    expect((await served(world.operator, named)).map(({ provider }) => provider)).toEqual([named.provider])
  })
})

describe('what was served is told to nobody else', () => {
  it.each<readonly [string, () => Promise<MarketClient>, object, string]>([
    ['an organisation', organisation, {}, 'FORBIDDEN'],
    ['a token that is none', () => world.as('bombyx-enrol-made-up'), {}, 'UNAUTHENTICATED'],
    ['a name that is none', async () => world.operator, { provider: 'a\0' }, 'ARGUMENT_INVALID']
  ])('%s', async (_, client, request, code) => {
    const market = await client()
    await expect(served(market, request)).rejects.toMatchObject({ code })
    await expect(callUnary(market, 'GetDelivered', request)).rejects.toMatchObject({ code })
  })

  it('and of no period that ends before it begins', async () => {
    await expect(served(world.operator, { from: 20, to: 10 })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })
})

async function organisation(): Promise<MarketClient> {
  await callUnary(world.operator, 'PutOrganisation', { name: 'curious' })
  return world.as((await callUnary(world.operator, 'CreateKey', { organisation: 'curious', name: 'k' })).secret)
}
