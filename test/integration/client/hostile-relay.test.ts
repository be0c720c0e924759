import { readFile } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { randomBytes } from '../../../attestation/crypto.ts'
import { decodeHex } from '../../../attestation/encoding.ts'
import { type Policy, parsePolicy } from '../../../attestation/policy.ts'
import { type BombyxClient, createClient } from '../../../services/client/client.ts'
import type { ClientEvent } from '../../../services/client/events.ts'
import { MODEL, startTestNetwork, type TestNetwork } from '../../e2e/network.ts'
import { type HostileRelay, startHostileRelay, type Tampering } from '../../fakes/hostile-relay.ts'
import {
  answerItself,
  changeAccept,
  changeBlobs,
  changeHello,
  changeMeta,
  changeSalt,
  downgradeAead,
  downgradeKem,
  dropAnswerChunk,
  dropRequestChunk,
  flipAnswer,
  flipRequest,
  forgeUsage,
  reorderAnswer,
  repeatAccept,
  replayAnswer,
  replayAnswerChunk,
  resetAnswer,
  shareEvidence,
  swapAcceptedLeg,
  swapCollateral,
  swapWraps,
  truncateAnswer
} from '../../fakes/hostile-tricks.ts'
import { ask, readError } from '../../services/client/chat.ts'

const HOST_LOST = 10

// Everything is the real thing but for a relay between: hosts, relay, registry, verifier in processes of their own.
let network: TestNetwork
let relay: HostileRelay
let policy: Policy
const events: ClientEvent[] = []

beforeAll(async () => {
  network = await startTestNetwork()
  relay = await startHostileRelay(network.addresses.relay)
  policy = parsePolicy(await readFile(network.addresses.policyFile))
})
afterAll(async () => {
  await relay[Symbol.asyncDispose]()
  await network[Symbol.asyncDispose]()
})
afterEach(() => {
  relay.tamper({})
  events.length = 0
})

const startClient = (): BombyxClient =>
  createClient({ relays: [relay.authority], policy, requestSeconds: 20, onEvent: (event) => events.push(event) })

/** The code that an application gets for a streamed answer, wherever it breaks; undefined for an answer that is whole. */
async function streamCode(client: BombyxClient): Promise<string | undefined> {
  const response = await ask(client, { model: MODEL, stream: true })
  if (response.status !== 200) return (await readError(response)).code
  try {
    expect(await response.text()).toContain('[DONE]')
    return undefined
  } catch (error) {
    return (error as { code: string }).code
  }
}

function opened(): readonly string[] {
  return events.flatMap((event) => (event.kind === 'session-opened' ? event.legs.map(({ host }) => host) : []))
}

describe('a relay that', () => {
  const tricks: readonly [string, () => Tampering, string][] = [
    ['drops a chunk of the answer', () => dropAnswerChunk(1), 'UNSEAL_FAILED'],
    ['sends a chunk of the answer twice', () => replayAnswerChunk(1), 'UNSEAL_FAILED'],
    ['changes the order of the answer', reorderAnswer, 'UNSEAL_FAILED'],
    ['calls a chunk the last', () => truncateAnswer(2), 'UNSEAL_FAILED'],
    ['cuts the answer off', () => resetAnswer(2, HOST_LOST), 'HOST_LOST'],
    ['changes the first chunk of the answer', () => flipAnswer(0), 'UNSEAL_FAILED'],
    ['changes a later chunk of the answer', () => flipAnswer(2), 'UNSEAL_FAILED'],
    ['changes the request', () => flipRequest(0), 'UNSEAL_FAILED'],
    ['changes what stands beside the request', changeMeta, 'UNSEAL_FAILED'],
    ['gives each host another’s wrap', swapWraps, 'UNSEAL_FAILED'],
    ['names a host that was not asked', () => swapAcceptedLeg(() => randomBytes(32)), 'PROTOCOL'],
    ['names another host than the one that answers', () => swapAcceptedLeg(() => otherLeg()), 'UNSEAL_FAILED'],
    ['changes the salt', changeSalt, 'UNSEAL_FAILED'],
    ['answers itself', () => answerItself(() => decodeHex(opened()[0] ?? '')), 'UNSEAL_FAILED'],
    ['accepts twice', repeatAccept, 'HOST_LOST']
  ]
  test.each(tricks)('%s is refused, and the next request is answered', async (_what, trick, code) => {
    await using client = startClient()
    await client.prepare(MODEL)
    relay.tamper(trick())
    expect(await streamCode(client)).toBe(code)
    relay.tamper({})
    expect(await streamCode(client)).toBeUndefined()
  })

  test('keeps part of the request back gets no answer, and the deadline ends it', async () => {
    await using client = createClient({ relays: [relay.authority], policy, requestSeconds: 2 })
    await client.prepare(MODEL)
    relay.tamper(dropRequestChunk(0))
    expect(await streamCode(client)).toBe('DEADLINE_PASSED')
  })

  test('gives an old answer again is refused', async () => {
    await using client = startClient()
    relay.tamper(replayAnswer())
    expect(await streamCode(client)).toBeUndefined()
    expect(['UNSEAL_FAILED', 'PROTOCOL']).toContain(await streamCode(client))
  })

  const handshakes: readonly [string, () => Tampering, string][] = [
    ['changes the client’s key', changeHello, 'SESSION_REFUSED'],
    ['changes the hosts’ answers', changeAccept, 'SESSION_REFUSED'],
    ['offers a weaker KEM in the client’s name', downgradeKem, 'RELAY_UNAVAILABLE'],
    ['offers another AEAD in the client’s name', downgradeAead, 'RELAY_UNAVAILABLE'],
    ['serves other evidence than it names', changeBlobs, 'HOSTS_REFUSED'],
    ['serves the collateral of another platform', swapCollateral, 'HOSTS_REFUSED']
  ]
  test.each(handshakes)('%s gets no session', async (_what, trick, code) => {
    await using client = startClient()
    relay.tamper(trick())
    expect(await readError(await ask(client, { model: MODEL }))).toMatchObject({ code })
    expect(events.some(({ kind }) => kind === 'session-opened' || kind === 'request-sealed')).toBe(false)
    expect(relay.sawUp.filter(({ stream }) => stream !== 0).every(({ payload }) => noPrompt(payload))).toBe(true)
  })
})

