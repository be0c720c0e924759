import { describe, expect, test } from 'vitest'
import { generateEd25519, randomBytes, sha256 } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import type { ReceiptFields } from '../../../attestation/receipt/receipt.ts'
import type { SealedChunk } from '../../../attestation/session/response.ts'
import type { HelloAnswer } from '../../../services/client/relays/relay-port.ts'
import type { HostScript } from '../../fakes/host-script.ts'
import type { RelayScript } from '../../fakes/sealed-network.ts'
import type { EvidenceChanges } from '../../fakes/virtual-evidence.ts'
import { addHost, ask, EVENTS, MODEL, readError, startNetwork } from './chat.ts'

describe('a host is refused, and gets nothing, when', () => {
  const changes: readonly [string, EvidenceChanges, string][] = [
    ['its TCB is out of date', { collateral: { currentStatus: 'OutOfDate' } }, 'QV_RESULT_NOT_ACCEPTED'],
    ['its trust domain can be debugged', { td: { tdAttributes: Uint8Array.of(1, 0, 0, 16, 0, 0, 0, 0) } }, 'DEBUG'],
    ['its collateral has lapsed', { collateral: { tcbInfoValid: { from: -9000, until: -60 } } }, 'TCB_INFO_EXPIRED'],
    ['its quote was made under a root that the policy does not name', { platform: { strangerRoot: true } }, 'ROOT'],
    ['its quote is for another keyset', { bundle: { challenge: otherChallenge() } }, 'REPORT_DATA']
  ]
  test.each(changes)('%s', async (_why, change, code) => {
    const network = await startNetwork(0)
    const host = await addHost(network, {}, change)
    await using client = network.client()
    const error = await readError(await ask(client))
    expect(error).toMatchObject({ status: 502, code: 'HOSTS_REFUSED' })
    expect(error.hosts).toMatchObject([{ host: encodeHex(host.digest), code: expect.stringContaining(code) }])
    expect(error.message).toContain(error.hosts[0]!.reason)
    expect([host.opened, network.told('session-opened')]).toEqual([[], []])
  })

  test('its evidence is another host’s', async () => {
    const network = await startNetwork(1)
    const other = await addHost(network, {}, { keyset: { model: { id: 'other', engine: 'vllm', weights: sha256() } } })
    const { bundleBytes, collateralBytes } = other.evidence
    const swapped = { bundle: sha256(bundleBytes), collateral: sha256(collateralBytes) }
    network.relay.found = (found) => found.map((host) => ({ ...host, ...swapped }))
    await using client = network.client()
    expect((await readError(await ask(client))).hosts).toMatchObject([{ code: 'OTHER_MODEL' }])
  })

  test('the relay serves other bytes than the digest names', async () => {
    const network = await startNetwork(1)
    network.relay.blob = (bytes) => bytes.with(100, bytes[100]! ^ 1)
    await using client = network.client()
    const error = await readError(await ask(client))
    expect([error.code, error.hosts[0]!.code]).toEqual(['HOSTS_REFUSED', 'BUNDLE_MALFORMED'])
  })

  test('it asks more than the highest price set', async () => {
    const network = await startNetwork(1)
    const maxPrices = { prompt: 1n, cached: 1n, completion: 1n, reasoning: 1n }
    await using client = network.client({ maxPrices })
    const error = await readError(await ask(client))
    expect([error.code, error.hosts[0]!.code]).toEqual(['SESSION_REFUSED', 'PRICE'])
  })

  test('others are found beside it, which are used', async () => {
    const network = await startNetwork(0)
    const refused = await addHost(network, {}, { collateral: { currentStatus: 'OutOfDate' } })
    const trusted = await addHost(network)
    network.relay.found = (found) => found.slice(0, 1)
    await using client = network.client()
    const response = await ask(client)
    expect(response.headers.get('x-bombyx-host')).toBe(encodeHex(trusted.digest))
    expect(refused.opened).toEqual([])
  })
})

