import { Address, beginCell, Cell, convertToMerkleProof, loadShardStateUnsplit } from '@ton/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openChain } from '../../../contracts/chain.ts'
import { ContractError } from '../../../contracts/errors.ts'
import { encodeBoc, parseBoc } from '../../../contracts/state-proof/boc.ts'
import type { AccountProof } from '../../../contracts/state-proof/fetch.ts'
import { verifyAccountState } from '../../../contracts/state-proof/verify.ts'
import { endlessDictionary } from '../endless-dictionary.ts'
import { addressOf, faucetPayment, startTestChain } from '../local-chain/world.ts'
import mainnet from './mainnet-account.json' with { type: 'json' }

const NETWORK = -4242

/** A chain with some accounts, and what its lite server says of one. */
async function proven(address?: Address) {
  const { endpoint, chain } = await startTestChain()
  for (let seqno = 0; seqno < 12; seqno += 1) await chain.send(faucetPayment(chain, seqno, addressOf(`p${seqno}`)))
  const services = openChain({ network: 'local', endpoint })
  const answer = await services.accountProof(address ?? chain.faucet.address)
  const { rootHash } = await services.latestBlock()
  return { chain, services, answer, trusted: { rootHash, networkId: NETWORK } }
}

test('an account is proven from the hash of the newest masterchain block', async () => {
  const { chain, answer, trusted } = await proven()
  const state = verifyAccountState(chain.faucet.address, trusted, answer)
  expect(state).toMatchObject({
    level: 'merkle',
    block: { seqno: chain.tip.master.seqno, genUtime: chain.tip.master.genUtime },
    account: { status: 'active', codeHash: chain.faucet.init.code.hash() }
  })
  expect(state.account!.data!.beginParse().skip(1).loadUint(32)).toBe(12)
  expect(state.account!.balance).toBeLessThan(10n ** 15n - 12n * 10n ** 9n)
})

test('each of many accounts is proven, one without code too', async () => {
  const { services, trusted } = await proven()
  for (let index = 0; index < 12; index += 1) {
    const answer = await services.accountProof(addressOf(`p${index}`))
    const { account } = verifyAccountState(addressOf(`p${index}`), trusted, answer)
    expect(account).toMatchObject({ status: 'uninitialized', balance: 10n ** 9n })
  }
})

test('that there is no account is proven as well', async () => {
  const { answer, trusted } = await proven(addressOf('nobody'))
  expect(answer.state).toHaveLength(0)
  expect(verifyAccountState(addressOf('nobody'), trusted, answer).account).toBeUndefined()
})

test.each(['that there is', 'that there is no'])(
  "%s account of the masterchain is not proven by a shard's block",
  async (what) => {
    const { chain, answer } = await proven(what === 'that there is' ? undefined : addressOf('nobody'))
    const { hash } = what === 'that there is' ? chain.faucet.address : addressOf('nobody')
    const trusted = { rootHash: answer.shardBlock.rootHash, networkId: NETWORK }
    expect(() => verifyAccountState(new Address(-1, hash), trusted, answer)).toThrow(
      expect.objectContaining({ code: 'STATE_PROOF_INVALID' })
    )
  }
)

test('an account is proven at an earlier block, as it was then', async () => {
  const { chain, services, answer, trusted } = await proven()
  await chain.send(faucetPayment(chain, 12, addressOf('later')))
  const then = await services.accountProof(chain.faucet.address, answer.block)
  expect(then).toEqual(answer)
  const state = verifyAccountState(chain.faucet.address, trusted, then)
  expect(state.account!.data!.beginParse().skip(1).loadUint(32)).toBe(12)
})

test("@ton/core reads the proven state's accounts, however many there are", async () => {
  const { chain, answer } = await proven()
  const [, stateProof] = Cell.fromBoc(Buffer.from(answer.proof))
  const state = loadShardStateUnsplit(stateProof!.refs[0]!.beginParse())
  expect(state).toMatchObject({ globalId: NETWORK, shardId: { workchainId: 0, shardPrefixBits: 0 } })
  expect(state.accounts?.get(BigInt(`0x${chain.faucet.address.hash.toString('hex')}`))).toMatchObject({
    depthBalanceInfo: { splitDepth: 0 }
  })
})

