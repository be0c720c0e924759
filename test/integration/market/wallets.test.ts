import { generateKeyPairSync, sign } from 'node:crypto'
import { beginCell, storeStateInit } from '@ton/core'
import { WalletContractV4 } from '@ton/ton'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { proofDigest } from '../../../contracts/ton-proof.ts'
import type { MarketClient } from '../../../proto/gen/bombyx/v1/Market.ts'
import { callUnary } from '../../../services/runtime/grpc-client.ts'
import { startWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

/** A wallet that answers a market's challenge, as TON Connect has it. */
function newWallet() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
  const { address, init } = WalletContractV4.create({ workchain: 0, publicKey: raw })
  const prove = async (market: MarketClient) => {
    const { payload, domain } = await callUnary(market, 'CreateLogin', {})
    const said = { domain, payload, timestamp: Math.floor(Date.now() / 1000) }
    return {
      ...{ ...said, address: address.toRawString(), signature: sign(null, proofDigest(address, said), privateKey) },
      stateInit: beginCell().store(storeStateInit(init)).endCell().toBoc()
    }
  }
  return { address: address.toRawString(), prove }
}

it('a wallet that a provider proved is where it is paid, and logs it in', async () => {
  const wallet = newWallet()
  const { market, registry } = await world.provider('paid')
  const { id } = await world.enrol(registry)
  expect(await callUnary(market, 'Login', await wallet.prove(market))).toMatchObject({ provider: 'paid' })
  const nobody = await world.as()
  const { token } = await callUnary(nobody, 'Login', await wallet.prove(nobody))
  const { supplies } = await callUnary(await world.as(token), 'ListSupplies', {})
  expect(supplies).toMatchObject([{ provider: 'paid', hostId: id, wallet: wallet.address }])
})

it('a proof is good once', async () => {
  const wallet = newWallet()
  const { market } = await world.provider('once')
  const proof = await wallet.prove(market)
  await callUnary(market, 'Login', proof)
  await expect(callUnary(market, 'Login', proof)).rejects.toMatchObject({ code: 'WALLET_PROOF_INVALID' })
})

it('a payload that was not given here, or a signature over another, is none', async () => {
  const wallet = newWallet()
  const { market } = await world.provider('forged')
  const [one, other] = [await wallet.prove(market), await wallet.prove(market)]
  const made = { ...one, signature: other.signature }
  await expect(callUnary(market, 'Login', made)).rejects.toMatchObject({ code: 'WALLET_PROOF_INVALID' })
  // A proof that fails spends nothing.
  await expect(callUnary(market, 'Login', one)).resolves.toMatchObject({ provider: 'forged' })
})

it('a wallet is one provider’s, and logs nobody else in', async () => {
  const wallet = newWallet()
  const [first, second] = [await world.provider('first'), await world.provider('second')]
  await callUnary(first.market, 'Login', await wallet.prove(first.market))
  await expect(callUnary(second.market, 'Login', await wallet.prove(second.market))).rejects.toMatchObject({
    code: 'WALLET_PROOF_INVALID'
  })
  const nobody = await world.as()
  await expect(callUnary(nobody, 'Login', await newWallet().prove(nobody))).rejects.toMatchObject({
    code: 'WALLET_UNKNOWN'
  })
})