describe('no session is opened when', () => {
  const relays: readonly [string, RelayScript['answers'], string][] = [
    ['every answer is lost', () => [], 'SESSION_REFUSED'],
    ['the accept was changed', (answers) => answers.map(changeAccept), 'SESSION_REFUSED'],
    ['the accept is signed by somebody else', (answers) => answers.map(changeSignature), 'SESSION_REFUSED']
  ]
  test.each(relays)('%s', async (_why, answers, code) => {
    const network = await startNetwork(1)
    network.relay.answers = answers!
    await using client = network.client()
    expect(await readError(await ask(client))).toMatchObject({ status: 503, code })
    expect(network.hosts[0]!.opened).toEqual([])
  })

  test('hosts have no capacity, or want to be paid', async () => {
    const network = await startNetwork(2, { refuseHello: 'NO_CAPACITY' }, { refuseHello: 'NO_CAPACITY' })
    await using client = network.client()
    const response = await ask(client)
    expect(response.headers.get('retry-after')).toBe('2')
    expect(await readError(response)).toMatchObject({ status: 503, code: 'NO_CAPACITY' })
    for (const host of network.hosts) host.script = { ...host.script, refuseHello: 'UNPAID' }
    expect(await readError(await ask(client))).toMatchObject({ status: 402, code: 'UNPAID' })
  })

  test('the model is served by nobody', async () => {
    const network = await startNetwork(1)
    await using client = network.client()
    const error = await readError(await ask(client, { model: 'gpt-5' }))
    expect(error).toMatchObject({ status: 404, code: 'MODEL_NOT_SERVED' })
  })

  test('the relay cannot be reached', async () => {
    const network = await startNetwork(1)
    network.relay.down.add('relay-a:1')
    await using client = network.client()
    expect(await readError(await ask(client))).toMatchObject({ status: 503, code: 'RELAY_UNAVAILABLE' })
  })
})

describe('an answer is refused when', () => {
  const scripts: readonly [string, Partial<HostScript>, string][] = [
    ['a chunk was changed', { tamper: (chunk) => [flip(chunk)] }, 'UNSEAL_FAILED'],
    ['its last chunk is missing', { tamper: (chunk) => [{ ...chunk, final: true }] }, 'UNSEAL_FAILED'],
    ['a chunk that is not the last is called the last', { tamper: callFirstLast }, 'UNSEAL_FAILED'],
    ['it carries no receipt', { receipt: () => undefined }, 'RECEIPT_REFUSED'],
    ['its receipt is signed with another key', { receiptKey: generateEd25519() }, 'RECEIPT_REFUSED'],
    ['its receipt is of another keyset', receipt({ keysetDigest: randomBytes(32) }), 'RECEIPT_REFUSED'],
    ['its receipt is of another session', receipt({ sessionId: randomBytes(16) }), 'RECEIPT_REFUSED'],
    ['its receipt is of another request', receipt({ n: 7 }), 'RECEIPT_REFUSED'],
    ['its receipt says that another body was received', receipt({ receivedHash: sha256() }), 'RECEIPT_REFUSED'],
    ['its receipt says that another body was returned', receipt({ returnedHash: sha256() }), 'RECEIPT_REFUSED']
  ]
  const buffered = scripts.filter(([why]) => !why.includes('last'))
  test.each(buffered)('%s, and nothing of it is shown', async (_why, script, code) => {
    const network = await startNetwork(1, script)
    await using client = network.client()
    expect(await readError(await ask(client))).toMatchObject({ status: 502, code })
    expect(network.told('request-failed')).toMatchObject([{ code }])
  })

  test.each(scripts)('%s, in a stream too', async (_why, script, code) => {
    const network = await startNetwork(1, script)
    await using client = network.client()
    const response = await ask(client, { stream: true })
    if (response.status !== 200) {
      expect(await readError(response)).toMatchObject({ code })
      return
    }
    await expect(response.text()).rejects.toMatchObject({ name: 'ClientError', code })
    expect(client.receipt(response.headers.get('x-bombyx-receipt')!)).toBeUndefined()
  })

  test.each([
    ['dropped', (chunk: SealedChunk, at: number) => (at === 1 ? [] : [chunk])],
    ['sent twice', (chunk: SealedChunk, at: number) => (at === 1 ? [chunk, chunk] : [chunk])],
    ['held back and sent later', reorder()]
  ] as const)('one of its chunks was %s', async (_how, tamper) => {
    const network = await startNetwork(1, { tamper })
    await using client = network.client()
    const response = await ask(client, { stream: true })
    await expect(response.text()).rejects.toMatchObject({ code: 'UNSEAL_FAILED' })
  })

  test('the host resets it half way, whatever the code says', async () => {
    const network = await startNetwork(2, { resetAfter: { chunks: 1, code: 'NO_CAPACITY' } })
    await using client = network.client()
    const response = await ask(client, { stream: true })
    await expect(response.text()).rejects.toMatchObject({ code: 'NO_CAPACITY' })
    expect(network.hosts[1]!.opened).toEqual([])
  })

  test('it goes on after its end mark', async () => {
    const more = Array.from({ length: 300 }, () => `data: ${'x'.repeat(8000)}\n\n`)
    const network = await startNetwork(1, { answer: () => ({ events: [...EVENTS, ...more] }) })
    await using client = network.client()
    await expect((await ask(client, { stream: true })).text()).rejects.toMatchObject({ code: 'ANSWER_MALFORMED' })
  })
})