describe('a relay that gives', () => {
  test('every host the evidence of one gets sessions with that one alone', async () => {
    await using client = startClient()
    relay.tamper(shareEvidence())
    expect(await streamCode(client)).toBeUndefined()
    const appraised = events.flatMap((event) => (event.kind === 'host-appraised' ? [event.keysetDigest] : []))
    expect([new Set(appraised).size, new Set(opened()).size]).toEqual([1, 1])
    expect(opened()[0]).toBe(appraised[0])
  })

  test('evidence that has lapsed by the client’s own clock gets no session', async () => {
    const later = (): Date => new Date(Date.now() + 26 * 3_600_000)
    const options = { relays: [relay.authority], policy, onEvent: (event: ClientEvent) => void events.push(event) }
    await using client = createClient(options, { now: later })
    const { code, hosts } = await readError(await ask(client, { model: MODEL }))
    expect(code).toBe('HOSTS_REFUSED')
    expect(hosts.length).toBeGreaterThan(0)
    expect(events.some(({ kind }) => kind === 'session-opened' || kind === 'request-sealed')).toBe(false)
  })

  test('evidence that lapses between the session and the request gets no request', async () => {
    let aheadMs = 0
    const options = { relays: [relay.authority], policy, onEvent: (event: ClientEvent) => void events.push(event) }
    await using client = createClient(options, { now: () => new Date(Date.now() + aheadMs) })
    await client.prepare(MODEL)
    expect(await streamCode(client)).toBeUndefined()
    const sealed = () => events.filter(({ kind }) => kind === 'request-sealed').length
    expect(sealed()).toBe(1)
    aheadMs = 26 * 3_600_000
    expect(await streamCode(client)).toBe('HOSTS_REFUSED')
    expect(sealed()).toBe(1)
  })

  test('a usage statement that the host did not sign is not believed', async () => {
    await using client = startClient()
    relay.tamper(forgeUsage())
    expect(await streamCode(client)).toBeUndefined()
    const told = () => events.filter(({ kind }) => kind === 'usage-refused' || kind === 'usage-verified')
    await expect.poll(told).toMatchObject([{ kind: 'usage-refused', code: 'USAGE_REFUSED' }])
  })
})

/** ACCEPT comes from the host that the relay picks; the other one of the two. */
function otherLeg(): Uint8Array {
  const accepted = relay.sawDown.filter(({ payload, stream }) => stream !== 0 && payload.byteLength === 64).at(-1)
  const taken = Buffer.from(accepted?.payload.subarray(0, 32) ?? []).toString('hex')
  return decodeHex(opened().find((host) => host !== taken) ?? '')
}

function noPrompt(payload: Uint8Array): boolean {
  return !Buffer.from(payload).includes('a secret word')
}