describe('a proof is refused', () => {
  type Change = (answer: AccountProof) => Partial<AccountProof>
  const swapped = (boc: Uint8Array): Buffer => encodeBoc([...Cell.fromBoc(Buffer.from(boc))].reverse())
  const first = (boc: Uint8Array): Buffer => encodeBoc(Cell.fromBoc(Buffer.from(boc)).slice(0, 1))
  const flipped = (boc: Uint8Array): Buffer => {
    const bytes = Buffer.from(boc)
    bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1
    return bytes
  }
  test.each<[string, Change, string]>([
    ['that is empty', () => ({ proof: Buffer.alloc(0) }), 'BOC_MALFORMED'],
    ['that is no bag of cells', () => ({ proof: Buffer.alloc(100, 1) }), 'BOC_MALFORMED'],
    ['with bytes behind it', (a) => ({ proof: Buffer.concat([a.proof, Buffer.alloc(1)]) }), 'BOC_MALFORMED'],
    ['that is cut', (a) => ({ shardProof: a.shardProof.subarray(0, -1) }), 'BOC_MALFORMED'],
    ['that is over half a mebibyte', () => ({ proof: Buffer.alloc(600_000) }), 'BOC_MALFORMED'],
    ['without its state', (a) => ({ proof: first(a.proof) }), 'STATE_PROOF_MALFORMED'],
    ['whose halves are swapped', (a) => ({ proof: swapped(a.proof) }), 'STATE_PROOF_INVALID'],
    ["whose shard's half is the masterchain's", (a) => ({ proof: a.shardProof }), 'STATE_PROOF_INVALID'],
    ["whose masterchain's half is the shard's", (a) => ({ shardProof: a.proof }), 'STATE_PROOF_INVALID'],
    ['without any state of the account', () => ({ state: new Uint8Array() }), 'BOC_MALFORMED'],
    ['with a flipped bit in the state', (a) => ({ state: flipped(a.state) }), 'BOC_MALFORMED'],
    [
      'whose state is another account',
      () => ({ state: beginCell().storeBit(0).endCell().toBoc() }),
      'STATE_PROOF_INVALID'
    ],
    [
      'whose state is pruned',
      (a) => ({ state: encodeBoc([prunedLike(Cell.fromBoc(Buffer.from(a.state))[0]!)]) }),
      'STATE_PROOF_MALFORMED'
    ],
    [
      'whose state is a Merkle proof of it',
      (a) => ({ state: encodeBoc([convertToMerkleProof(Cell.fromBoc(Buffer.from(a.state))[0]!)]) }),
      'STATE_PROOF_INVALID'
    ]
  ])('%s', async (_, change, code) => {
    const { chain, answer, trusted } = await proven()
    const changed = { ...answer, ...change(answer) }
    expect(() => verifyAccountState(chain.faucet.address, trusted, changed)).toThrow(expect.objectContaining({ code }))
  })

  test('from another block, for another account, of another network, and with a state where there is none', async () => {
    const { chain, services, answer, trusted } = await proven()
    const { address } = chain.faucet
    const verify =
      (wanted: Address, change: object, proof = answer) =>
      () =>
        verifyAccountState(wanted, { ...trusted, ...change }, proof)
    const refused = expect.objectContaining({ code: 'STATE_PROOF_INVALID' })
    expect(verify(address, { rootHash: Buffer.alloc(32) })).toThrow(refused)
    expect(verify(address, { networkId: -239 })).toThrow(refused)
    await chain.send(faucetPayment(chain, 12, addressOf('later')))
    const later = await services.latestBlock()
    expect(verify(address, { rootHash: later.rootHash })).toThrow(refused)
    const nobody = await services.accountProof(addressOf('nobody'), answer.block)
    expect(verify(addressOf('nobody'), {}, { ...nobody, state: answer.state })).toThrow(refused)
    // The way to one account ends, for most others, at a pruned node: it says nothing of them.
    const other = verify(addressOf('p3'), {})
    expect(other).toThrow(expect.objectContaining({ kind: expect.stringMatching(/input|refused/) }))
  })
})