describe('a request is refused here when', () => {
  test.each([
    ['it is not JSON', 'model', 400, 'REQUEST_INVALID'],
    ['it names no model', '{}', 400, 'REQUEST_INVALID'],
    ['it is over 64 MiB', JSON.stringify({ model: MODEL, p: 'x'.repeat(64 << 20) }), 413, 'TOO_LARGE'],
    ['its message is over 64 MiB', JSON.stringify({ model: MODEL, p: 'x'.repeat((64 << 20) - 60) }), 413, 'TOO_LARGE']
  ])('%s', async (_why, body, status, code) => {
    const network = await startNetwork(1)
    await using client = network.client()
    const init = { method: 'POST', body }
    const error = await readError(await client.fetch('https://bombyx.invalid/v1/chat/completions', init))
    expect(error).toMatchObject({ status, code })
  })

  test('its route is no inference route', async () => {
    const network = await startNetwork(1)
    await using client = network.client()
    const init = { method: 'POST', body: '{}' }
    const error = await readError(await client.fetch('https://bombyx.invalid/v1/load_lora_adapter', init))
    expect(error).toMatchObject({ status: 404, code: 'ROUTE_UNKNOWN' })
  })

  test('it is for another origin: it is not sent at all', async () => {
    const network = await startNetwork(1)
    await using client = network.client()
    await expect(client.fetch('https://api.openai.com/v1/models')).rejects.toThrow(TypeError)
    expect(network.asked).toEqual([])
  })
})

function receipt(change: Partial<ReceiptFields>): Partial<HostScript> {
  return { receipt: (fields) => ({ ...fields, ...change }) }
}

function flip(chunk: SealedChunk): SealedChunk {
  return { ...chunk, sealed: chunk.sealed.with(3, chunk.sealed[3]! ^ 1) }
}

function callFirstLast(chunk: SealedChunk, at: number): readonly SealedChunk[] {
  return at === 0 ? [{ ...chunk, final: true }] : []
}

function reorder(): (chunk: SealedChunk, at: number) => readonly SealedChunk[] {
  let kept: SealedChunk | undefined
  return (chunk, at) => {
    if (at === 1) kept = chunk
    if (at === 1) return []
    return at === 2 ? [chunk, kept!] : [chunk]
  }
}

function changeAccept(answer: HelloAnswer): HelloAnswer {
  if (answer.kind === 'refusal') return answer
  const { accept, signature } = answer.message
  return { kind: 'accept', message: { accept: accept.with(60, accept[60]! ^ 1), signature } }
}

function changeSignature(answer: HelloAnswer): HelloAnswer {
  if (answer.kind === 'refusal') return answer
  const { accept, signature } = answer.message
  return { kind: 'accept', message: { accept, signature: signature.with(5, signature[5]! ^ 1) } }
}

function otherChallenge() {
  return { random: randomBytes(32), network: 0, seqno: 0, rootHash: new Uint8Array(32), genUtime: 0 }
}
