import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { internal } from '@ton/core'
import { ed25519PublicBytes } from '../../../attestation/crypto.ts'
import { type Chain, openChain } from '../../../contracts/chain.ts'
import { depositAndReserve, type Reservation, readEscrow } from '../../../contracts/escrow/consumer.ts'
import { type EscrowState, reservationsOf } from '../../../contracts/escrow/state.ts'
import { accountOf, DEFAULT_DELAY, type EscrowTerms, escrowAddress } from '../../../contracts/escrow/terms.ts'
import { openKeyFile, readKeyFile as readWalletKey, type SigningKey } from '../../../contracts/key-file.ts'
import { sendAndWait, walletOf } from '../../../contracts/send.ts'
import { readEscrowFile, writeEscrowFile } from '../../client/start.ts'
import { makeKeyFile, readKeyFile } from '../../runtime/key-file.ts'
import { readIfThere } from '../../runtime/stored-files.ts'

/** This machine's money: a consumer with an escrow, a market, and a payee for each host. */
export interface LocalPayment {
  readonly escrowFile: string
  /** What others on this machine should know of it. */
  readonly names: { readonly escrowFile: string; readonly marketWallet: string }
  readonly terms: EscrowTerms
  /** nanoTON of the consumer's, in the escrow. */
  readonly deposit: bigint
  /** nanoTON for each payee. */
  readonly reserved: bigint
  /** Of each host, in order. */
  readonly payees: readonly LocalPayee[]
  readonly marketEnv: Readonly<Record<string, string>>
  readonly hostEnv: (index: number) => Readonly<Record<string, string>>
  /** When the escrow is on chain, with every reservation. */
  readonly ready: Promise<void>
}

export interface LocalPayee {
  readonly key: SigningKey
  /** Account, hex. */
  readonly account: string
}

const TON = 1_000_000_000n
const DEPOSIT = 5n * TON
const RESERVED = TON
const POCKET_MONEY = 10n * TON
/** Of 10,000. */
const FEE_SHARE = 500
const VOUCHER_KEY = 'voucher-key.pem'

/** Wallets and terms, made at first; the local chain's faucet gives the consumer and the market what they start with. */
export async function openLocalPayment(dataFolder: string, endpoint: string, hosts: number): Promise<LocalPayment> {
  const chain = openChain({ network: 'local', endpoint })
  const file = (name: string): string => join(dataFolder, name)
  const [consumer, market] = [openKeyFile(file('consumer.key')), openKeyFile(file('market.key'))]
  const keys = Array.from({ length: hosts }, (_, index) => openKeyFile(file(`host-${index + 1}.key`)))
  const states = await Promise.all(keys.map((_, index) => openStateFolder(dataFolder, `host-${index + 1}`)))
  const escrowFile = file('escrow.json')
  const [consumerWallet, marketWallet] = [walletOf(chain, consumer), walletOf(chain, market)]
  const terms: EscrowTerms = {
    consumer: consumerWallet.address,
    market: marketWallet.address,
    feeShare: FEE_SHARE,
    delay: DEFAULT_DELAY,
    firstVoucherKey: await openFirstKey(escrowFile),
    network: chain.networkId,
    nonce: 1n
  }
  const payees = keys.map((key) => ({ key, account: accountOf(walletOf(chain, key).address).toString('hex') }))
  const reservations = keys.map((key) => ({ payee: walletOf(chain, key).address, reserved: RESERVED }))
  const chainEnv = { TON_NETWORK: 'local', TON_ENDPOINT: endpoint }
  const ready = reserve(chain, { dataFolder, consumer, market, terms, reservations }).then((state) =>
    writeFile(escrowFile, terms, state)
  )
  // Whoever waits for it hears of a failure; until then nobody does.
  ready.catch(() => {})
  return {
    names: { escrowFile, marketWallet: marketWallet.address.toRawString() },
    ...{ escrowFile, terms, payees, ready, deposit: DEPOSIT, reserved: RESERVED },
    // Every answer is worth a claim here, where gas costs nobody anything.
    marketEnv: {
      ...chainEnv,
      BOMBYX_CLAIM_WALLET: file('market.key'),
      BOMBYX_CLAIM_THRESHOLD: '1',
      BOMBYX_FEE_THRESHOLD: '1000000',
      BOMBYX_CLAIM_POLL: '250ms'
    },
    hostEnv: (index) => ({
      BOMBYX_PAYMENT: 'accepted',
      BOMBYX_HOST_STATE: states[index] ?? '',
      ...payeeEnv({ endpoint, payee: `0:${payees[index]?.account}`, market: marketWallet.address.toRawString() })
    })
  }
}

/** Where a host of this name remembers its payers; made on first use. */
export async function openStateFolder(dataFolder: string, name: string): Promise<string> {
  const folder = join(dataFolder, `${name}-state`)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return folder
}

/** Where an agent on this machine looks for its money, and whom escrows must name. Raw addresses. */
export function payeeEnv(at: {
  readonly endpoint: string
  readonly payee: string
  readonly market: string
}): Readonly<Record<string, string>> {
  return {
    TON_NETWORK: 'local',
    TON_ENDPOINT: at.endpoint,
    BOMBYX_PAYEE: at.payee,
    BOMBYX_PAYMENT_MARKET: at.market
  }
}

/** As the escrow file says, whose key may have been changed since; without one, of a key that is made here. */
async function openFirstKey(escrowFile: string): Promise<Uint8Array> {
  if ((await readIfThere(escrowFile)) !== undefined) return (await readEscrowFile(escrowFile)).firstVoucherKey
  const path = join(dirname(escrowFile), VOUCHER_KEY)
  const isMade = (await readIfThere(path)) !== undefined
  return ed25519PublicBytes(isMade ? await readKeyFile(path) : await makeKeyFile(path))
}

interface Opening {
  readonly dataFolder: string
  readonly consumer: SigningKey
  readonly market: SigningKey
  readonly terms: EscrowTerms
  readonly reservations: readonly Reservation[]
}

async function reserve(chain: Chain, opening: Opening): Promise<EscrowState> {
  const { dataFolder, consumer, market, terms, reservations } = opening
  const found = await readEscrow(chain, escrowAddress(terms))
  const missing = reservations.filter(({ payee, reserved }) => {
    const entry = found?.kind === 'open' ? found.payees.get(accountOf(payee).toString('hex')) : undefined
    return (entry?.reserved ?? 0n) < reserved
  })
  if (found !== undefined && missing.length === 0) return found
  const give = [consumer, market].map((key) =>
    internal({ to: walletOf(chain, key).address, value: POCKET_MONEY, bounce: false })
  )
  await sendAndWait(chain, readWalletKey(join(dataFolder, 'chain', 'faucet.key')), give)
  return depositAndReserve(chain, consumer, terms, {
    deposit: found === undefined ? DEPOSIT : RESERVED * 2n * BigInt(missing.length),
    reservations: missing
  })
}

async function writeFile(path: string, terms: EscrowTerms, state: EscrowState): Promise<void> {
  const { feeShare, delay, firstVoucherKey, network, nonce } = terms
  const known = (await readIfThere(path)) === undefined ? undefined : await readEscrowFile(path)
  await writeEscrowFile(path, {
    escrow: accountOf(escrowAddress(terms)),
    consumer: accountOf(terms.consumer),
    market: accountOf(terms.market),
    feeShare,
    delay,
    firstVoucherKey,
    network,
    nonce: String(nonce),
    voucherKeyFile: known?.voucherKeyFile ?? VOUCHER_KEY,
    payees: reservationsOf(state)
  })
}
