import { type Address, type Cell, internal } from '@ton/core'
import { expect } from 'vitest'
import { ed25519PublicBytes, generateEd25519, type PrivateKey, randomBytes } from '../../../attestation/crypto.ts'
import { signVoucher } from '../../../attestation/receipt/voucher.ts'
import { type Chain, openChain } from '../../../contracts/chain.ts'
import { ContractError } from '../../../contracts/errors.ts'
import { depositAndReserve, readEscrow } from '../../../contracts/escrow/consumer.ts'
import { encodeChangeKey } from '../../../contracts/escrow/messages.ts'
import type { EscrowState } from '../../../contracts/escrow/state.ts'
import { accountOf, type EscrowTerms, escrowAddress } from '../../../contracts/escrow/terms.ts'
import { createSigningKey, openKeyFile, readKeyFile, type SigningKey } from '../../../contracts/key-file.ts'
import { sendAndWait, walletOf } from '../../../contracts/send.ts'
import { startClaimer } from '../../../services/market/vouchers/claimer.ts'
import { type EscrowFacts, lookUpEscrow } from '../../../services/market/vouchers/escrows.ts'
import { createVoucherStore, type VoucherStore } from '../../../services/market/vouchers/store.ts'
import { takeVoucher } from '../../../services/market/vouchers/take.ts'
import { createBell } from '../../../services/runtime/bell.ts'
import { type Database, openDatabase } from '../../../services/runtime/database.ts'
import { silentLogger } from '../../../services/runtime/log.ts'
import { startTestChain, temporaryFolder } from '../../contracts/local-chain/world.ts'
import { createTestDatabase } from '../../fakes/database.ts'

export const TON = 1_000_000_000n
export const voucherKey: PrivateKey = generateEd25519()
const newKey = (): SigningKey => createSigningKey(randomBytes(32))

/** A chain with an escrow, and what the market keeps of it. */
export interface World {
  readonly chain: Chain
  /** Of the chain. */
  readonly endpoint: string
  readonly database: Database
  readonly databaseUrl: string
  readonly store: VoucherStore
  readonly terms: EscrowTerms
  readonly market: SigningKey
  /** Path of the market's key. */
  readonly marketKey: string
  readonly payee: Address
  voucher(cumulative: bigint, by?: PrivateKey): Uint8Array
  take(voucher: Uint8Array, through?: Chain, now?: () => Date): Promise<void>
  paid(): Promise<bigint>
  state(): Promise<EscrowState | undefined>
  /** Whether no claim is under way. */
  settled(): Promise<boolean>
  /** The consumer's message to the escrow. */
  tell(body: Cell): Promise<unknown>
  changeKey(to: PrivateKey): Promise<unknown>
}

/** How a claimer is started otherwise than usual. */
export interface Wish {
  readonly chain?: Chain
  readonly store?: VoucherStore
  readonly now?: () => Date
  readonly threshold?: bigint
  readonly feeThreshold?: bigint
}

type StartChain = (folder: string) => Promise<{ readonly endpoint: string }>

/** Until the test is over. */
export async function openClaimsWorld(startChain: StartChain = startTestChain): Promise<World> {
  const folder = temporaryFolder()
  const { endpoint } = await startChain(folder)
  const chain = openChain({ network: 'local', endpoint })
  const databaseUrl = await createTestDatabase()
  const database = await openDatabase({ url: databaseUrl })
  const marketKey = `${folder}/market.key`
  const [consumer, market, payeeKey] = [newKey(), openKeyFile(marketKey), newKey()]
  const give = [consumer, market].map((key) =>
    internal({ to: walletOf(chain, key).address, value: '3', bounce: false })
  )
  await sendAndWait(chain, readKeyFile(`${folder}/faucet.key`), give)
  const terms: EscrowTerms = {
    consumer: walletOf(chain, consumer).address,
    market: walletOf(chain, market).address,
    ...{ feeShare: 500, delay: 86_400, firstVoucherKey: ed25519PublicBytes(voucherKey), nonce: 1n },
    network: chain.networkId
  }
  const payee = walletOf(chain, payeeKey).address
  const reservations = [{ payee, reserved: TON / 2n }]
  await depositAndReserve(chain, consumer, terms, { deposit: TON, reservations })
  const address = escrowAddress(terms)
  const store = createVoucherStore(database)
  const context = { store, mayLook: () => true, logger: silentLogger, taken: () => {} }
  const tell = async (body: Cell): Promise<void> => {
    const before = await chain.account(address)
    const isSeen = async () => Buffer.compare((await chain.account(address)).data!, before.data!) !== 0
    await sendAndWait(chain, consumer, [internal({ to: address, value: '0.1', body })])
    await expect.poll(isSeen).toBe(true)
    // As the market does every five minutes.
    const seen = await store.readFacts(accountOf(address))
    if (seen !== undefined)
      await store.writeFacts(accountOf(address), await lookUpEscrow(chain, accountOf(address), new Date()))
  }
  return {
    ...{ chain, endpoint, database, databaseUrl, store, terms, market, marketKey, payee },
    voucher: (cumulative, by = voucherKey) =>
      signVoucher(
        { escrow: accountOf(address), payee: accountOf(payee), cumulative, usageRoot: new Uint8Array(32) },
        by
      ),
    take: (voucher, through = chain, now = () => new Date()) =>
      takeVoucher(
        { voucher, covered: [], coveredSignature: new Uint8Array(0) },
        { ...context, now, look: (escrow) => lookUpEscrow(through, escrow, now()) }
      ),
    tell,
    changeKey: (to) => tell(encodeChangeKey(ed25519PublicBytes(to))),
    state: () => readEscrow(chain, address),
    settled: async () => (await store.readOpenClaim(walletOf(chain, market).address.toRawString())) === undefined,
    paid: async () => {
      const state = await readEscrow(chain, address)
      return state?.kind === 'open' ? (state.payees.get(accountOf(payee).toString('hex'))?.paid ?? 0n) : -1n
    }
  }
}

/** A claimer until it is disposed: of another process each time, and with a chain or store that may fail. */
export function startClaimerOf(w: World, wish: Wish = {}): AsyncDisposable {
  const { chain = w.chain, store = w.store, now = () => new Date(), threshold = 1n, feeThreshold = TON } = wish
  const see = async (escrow: Uint8Array): Promise<EscrowFacts> => {
    const facts = await lookUpEscrow(chain, escrow, now())
    await store.writeFacts(escrow, facts)
    return facts
  }
  const { database, market: key } = w
  const context = { database, store, chain, key, see, threshold, feeThreshold, pollMs: 20, bell: createBell() }
  return startClaimer({ ...context, now, logger: silentLogger })
}

/** A claimer's chain or store as it is when the process dies there. */
export const CRASHES: readonly (readonly [string, (w: World) => Wish])[] = [
  ['before the message is stored', (w) => ({ store: { ...w.store, insertClaim: fail } })],
  ['between storing and sending', (w) => ({ chain: { ...w.chain, sendBoc: fail } })],
  [
    'after sending, before it hears',
    (w) => ({ chain: { ...w.chain, sendBoc: async (boc) => w.chain.sendBoc(boc).then(fail) } })
  ],
  ['before what became of it is stored', (w) => ({ store: { ...w.store, settleClaim: fail } })]
]

async function fail(): Promise<never> {
  throw new ContractError('CHAIN_UNAVAILABLE', 'killed')
}