describe("a lite server's answer of mainnet", () => {
  const fromHex = (text: string): Buffer => Buffer.from(text, 'hex')
  const idOf = ({ workchain, shard, seqno, root_hash, file_hash }: typeof mainnet.id) => ({
    ...{ workchain, seqno, shard: BigInt.asIntN(64, BigInt(`0x${shard}`)) },
    ...{ rootHash: fromHex(root_hash), fileHash: fromHex(file_hash) }
  })
  const address = Address.parse('EQBlqsm144Dq6SjbPI4jjZvA1hqTIP3CvHovbIfW_t-SCALE')
  const trusted = { rootHash: fromHex(mainnet.id.root_hash), networkId: -239 }
  const answer: AccountProof = {
    block: idOf(mainnet.id),
    shardBlock: idOf(mainnet.shardblk),
    shardProof: fromHex(mainnet.shard_proof),
    proof: fromHex(mainnet.proof),
    state: fromHex(mainnet.state)
  }

  test('is proven by the same verifier: a split shard, a dictionary of millions', () => {
    expect(verifyAccountState(address, trusted, answer)).toMatchObject({
      block: { seqno: 48_996_197, genUtime: 1_750_325_386 },
      shardBlock: { seqno: 54_212_285, rootHash: fromHex(mainnet.shardblk.root_hash) },
      account: {
        status: 'active',
        balance: 5_273_094_811n,
        codeHash: fromHex('c81828dcd4df2a3a7516762c154dd973b92a26408db3bc143c7adda0576a9d6c'),
        lastTransaction: { lt: 57_855_797_000_001n }
      }
    })
  })

  test('proves nothing of an account of another shard, nor of another block', () => {
    const elsewhere = new Address(0, Buffer.alloc(32, 0xee))
    const refused = (code: string) => expect.objectContaining({ code })
    expect(() => verifyAccountState(elsewhere, trusted, answer)).toThrow(refused('STATE_PROOF_MALFORMED'))
    const shard = { ...trusted, rootHash: fromHex(mainnet.shardblk.root_hash) }
    expect(() => verifyAccountState(address, shard, answer)).toThrow(refused('STATE_PROOF_INVALID'))
    expect(() => verifyAccountState(address, { ...trusted, networkId: -3 }, answer)).toThrow(
      refused('STATE_PROOF_INVALID')
    )
  })

  test('is refused, or says the same, whatever bit of it is another', () => {
    const whole = JSON.stringify(verifyAccountState(address, trusted, answer).account?.lastTransaction.hash)
    const part = fc.constantFrom('shardProof' as const, 'proof' as const, 'state' as const)
    fc.assert(
      fc.property(part, fc.nat(1_000_000), fc.nat(7), (name, at, bit) => {
        const bytes = Buffer.from(answer[name])
        const index = at % bytes.length
        bytes[index] = (bytes[index] ?? 0) ^ (1 << bit)
        try {
          const { account } = verifyAccountState(address, trusted, { ...answer, [name]: bytes })
          expect(JSON.stringify(account?.lastTransaction.hash)).toBe(whole)
          expect(account).toMatchObject({ balance: 5_273_094_811n })
        } catch (error) {
          expect(error).toBeInstanceOf(ContractError)
        }
      }),
      { numRuns: 300 }
    )
  })

  test('is read out of random bytes in bounded time, by code', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const boc = Buffer.concat([fromHex('b5ee9c72'), bytes])
        expect(() => verifyAccountState(address, trusted, { ...answer, proof: boc })).toThrow(ContractError)
      }),
      { numRuns: 300 }
    )
  })
})

test('a bag of cells is read with the roots that it was written with', () => {
  const cells = [beginCell().storeUint(5, 7).endCell(), beginCell().storeBit(1).storeRef(Cell.EMPTY).endCell()]
  const boc = encodeBoc(cells)
  expect(parseBoc(boc, { bytes: 1000, cells: 10 }).map((cell) => cell.hash())).toEqual(cells.map((cell) => cell.hash()))
  expect(() => parseBoc(boc, { bytes: 1000, cells: 2 })).toThrow(expect.objectContaining({ code: 'BOC_MALFORMED' }))
})

test('a bag of a few cells that unfold without end is refused', () => {
  const boc = endlessDictionary(32, 31).toBoc()
  expect(() => parseBoc(boc, { bytes: 1000, cells: 64 })).toThrow(expect.objectContaining({ code: 'BOC_MALFORMED' }))
})

function prunedLike(cell: Cell): Cell {
  const pruned = beginCell().storeUint(0x0101, 16).storeBuffer(cell.hash()).storeUint(cell.depth(), 16)
  return pruned.endCell({ exotic: true })
}
