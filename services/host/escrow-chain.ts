import { Address } from '@ton/core'
import { equalBytes } from '../../attestation/crypto.ts'
import { type Chain, openChain } from '../../contracts/chain.ts'
import { ContractError } from '../../contracts/errors.ts'
import { type OpenEscrow, parseEscrow, viewEscrow } from '../../contracts/escrow/state.ts'
import { accountOf, addressOf } from '../../contracts/escrow/terms.ts'
import { type VerifiedAccountState, verifyAccountState } from '../../contracts/state-proof/verify.ts'
import type { ChainSettings } from '../runtime/chain-config.ts'
import { ServiceError } from '../runtime/errors.ts'
import type { EscrowSight } from './payer-account.ts'
import type { PaymentPolicy } from './payments.ts'

export interface EscrowChainConfig extends ChainSettings {
  /** Endpoints of others that must name the same block. */
  readonly witnesses: readonly string[]
}

/**
 * Looks at escrows through endpoints that nobody has to believe alone: the account comes with Merkle proofs from a masterchain
 * block, and that block's hash from the endpoint and from every witness. UNPAID for what is no escrow, or one on other terms.
 */
export function openEscrowChain(config: EscrowChainConfig): {
  readonly networkId: number
  readonly look: (escrow: Uint8Array, policy: PaymentPolicy) => Promise<EscrowSight | 'closed'>
} {
  const { witnesses, ...settings } = config
  const chain = openChain(settings)
  const { network } = settings
  const sources = [chain, ...witnesses.map((endpoint) => openChain({ network, endpoint }))]
  const proofOf = shared((escrow) => prove(addressOf(Buffer.from(escrow, 'hex')), sources))
  return {
    networkId: chain.networkId,
    look: (escrow, policy) =>
      inServiceTerms(async () => readEscrow(await proofOf(Buffer.from(escrow).toString('hex')), policy))
  }
}

/** Whoever asks while the same is being asked gets that answer: a relay may ask as often as it likes. */
export function shared<Answer>(ask: (name: string) => Promise<Answer>): (name: string) => Promise<Answer> {
  const asked = new Map<string, Promise<Answer>>()
  return (name) => {
    const answer = asked.get(name) ?? ask(name).finally(() => asked.delete(name))
    asked.set(name, answer)
    return answer
  }
}

/** The account's state, from a block of which every source names the same hash. */
async function prove(address: Address, sources: readonly Chain[]): Promise<VerifiedAccountState> {
  const [chain] = sources
  if (chain === undefined) throw new TypeError('an endpoint is wanted')
  const answer = await chain.accountProof(address)
  const blocks = await Promise.all(sources.map((source) => source.blockBySeqno(answer.block.seqno)))
  const rootHash = blocks[0]?.rootHash ?? new Uint8Array(0)
  if (blocks.some((block) => !equalBytes(block.rootHash, rootHash))) {
    throw new ServiceError('UNAVAILABLE', `the endpoints name two blocks of number ${answer.block.seqno}`)
  }
  return verifyAccountState(address, { rootHash, networkId: chain.networkId }, answer)
}

function readEscrow(
  { address, account, block, shardBlock }: VerifiedAccountState,
  policy: PaymentPolicy
): EscrowSight | 'closed' {
  const { code, data } = account ?? {}
  if (code === undefined || data === undefined) throw new ServiceError('UNPAID', 'no escrow is there')
  const state = parseEscrow(address, { code, data })
  if (state.kind === 'closed') return 'closed'
  checkTerms(state, policy)
  return sightOf(state, policy, Math.min(block.genUtime, shardBlock.genUtime))
}

async function inServiceTerms<Result>(step: () => Promise<Result>): Promise<Result> {
  try {
    return await step()
  } catch (cause) {
    if (!(cause instanceof ContractError)) throw cause
    const code = cause.kind === 'unavailable' ? 'UNAVAILABLE' : 'UNPAID'
    throw new ServiceError(code, `${cause.code}: ${cause.message}`, { cause })
  }
}

/** The account of an address in any of TON's forms. Throws for one that is not of the basechain. */
export function readAccount(text: string): Uint8Array {
  return accountOf(Address.parse(text))
}

function checkTerms({ terms }: OpenEscrow, { market, feeShare, minDelay, network }: PaymentPolicy): void {
  const rules: readonly (readonly [boolean, string])[] = [
    [terms.network !== network, `it is of network ${terms.network}`],
    [!equalBytes(accountOf(terms.market), market), 'it names another market'],
    [terms.feeShare > feeShare, `it pays a fee of ${terms.feeShare} of 10,000`],
    [terms.delay < minDelay, `it can be closed after ${terms.delay} s`]
  ]
  const broken = rules.find(([isBroken]) => isBroken)
  if (broken !== undefined) throw new ServiceError('UNPAID', `the escrow does not do: ${broken[1]}`)
}

function sightOf(state: OpenEscrow, { payee }: PaymentPolicy, checkedAt: number): EscrowSight {
  const entry = state.payees.get(Buffer.from(payee).toString('hex'))
  return {
    checkedAt,
    paid: entry?.paid ?? 0n,
    voucherKeys: [state.voucherKey, ...(state.oldKey === undefined ? [] : [state.oldKey.key])],
    view: (voucherKey) => viewEscrow(state, addressOf(payee), { checkedAt, voucherKey })
  }
}
