import { describe, expect, test } from 'vitest'
import { encodeHello } from '../../../attestation/session/hello.ts'
import { type HelloAnswer, SessionChannel } from '../../../services/relay/host-sessions.ts'
import { HostTable } from '../../../services/relay/host-table.ts'
import type { ListedHost } from '../../../services/relay/listed-host.ts'
import { ANSWER_LIMIT_MS, openSession } from '../../../services/relay/open-session.ts'
import { ManualTimers } from '../../fakes/manual-timers.ts'

const DIGESTS = [1, 2, 3].map((fill) => new Uint8Array(32).fill(fill))

function world() {
  const table = new HostTable({ free: () => {}, listed: () => {}, delisted: () => {} })
  const timers = new ManualTimers()
  const asked: { readonly channel: SessionChannel; readonly callId: bigint }[] = []
  const channels = DIGESTS.map((digest) => {
    const hex = Buffer.from(digest).toString('hex')
    table.list({ digest: hex, model: 'm' } as ListedHost)
    const channel: SessionChannel = new SessionChannel(digest, (call) => {
      if (call.kind === 'hello') asked.push({ channel, callId: call.callId })
    })
    const host = table.find(hex)
    if (host !== undefined) host.sessions = channel
    return channel
  })
  const abort = new AbortController()
  const hello = encodeHello({
    clientNonce: new Uint8Array(32),
    ttlSeconds: 60,
    model: 'm',
    digests: DIGESTS,
    clientPublicKey: new Uint8Array(1216),
    payer: undefined
  })
  const message = { hello, payerSignature: new Uint8Array(0) }
  const answers = openSession(message, table, { timers, signal: abort.signal })
  const next = async (): Promise<HelloAnswer | undefined> => {
    const step = await answers.next()
    return step.done === true ? undefined : step.value
  }
  return { timers, asked, channels, abort, next }
}

const accept = { accept: Uint8Array.of(1), signature: Uint8Array.of(2) }

describe('a session is opened', () => {
  test('with the answers in the order in which they come, and ends with the last', async () => {
    const { asked, next } = world()
    const first = next()
    await Promise.resolve()
    const [one, two, three] = asked
    two?.channel.receive({ kind: 'accept', callId: two.callId, message: accept })
    expect(await first).toEqual({ kind: 'accept', message: accept })
    three?.channel.receive({ kind: 'refusal', callId: three.callId, code: 'UNPAID' })
    expect(await next()).toEqual({ kind: 'refusal', digest: DIGESTS[2], code: 'UNPAID' })
    one?.channel.close()
    expect(await next()).toEqual({ kind: 'refusal', digest: DIGESTS[0], code: 'HOST_LOST' })
    expect(await next()).toBeUndefined()
  })

  test('for ten seconds: who has not answered by then is lost', async () => {
    const { asked, timers, next } = world()
    const first = next()
    await Promise.resolve()
    asked[0]?.channel.receive({ kind: 'accept', callId: asked[0].callId, message: accept })
    await first
    timers.advance(ANSWER_LIMIT_MS - 1)
    asked[1]?.channel.receive({ kind: 'accept', callId: asked[1].callId, message: accept })
    expect(await next()).toMatchObject({ kind: 'accept' })
    timers.advance(1)
    expect(await next()).toEqual({ kind: 'refusal', digest: DIGESTS[2], code: 'HOST_LOST' })
    expect(await next()).toBeUndefined()
  })

  test('not any more when the client hangs up, and late answers go nowhere', async () => {
    const { asked, abort, next } = world()
    const first = next()
    await Promise.resolve()
    abort.abort()
    expect(await first).toBeUndefined()
    asked[0]?.channel.receive({ kind: 'accept', callId: asked[0].callId, message: accept })
    expect(await next()).toBeUndefined()
  })

  test('with each host’s one answer: a second goes nowhere', async () => {
    const { asked, timers, next } = world()
    const first = next()
    await Promise.resolve()
    for (let n = 0; n < 2; n++) asked[0]?.channel.receive({ kind: 'accept', callId: asked[0].callId, message: accept })
    await first
    const second = next()
    timers.advance(ANSWER_LIMIT_MS)
    expect(await second).toMatchObject({ kind: 'refusal' })
  })
})

describe('a session channel', () => {
  test('refuses hellos beyond a thousand, and all once it is closed', () => {
    const channel = new SessionChannel(new Uint8Array(32), () => {})
    const codes: string[] = []
    const message = { hello: new Uint8Array(0), payerSignature: new Uint8Array(0) }
    const ask = (): void => {
      channel.ask(message, (answer) => codes.push(answer.kind === 'refusal' ? answer.code : 'accept'))
    }
    for (let n = 0; n < 1025; n++) ask()
    expect(codes).toEqual(['NO_CAPACITY'])
    channel.close()
    expect(codes.length).toBe(1025)
    expect(new Set(codes.slice(1))).toEqual(new Set(['HOST_LOST']))
    ask()
    expect(codes.at(-1)).toBe('HOST_LOST')
  })
  test('takes the next statements that a host left after the word on the last, and tells nothing once it is closed', () => {
    const sent: string[] = []
    const channel = new SessionChannel(new Uint8Array(32), ({ kind }) => sent.push(kind))
    const parcel = { keyset: new Uint8Array(1), statements: [new Uint8Array(1)] }
    const tells: (() => void)[] = []
    const take = (): void => channel.takeLeft(parcel, (_, tell) => tells.push(() => tell({ stored: [0], refused: [] })))
    take()
    expect(take).toThrow(expect.objectContaining({ code: 'PROTOCOL' }))
    tells[0]?.()
    expect(sent).toEqual(['left'])
    take()
    channel.close()
    tells[1]?.()
    expect(sent).toEqual(['left'])
  })
})
