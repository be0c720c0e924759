import { request } from 'node:http'
import { Address, beginCell, Cell, external, storeMessage } from '@ton/core'
import { describe, expect, test } from 'vitest'
import { startChainServer } from '../../../contracts/local-chain/server.ts'
import { encodeBoc } from '../../../contracts/state-proof/boc.ts'
import { startTestChain } from './world.ts'

interface Answer {
  readonly status: number
  readonly body: { readonly ok: boolean; readonly error?: string; readonly result?: unknown }
}

/** One request with any headers, which fetch would not let one set. */
function ask(endpoint: string, body: string, headers: Record<string, string> = {}, method = 'POST'): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const sent = request(endpoint, { method, headers }, async (response) => {
    let text = ''
    for await (const part of response) text += part
    resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) })
  })
  sent.on('error', reject)
  sent.end(body)
  return promise
}

const call = (method: string, params?: unknown): string => JSON.stringify({ id: '1', jsonrpc: '2.0', method, params })
const boc = (bytes: Uint8Array): { readonly boc: string } => ({ boc: Buffer.from(bytes).toString('base64') })
const messageTo = (workchain: number) => {
  const to = new Address(workchain, Buffer.alloc(32, 1))
  return beginCell()
    .store(storeMessage(external({ to, body: Cell.EMPTY })))
    .endCell()
}

/** As deep as asked, a chain of cells. */
function deep(depth: number): Cell {
  let cell = beginCell().endCell()
  for (let at = 0; at < depth; at += 1) cell = beginCell().storeRef(cell).endCell()
  return cell
}

describe('the server refuses, and goes on serving', () => {
  test.each<[string, string, Record<string, string>, number]>([
    ['what is no JSON', '{', {}, 422],
    ['what names no method', '{}', {}, 422],
    ['a method that there is not', call('getConfigParam', {}), {}, 404],
    ['a method by the name of a property', call('__proto__'), {}, 404],
    ['parameters that are a list', call('lookupBlock', []), {}, 422],
    ['an address that is none', call('getAddressInformation', { address: 'me' }), {}, 422],
    ['an address that is missing', call('getAddressInformation'), {}, 422],
    ['a page that is too long', call('getTransactions', { address: '0:'.padEnd(66, '0'), limit: 1000 }), {}, 422],
    [
      'a block of the future',
      call('lookupBlock', { workchain: -1, shard: '-9223372036854775808', seqno: 99 }),
      {},
      500
    ],
    [
      'a shard that there is not',
      call('lookupBlock', { workchain: 0, shard: '4611686018427387904', seqno: 1 }),
      {},
      500
    ],
    ['a header with another hash', call('getBlockHeader', { workchain: -1, seqno: 1, root_hash: 'AAAA' }), {}, 500],
    ['shards of a block of the future', call('shards', { seqno: 99 }), {}, 422],
    [
      'a stack item of another kind',
      call('runGetMethod', { address: '0:'.padEnd(66, '0'), method: 'x', stack: [['tvm.Tuple', '']] }),
      {},
      422
    ],
    [
      'a number over 257 bits',
      call('runGetMethod', { address: '0:'.padEnd(66, '0'), method: 'x', stack: [['num', '9'.repeat(78)]] }),
      {},
      422
    ],
    ['a message that is no base64', call('sendBoc', { boc: '!' }), {}, 422],
    ['a message that is no bag of cells', call('sendBoc', boc(Buffer.alloc(64, 7))), {}, 500],
    ['a message over 64 KiB', call('sendBoc', boc(Buffer.alloc(70_000, 1))), {}, 500],
    ['a message of two roots', call('sendBoc', boc(encodeBoc([messageTo(0), deep(1)]))), {}, 500],
    ['a message to the masterchain', call('sendBoc', boc(messageTo(-1).toBoc())), {}, 500],
    [
      'a message that is 600 deep',
      call('sendBoc', boc(beginCell().storeBits(messageTo(0).bits).storeRef(deep(600)).endCell().toBoc())),
      {},
      500
    ],
    ['a cell that is no message', call('sendBoc', boc(deep(3).toBoc())), {}, 500],
    ['a request over 128 KiB', call('sendBoc', { boc: 'A'.repeat(140_000) }), {}, 413],
    ['a request that a web page sent', call('getMasterchainInfo'), { origin: 'https://example.org' }, 403],
    ['a request by a name that points here', call('getMasterchainInfo'), { host: 'rebound.example.org' }, 403]
  ])('%s', async (_, body, headers, status) => {
    const { endpoint } = await startTestChain()
    const answer = await ask(endpoint, body, headers)
    expect(answer).toMatchObject({ status, body: { ok: false, error: expect.any(String) } })
    expect(await ask(endpoint, call('getMasterchainInfo'))).toMatchObject({ status: 200, body: { ok: true } })
  })

  test.each([
    ['/v2/liteserver/get_account_state/nobody', 422],
    [`/v2/liteserver/get_account_state/-1:${'55'.repeat(32)}`, 422],
    [`/v2/liteserver/get_account_state/0:${'55'.repeat(32)}?target_block=(1)`, 422],
    [
      `/v2/liteserver/get_account_state/0:${'55'.repeat(32)}?target_block=(-1,8000000000000000,1,${'0'.repeat(64)},${'0'.repeat(64)})`,
      500
    ],
    [`/v2/liteserver/get_block/(-1,8000000000000000,1,${'0'.repeat(64)},${'0'.repeat(64)})`, 500],
    ['/v2/liteserver/get_account_state/%E0%A4%A', 422],
    ['/v2/liteserver/get_block/%ff', 422],
    ['/v2/liteserver/get_state/x', 404],
    ['/', 404]
  ])('%s', async (path, status) => {
    const { endpoint } = await startTestChain()
    expect(await ask(new URL(path, endpoint).href, '', {}, 'GET')).toMatchObject({ status, body: { ok: false } })
  })

  test('to listen anywhere but on loopback', async () => {
    const { chain } = await startTestChain()
    for (const host of ['0.0.0.0', '::', '10.0.0.1', 'localhost.example.org']) {
      await expect(startChainServer(chain, { host, port: 0 })).rejects.toThrow('loopback')
    }
  })
})

test('a whole block is given by its name, and only by its name', async () => {
  const { endpoint, chain } = await startTestChain()
  const { seqno, rootHash, fileHash } = chain.tip.master
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
  const name = `(-1,8000000000000000,${seqno},${hex(rootHash)},${hex(fileHash)})`
  const response = await fetch(new URL(`/v2/liteserver/get_block/${encodeURIComponent(name)}`, endpoint))
  const { data } = (await response.json()) as { data: string }
  expect(Cell.fromBoc(Buffer.from(data, 'hex'))[0]!.hash()).toEqual(Buffer.from(rootHash))
})
