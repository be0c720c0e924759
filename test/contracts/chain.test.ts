import { generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Address, beginCell, Cell, external, internal, loadMessage, storeMessage } from '@ton/core'
import { WalletContractV5R1 } from '@ton/ton'
import { afterEach, describe, expect, test } from 'vitest'
import { openChain } from '../../contracts/chain.ts'
import { normalizedMessageHash } from '../../contracts/message.ts'
import { createWallet } from '../../contracts/wallet.ts'
import { endlessDictionary } from './endless-dictionary.ts'

const ACCOUNT = Address.parseRaw(`0:${'ab'.repeat(32)}`)
const HASH = Buffer.alloc(32, 7).toString('base64')
const BLOCK = { workchain: -1, shard: '-9223372036854775808', seqno: 5, root_hash: HASH, file_hash: HASH }
const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

/** Requests that endpoints of this test got. */
const asked: string[] = []

/** An endpoint that gives one answer to everything, or an answer a method. */
async function endpoint(status: number, body: unknown | Readonly<Record<string, unknown>>, byMethod = false) {
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const part of request) text += part
    asked.push(text)
    const method: string = text === '' ? '' : JSON.parse(text).method
    const answer = byMethod ? { ok: true, result: (body as Record<string, unknown>)[method] } : body
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer))
  })
  servers.push(server.listen(0, '127.0.0.1'))
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v2/jsonRPC`
}

describe('an endpoint', () => {
  test.each([
    ['that is down', 502, 'bad gateway', 'CHAIN_UNAVAILABLE'],
    ['that limits requests', 429, { ok: false, error: 'Ratelimit exceed', code: 429 }, 'CHAIN_UNAVAILABLE'],
    ['that answers no JSON', 200, '<html>', 'CHAIN_MALFORMED'],
    ['that answers without a result', 200, { ok: true }, 'CHAIN_MALFORMED'],
    ['that answers a result of another shape', 200, { ok: true, result: [] }, 'CHAIN_MALFORMED'],
    [
      'that answers with a short hash',
      200,
      { ok: true, result: { last: { ...BLOCK, root_hash: 'AA==' } } },
      'CHAIN_MALFORMED'
    ],
    [
      'whose newest block is of the basechain',
      200,
      { ok: true, result: { last: { ...BLOCK, workchain: 0 } } },
      'CHAIN_MALFORMED'
    ],
    ['with a block number below 0', 200, { ok: true, result: { last: { ...BLOCK, seqno: -1 } } }, 'CHAIN_MALFORMED'],
    ['with one over 32 bits', 200, { ok: true, result: { last: { ...BLOCK, seqno: 2 ** 32 } } }, 'CHAIN_MALFORMED'],
    ['that wants a key', 401, { ok: false, error: 'API key does not exist', code: 401 }, 'CHAIN_REFUSED'],
    ['that answers without end', 200, `"${'x'.repeat(17 * 1024 * 1024)}"`, 'CHAIN_MALFORMED']
  ])('%s is told apart: %i', async (_, status, body, code) => {
    const chain = openChain({ network: 'testnet', endpoint: await endpoint(status, body) })
    await expect(chain.latestBlock()).rejects.toMatchObject({ code })
  })

  test('is asked for no more transactions than toncenter gives, with the one they are before', async () => {
    const chain = openChain({ network: 'testnet', endpoint: await endpoint(200, { ok: true, result: [] }) })
    for (const page of [{ limit: 1000 }, { limit: 100, before: { lt: 1n, hash: Buffer.alloc(32) } }]) {
      await chain.transactions(ACCOUNT, page)
      expect(JSON.parse(asked.at(-1) ?? '')).toMatchObject({ params: { limit: 100 } })
    }
  })

  test('that nobody listens at is unavailable', async () => {
    const chain = openChain({ network: 'testnet', endpoint: 'http://127.0.0.1:9/api/v2/jsonRPC' })
    await expect(chain.latestBlock()).rejects.toMatchObject({ code: 'CHAIN_UNAVAILABLE' })
  })

  test('that does not answer in time is unavailable', async () => {
    const server = createServer(() => undefined)
    servers.push(server.listen(0, '127.0.0.1'))
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const chain = openChain({ network: 'testnet', endpoint: url, timeoutMs: 50 })
    await expect(chain.account(ACCOUNT)).rejects.toMatchObject({ code: 'CHAIN_UNAVAILABLE' })
  })

  test('of another network is refused, whatever it says', async () => {
    const answers = { getMasterchainInfo: { last: BLOCK }, getBlockHeader: { global_id: -239, gen_utime: 1 } }
    const chain = openChain({ network: 'testnet', endpoint: await endpoint(200, answers, true) })
    await expect(chain.latestBlock()).rejects.toMatchObject({ code: 'CHAIN_NETWORK_MISMATCH' })
  })

  test.each([-1, 2 ** 32, 1.5])('whose block is of the second %d is malformed', async (gen_utime) => {
    const answers = { getMasterchainInfo: { last: BLOCK }, getBlockHeader: { global_id: -3, gen_utime } }
    const chain = openChain({ network: 'testnet', endpoint: await endpoint(200, answers, true) })
    await expect(chain.latestBlock()).rejects.toMatchObject({ code: 'CHAIN_MALFORMED' })
  })

  test('whose newest block is of the future is malformed', async () => {
    const newest = async (gen_utime: number) => {
      const answers = { getMasterchainInfo: { last: BLOCK }, getBlockHeader: { global_id: -3, gen_utime } }
      return openChain({ network: 'testnet', endpoint: await endpoint(200, answers, true) }).latestBlock()
    }
    const now = Math.floor(Date.now() / 1000)
    await expect(newest(now + 1000)).rejects.toMatchObject({ code: 'CHAIN_MALFORMED' })
    expect(await newest(now + 800)).toMatchObject({ genUtime: now + 800 })
  })

  test('that finds another block than the one asked for is malformed', async () => {
    const answers = { lookupBlock: BLOCK, getBlockHeader: { global_id: -3, gen_utime: 1 } }
    const chain = openChain({ network: 'testnet', endpoint: await endpoint(200, answers, true) })
    await expect(chain.blockBySeqno(6)).rejects.toMatchObject({ code: 'CHAIN_MALFORMED' })
    expect(await chain.blockBySeqno(5)).toMatchObject({ seqno: 5, genUtime: 1, rootHash: Buffer.alloc(32, 7) })
  })

  test.each([
    ['without its bytes', {}],
    ['that is none', { data: Cell.EMPTY.toBoc().toString('base64') }],
    ['that unfolds without end', { data: endlessDictionary(32, 31).toBoc().toString('base64') }]
  ])('with a transaction %s is malformed', async (_, transaction) => {
    const chain = openChain({ network: 'testnet', endpoint: await endpoint(200, { ok: true, result: [transaction] }) })
    await expect(chain.transactions(ACCOUNT)).rejects.toMatchObject({ code: 'CHAIN_MALFORMED' })
  })

  test('that says a message was not accepted refuses the message, not the service', async () => {
    const error =
      'LITE_SERVER_UNKNOWN: cannot apply external message to current state : External message was not accepted'
    const chain = openChain({ network: 'testnet', endpoint: await endpoint(500, { ok: false, error, code: 500 }) })
    await expect(chain.sendBoc(Buffer.alloc(4))).rejects.toMatchObject({ code: 'MESSAGE_REFUSED', kind: 'refused' })
  })

  test('whose get method fails says with which exit code', async () => {
    const result = { gas_used: 1, exit_code: 11, stack: [] }
    const chain = openChain({ network: 'testnet', endpoint: await endpoint(200, { ok: true, result }) })
    await expect(chain.getMethod(ACCOUNT, 'seqno')).rejects.toMatchObject({
      code: 'GET_METHOD_FAILED',
      message: expect.stringContaining('11')
    })
  })
})

test("an endpoint's key goes to that endpoint alone", async () => {
  const seen: string[] = []
  const server = createServer((request, response) => {
    seen.push(JSON.stringify(request.headers))
    response.end('{}')
  })
  servers.push(server.listen(0, '127.0.0.1'))
  await once(server, 'listening')
  const proofEndpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const keys = { apiKey: 'the-first-key', proofApiKey: 'the-second-key' }
  const config = { network: 'testnet', endpoint: 'http://127.0.0.1:9/', proofEndpoint } as const
  await expect(openChain({ ...config, ...keys }).accountProof(ACCOUNT)).rejects.toMatchObject({
    code: 'CHAIN_MALFORMED'
  })
  await expect(openChain({ ...config, apiKey: keys.apiKey }).accountProof(ACCOUNT)).rejects.toThrow()
  expect(seen[0]).toContain(keys.proofApiKey)
  expect(seen[1]).not.toContain('authorization')
  expect(seen.join()).not.toContain(keys.apiKey)
})

test('a message keeps its normalised hash whatever is changed of its form, and loses it with its body', () => {
  const body = beginCell().storeUint(5, 32).endCell()
  const init = { code: Cell.EMPTY, data: Cell.EMPTY }
  const hashOf = (message: Parameters<typeof storeMessage>[0], forceRef = false): string | undefined => {
    const cell = beginCell().store(storeMessage(message, { forceRef })).endCell()
    const hash = normalizedMessageHash(loadMessage(cell.beginParse()))
    return hash && Buffer.from(hash).toString('hex')
  }
  const plain = hashOf(external({ to: ACCOUNT, body }))
  expect(plain).toHaveLength(64)
  expect(hashOf(external({ to: ACCOUNT, body }), true)).toBe(plain)
  expect(hashOf(external({ to: ACCOUNT, body, init }))).toBe(plain)
  const paid = external({ to: ACCOUNT, body })
  expect(hashOf({ ...paid, info: { ...paid.info, importFee: 7n } as typeof paid.info })).toBe(plain)
  expect(hashOf(external({ to: ACCOUNT, body: Cell.EMPTY }))).not.toBe(plain)
  expect(hashOf(internalMessage())).toBeUndefined()
})

function internalMessage(): Parameters<typeof storeMessage>[0] {
  const info = {
    type: 'internal',
    ihrDisabled: true,
    bounce: true,
    bounced: false,
    src: ACCOUNT,
    dest: ACCOUNT
  } as const
  return {
    info: { ...info, value: { coins: 1n }, ihrFee: 0n, forwardFee: 0n, createdAt: 0, createdLt: 0n },
    body: Cell.EMPTY
  }
}

test("a wallet's address and transfers are those of @ton/ton's wallet v5r1, byte for byte", () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
  const seed = Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url')
  const places = [-239, -3, -4242].flatMap((networkId) =>
    [0, 1, 32_767].map((subwallet) => [networkId, subwallet] as const)
  )
  for (const [networkId, subwallet] of places) {
    const wallet = createWallet({ publicKey: raw, networkId, subwallet, sign: (hash) => sign(null, hash, privateKey) })
    const context = { workchain: 0, walletVersion: 'v5r1', subwalletNumber: subwallet } as const
    const theirs = WalletContractV5R1.create({ publicKey: raw, walletId: { networkGlobalId: networkId, context } })
    expect(wallet.address.equals(theirs.address)).toBe(true)
    const messages = [internal({ to: ACCOUNT, value: '1.5', body: 'hello', bounce: false })]
    const order = { seqno: 3, timeout: 1_900_000_000, messages, sendMode: 3 }
    const body = theirs.createTransfer({ ...order, secretKey: Buffer.concat([seed, raw]) })
    const sent = Cell.fromBoc(Buffer.from(wallet.transfer({ seqno: 3, validUntil: 1_900_000_000, messages })))[0]!
    expect(loadMessage(sent.beginParse()).body.hash()).toEqual(body.hash())
  }
})
