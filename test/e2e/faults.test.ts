import { APIError } from 'openai'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bombyxV1 } from '../../proto/load.ts'
import { callUnary, connect } from '../../services/runtime/grpc-client.ts'
import { MODEL, startTestNetwork, type TestNetwork } from './network.ts'

let network: TestNetwork

beforeEach(async () => {
  network = await startTestNetwork()
})

afterEach(() => network[Symbol.asyncDispose]())

function ask(knobs: string) {
  const messages = [{ role: 'user' as const, content: `What spins silk? [[stand-in ${knobs}]]` }]
  // With a limit, so that what each may come to leaves room for forty at once.
  return network.openai.chat.completions.create({ model: MODEL, messages, max_tokens: 4_000, stream: true })
}

/** The process that the relay gave the latest request to. */
async function takerPid(): Promise<number> {
  const taken = () => network.events.findLast((event) => event.kind === 'request-accepted')?.host
  await expect.poll(taken).toBeDefined()
  const host = network.processes.find(({ details }) => details['keysetDigest'] === taken())
  return host?.pid ?? Number.NaN
}

async function textOf(stream: Awaited<ReturnType<typeof ask>>): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
  return text
}

describe('a host that is killed', () => {
  it('before its first chunk is replaced by another leg, and the application notices nothing', async () => {
    const answer = ask('first_delay_ms=1500 tokens=20')
    process.kill(await takerPid(), 'SIGKILL')
    expect(await textOf(await answer)).toContain('silk')
    expect(network.events).toContainEqual(expect.objectContaining({ kind: 'attempt-failed', next: 'another leg' }))
  })

  it('in the middle of a stream is an error, never a short answer; the next request goes to another host', async () => {
    const stream = await ask('tokens=200 delay_ms=20')
    const received: string[] = []
    const reading = (async () => {
      for await (const chunk of stream) {
        received.push(chunk.choices[0]?.delta.content ?? '')
        if (received.length === 10) process.kill(await takerPid(), 'SIGKILL')
      }
    })()
    await expect(reading).rejects.toThrow()
    expect(received.length).toBeGreaterThan(9)
    expect(await textOf(await ask('tokens=5'))).toContain('silk')
  })
})

describe('a host that is killed while others wait for it', () => {
  it('in the middle of a handshake is left out of the session, and the application notices nothing', async () => {
    const [first] = network.processes.filter(({ name }) => name.startsWith('host-'))
    // It has the hello and will not answer it.
    process.kill(first?.pid ?? Number.NaN, 'SIGSTOP')
    const answer = ask('tokens=5')
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(network.events.some(({ kind }) => kind === 'session-opened')).toBe(false)
    process.kill(first?.pid ?? Number.NaN, 'SIGKILL')
    expect(await textOf(await answer)).toContain('silk')
    const opened = network.events.find((event) => event.kind === 'session-opened')
    expect(opened).toMatchObject({ legs: [expect.anything()], refusals: [{ code: 'HOST_LOST' }] })
  })

  it('with a queue before it: what ran there, and what waited, is answered by another', async () => {
    // Two hosts of 16 slots: eight wait.
    const answers = Array.from({ length: 40 }, () => ask('first_delay_ms=2500 tokens=3').then(textOf))
    const accepted = () => network.events.filter(({ kind }) => kind === 'request-accepted').length
    await expect.poll(accepted).toBe(32)
    process.kill(await takerPid(), 'SIGKILL')
    for (const text of await Promise.all(answers)) expect(text).toContain('silk')
    expect(network.events.filter(({ kind }) => kind === 'request-failed')).toEqual([])
  })
})

describe('what was delivered is metered', () => {
  const usage = () => network.events.filter((event) => event.kind === 'usage-verified')

  it('as cancelled, when the caller hangs up in the middle of a stream', async () => {
    const stream = await ask('tokens=500 delay_ms=10')
    let received = 0
    for await (const _ of stream) if (++received === 20) break
    await expect.poll(usage).toMatchObject([{ finish: 'cancelled', doubts: [] }])
    const [statement] = usage()
    expect(statement?.tokens.completion).toBeGreaterThanOrEqual(received - 2)
    expect(statement?.tokens.completion).toBeLessThan(500)
  })

  it('as failed, when the engine breaks in the middle of a stream', async () => {
    await expect(ask('tokens=500 delay_ms=5 break_after=30').then(textOf)).rejects.toThrow()
    await expect.poll(usage).toMatchObject([{ finish: 'failed' }])
    expect(usage()[0]?.tokens.completion).toBeGreaterThan(10)
  })

  it('by nobody, when the host itself dies: its keys are gone, and so is the claim', async () => {
    const stream = await ask('tokens=300 delay_ms=10')
    const reading = (async () => {
      let received = 0
      for await (const _ of stream) if (++received === 20) process.kill(await takerPid(), 'SIGKILL')
    })()
    await expect(reading).rejects.toThrow()
    expect(await textOf(await ask('tokens=5'))).toContain('silk')
    await expect.poll(usage).toMatchObject([{ finish: 'complete' }])
  })
})

describe('the relay that is killed in the middle of a stream', () => {
  it('leaves a clear error, and never a short answer', async () => {
    const stream = await ask('tokens=300 delay_ms=10')
    let received = 0
    const reading = (async () => {
      for await (const _ of stream) if (++received === 20) process.kill(network.pid('relay'), 'SIGKILL')
    })()
    await expect(reading).rejects.toThrow()
    expect(network.events).toContainEqual(expect.objectContaining({ kind: 'request-failed', code: 'HOST_LOST' }))
    const next = await ask('tokens=1').then(textOf, (error: unknown) => error)
    expect(next).toBeInstanceOf(APIError)
    expect((next as APIError).code).toBe('relay_unavailable')
  })
})

describe('a quarantine', () => {
  it('takes effect at once, for every host, and lifting it brings them back', async () => {
    expect(await textOf(await ask('tokens=1'))).toContain('silk')
    const admin = await connect(bombyxV1.RegistryAdmin, network.addresses.registry)
    const { hosts } = await callUnary(admin, 'ListHosts', {})
    const ids = hosts.flatMap(({ host }) => (host === null ? [] : [host.hostId]))
    expect(ids).toHaveLength(2)
    for (const hostId of ids) await callUnary(admin, 'QuarantineHost', { hostId, reason: 'a test' })
    const refused = await ask('tokens=1').then(textOf, (error: unknown) => error)
    expect(refused).toBeInstanceOf(APIError)
    expect((refused as APIError).status).toBeGreaterThanOrEqual(400)
    for (const hostId of ids) await callUnary(admin, 'LiftQuarantine', { hostId })
    await expect.poll(async () => (await network.openai.models.list()).data.length, { timeout: 20_000 }).toBe(1)
    const again = async (): Promise<unknown> => ask('tokens=1').then(textOf, (error: unknown) => String(error))
    await expect.poll(again, { timeout: 30_000, interval: 500 }).toContain('silk')
    admin.close()
  })
})
