import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { internal } from '@ton/core'
import { ed25519PublicBytes, generateEd25519, type PrivateKey, randomBytes } from '../../attestation/crypto.ts'
import { concatBytes, encodeHex, uint8 } from '../../attestation/encoding.ts'
import { parseVoucher, signVoucher } from '../../attestation/receipt/voucher.ts'
import type { Payer } from '../../attestation/session/client-handshake.ts'
import { type Chain, openChain } from '../../contracts/chain.ts'
import { depositAndReserve, sendToEscrow } from '../../contracts/escrow/consumer.ts'
import { encodeChangeKey, encodeClaim } from '../../contracts/escrow/messages.ts'
import type { EscrowState } from '../../contracts/escrow/state.ts'
import { accountOf, type EscrowTerms, escrowAddress } from '../../contracts/escrow/terms.ts'
import { createSigningKey, readKeyFile, type SigningKey } from '../../contracts/key-file.ts'
import { startLocalChain } from '../../contracts/local-chain/start.ts'
import { sendAndWait, walletOf } from '../../contracts/send.ts'

const TON = 1_000_000_000n

/** A local chain with one escrow, of which a host's payee has a reservation. */
export interface PaidEscrow extends AsyncDisposable {
  /** Accounts, 32 bytes. */
  readonly escrow: Uint8Array
  readonly payee: Uint8Array
  readonly voucherKey: PrivateKey
  readonly payer: Payer
  /** Settings of a host that wants to be paid, its state folder among them. */
  readonly hostEnv: Readonly<Record<string, string>>
  readonly voucher: (cumulative: bigint, key?: PrivateKey) => Uint8Array
  /** Brings a voucher to the chain. */
  readonly claim: (voucher: Uint8Array) => Promise<void>
  readonly changeKey: (to: PrivateKey) => Promise<void>
}

/** `reserved` in nanoTON. */
export async function openPaidEscrow(reserved: bigint): Promise<PaidEscrow> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'bombyx-paid-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const state = await mkdtemp(join(tmpdir(), 'bombyx-host-state-'))
  stack.defer(() => rm(state, { recursive: true, force: true }))
  const context = { now: () => new Date(), onFailure: () => {} }
  const listen = { host: '127.0.0.1', port: 0 }
  const local = stack.use(await startLocalChain({ folder, listen, blockIntervalMs: 500 }, context))
  const chain = openChain({ network: 'local', endpoint: local.endpoint })
  const [consumer, market, provider] = [newKey(), newKey(), newKey()]
  const wallets = [consumer, provider].map((key) => walletOf(chain, key).address)
  const give = wallets.map((to) => internal({ to, value: '5', bounce: false }))
  await sendAndWait(chain, readKeyFile(join(folder, 'faucet.key')), give)
  const voucherKey = generateEd25519()
  const terms = termsOf(chain, { consumer, market, voucherKey })
  const payee = walletOf(chain, provider).address
  await depositAndReserve(chain, consumer, terms, { deposit: 2n * TON, reservations: [{ payee, reserved }] })
  const parties = { escrow: accountOf(escrowAddress(terms)), payee: accountOf(payee) }
  const owned = stack.move()
  return {
    ...parties,
    voucherKey,
    payer: { escrow: concatBytes(uint8(0), parties.escrow), voucherKey },
    hostEnv: {
      BOMBYX_PAYMENT: 'required',
      BOMBYX_PAYEE: payee.toRawString(),
      BOMBYX_PAYMENT_MARKET: terms.market.toRawString(),
      BOMBYX_HOST_STATE: state,
      TON_NETWORK: 'local',
      TON_ENDPOINT: local.endpoint
    },
    voucher: (cumulative, key = voucherKey) =>
      signVoucher({ ...parties, cumulative, usageRoot: new Uint8Array(32) }, key),
    async claim(signed) {
      const { cumulative } = parseVoucher(signed)
      const isPaid = (state: EscrowState): boolean =>
        state.kind === 'open' && state.payees.get(encodeHex(parties.payee))?.paid === cumulative
      await sendToEscrow(chain, provider, { to: escrowAddress(terms), body: encodeClaim(signed) }, isPaid)
    },
    async changeKey(to) {
      const order = { to: escrowAddress(terms), body: encodeChangeKey(ed25519PublicBytes(to)) }
      await sendToEscrow(chain, consumer, order, (state) => state.kind === 'open' && state.oldKey !== undefined)
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync()
  }
}

function newKey(): SigningKey {
  return createSigningKey(randomBytes(32))
}

interface Parties {
  readonly consumer: SigningKey
  readonly market: SigningKey
  readonly voucherKey: PrivateKey
}

function termsOf(chain: Chain, { consumer, market, voucherKey }: Parties): EscrowTerms {
  return {
    consumer: walletOf(chain, consumer).address,
    market: walletOf(chain, market).address,
    ...{ feeShare: 500, delay: 86_400, firstVoucherKey: ed25519PublicBytes(voucherKey), nonce: 1n },
    network: chain.networkId
  }
}
