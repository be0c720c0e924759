import { describe, expect, test } from 'vitest'
import { encodeHex } from '../../../attestation/encoding.ts'
import { addHost, ask, readError, startNetwork } from './chat.ts'

describe('another leg answers, and the application does not notice, when a host', () => {
  test.each(['NO_CAPACITY', 'HOST_LOST'] as const)('takes the request and resets it with %s', async (code) => {
    const network = await startNetwork(2, { refuseAnswer: code })
    await using client = network.client()
    const response = await ask(client, { stream: true })
    expect(await response.text()).toContain('[DONE]')
    expect(response.headers.get('x-bombyx-host')).toBe(encodeHex(network.hosts[1]!.digest))
    expect(network.hosts.map(({ opened }) => opened.length)).toEqual([1, 1])
    expect(network.told('request-sealed')).toHaveLength(1)
    expect(network.told('attempt-failed')).toMatchObject([{ code, next: 'another leg' }])
  })

  test('is lost before anybody knows which it was: the others are asked one by one', async () => {
    const network = await startNetwork(3, { refuseOpen: 'HOST_LOST' })
    const named: number[] = []
    network.relay.pick = (candidates) => {
      named.push(candidates.length)
      return candidates[0]
    }
    await using client = network.client()
    const response = await ask(client)
    expect(response.status).toBe(200)
    expect(named).toEqual([3, 1, 1])
  })

  test('has spent the request’s number in an attempt that was lost', async () => {
    const network = await startNetwork(2)
    const [spent] = network.hosts
    network.relay.pick = (candidates) => {
      // The relay lets the host take it, and says that the host was lost.
      if (candidates.length === 2) spent!.script = { ...spent!.script, refuseAnswer: 'HOST_LOST' }
      return candidates[0]
    }
    await using client = network.client()
    expect((await ask(client)).headers.get('x-bombyx-host')).toBe(encodeHex(network.hosts[1]!.digest))
  })

  test('answers with bytes that its key does not open: that is no loss but a refusal', async () => {
    const tamper = () => [{ sealed: new Uint8Array(272), final: true }]
    const network = await startNetwork(2, { tamper })
    await using client = network.client()
    expect(await readError(await ask(client))).toMatchObject({ code: 'UNSEAL_FAILED' })
    expect(network.hosts[1]!.opened).toEqual([])
  })
})

describe('the request fails when every leg', () => {
  test('is lost in the session that it has, and in a new one', async () => {
    const network = await startNetwork(2, { refuseAnswer: 'HOST_LOST' }, { refuseAnswer: 'HOST_LOST' })
    await using client = network.client()
    expect(await readError(await ask(client))).toMatchObject({ status: 503, code: 'HOST_LOST' })
    expect(network.told('session-opened')).toHaveLength(2)
    expect(network.hosts.map(({ opened }) => opened.length)).toEqual([2, 2])
  })

  test('is full', async () => {
    const network = await startNetwork(2)
    network.relay.refuseOpen = 'NO_CAPACITY'
    await using client = network.client()
    const response = await ask(client)
    expect(response.headers.get('retry-after')).toBe('2')
    expect(await readError(response)).toMatchObject({ status: 503, code: 'NO_CAPACITY' })
  })
})

describe('a session', () => {
  test('serves requests one after the other, each with its own number', async () => {
    const network = await startNetwork(2)
    await using client = network.client()
    await Promise.all([ask(client), ask(client), ask(client)])
    const names = network.told('request-sealed').map(({ requestId }) => requestId.split('-')[1])
    expect(names.sort()).toEqual(['0', '1', '2'])
    expect(network.told('session-opened')).toHaveLength(1)
  })

  test('that hosts have forgotten is opened again, once a request', async () => {
    const network = await startNetwork(1)
    await using client = network.client()
    await ask(client)
    network.hosts[0]!.forget()
    expect((await ask(client)).status).toBe(200)
    expect(network.told('session-opened')).toHaveLength(2)
    network.relay.refuseOpen = 'SESSION_UNKNOWN'
    expect(await readError(await ask(client))).toMatchObject({ status: 503, code: 'SESSION_UNKNOWN' })
    expect(network.told('session-opened')).toHaveLength(3)
  })

  test('is opened with other hosts when all of its own are lost', async () => {
    const network = await startNetwork(2)
    await using client = network.client()
    await ask(client)
    network.hosts.length = 0
    const started = await addHost(network)
    expect((await ask(client)).headers.get('x-bombyx-host')).toBe(encodeHex(started.digest))
    expect(network.told('session-opened')).toHaveLength(2)
  })

  test('is opened with the new keyset when the relay says that it has changed', async () => {
    const network = await startNetwork(1)
    await using client = network.client()
    await ask(client)
    network.hosts.length = 0
    await addHost(network)
    network.relay.pick = (candidates) => {
      network.relay.pick = ([first]) => first
      return candidates[0]
    }
    network.relay.refuseOpen = 'KEYSET_CHANGED'
    const events = network.events.length
    const failed = await readError(await ask(client))
    expect(failed.code).toBe('KEYSET_CHANGED')
    delete network.relay.refuseOpen
    expect((await ask(client)).status).toBe(200)
    expect(network.events.slice(events).some(({ kind }) => kind === 'host-appraised')).toBe(true)
  })

  test('leaves out legs whose appraisal has lapsed, and is opened anew when none is left', async () => {
    const network = await startNetwork(1)
    // This one's keyset is half an hour older, and so is its appraisal's end nearer.
    const { notAfter } = network.hosts[0]!.keyset
    await addHost(network, {}, { keyset: { notAfter: notAfter - 1800 } })
    await using client = network.client({ sessionSeconds: 3600 })
    await ask(client)
    network.time.seconds = 1300
    await ask(client)
    expect(network.told('request-sealed').map(({ legs }) => legs)).toEqual([2, 1])
    network.time.seconds = 3100
    expect(await readError(await ask(client))).toMatchObject({ code: 'HOSTS_REFUSED' })
    expect(network.told('request-sealed')).toHaveLength(2)
  })

  test('is renewed in the last quarter of its life, while it still serves', async () => {
    const network = await startNetwork(1)
    await using client = network.client({ sessionSeconds: 1000 })
    await ask(client)
    network.time.seconds = 749
    await ask(client)
    expect(network.told('session-opened')).toHaveLength(1)
    network.time.seconds = 751
    await ask(client)
    await expect.poll(() => network.told('session-opened').length).toBe(2)
    await ask(client)
    const sessions = network.told('request-sealed').map(({ requestId }) => requestId.split('-')[0])
    expect([new Set(sessions.slice(0, 3)).size, sessions[3] === sessions[2]]).toEqual([1, false])
  })

  test('ends by the clock that never goes back, when the other is set back', async () => {
    const network = await startNetwork(1)
    await using client = network.client({ sessionSeconds: 60 })
    await ask(client)
    network.time.seconds = 61
    await ask(client)
    expect(network.told('session-opened')).toHaveLength(2)
  })

  test('opens with the hosts that answer', async () => {
    const network = await startNetwork(3, { refuseHello: 'HOST_LOST' })
    await using client = network.client()
    await client.prepare('Qwen/Qwen3-8B')
    const [opened] = network.told('session-opened')
    expect([opened!.legs.length, opened!.refusals.map(({ code }) => code)]).toEqual([2, ['HOST_LOST']])
  })
})

describe('of several relays', () => {
  test('another is used when the first cannot be reached', async () => {
    const network = await startNetwork(1)
    network.relay.down.add('relay-a:1')
    await using client = network.client({ relays: ['relay-a:1', 'relay-b:1'] })
    expect((await ask(client)).status).toBe(200)
    expect(network.told('session-opened')).toMatchObject([{ relay: 'relay-b:1' }])
    await ask(client)
    expect(network.asked.filter((call) => call.startsWith('relay-a'))).toEqual([
      'relay-a:1 Link',
      'relay-a:1 FindHosts'
    ])
  })

  test('another carries the session on when the one in use dies', async () => {
    const network = await startNetwork(1)
    await using client = network.client({ relays: ['relay-a:1', 'relay-b:1'] })
    await ask(client)
    network.relay.down.add('relay-a:1')
    network.links[0]!.drop('PROTOCOL', 'the relay dies')
    await expect.poll(() => network.links[0]!.closed).toBe(true)
    expect((await ask(client)).status).toBe(200)
    expect(network.told('session-opened')).toHaveLength(1)
    expect(network.told('request-accepted').map(({ relay }) => relay)).toEqual(['relay-a:1', 'relay-b:1'])
  })

  test('another carries a request that was under way before its answer began', async () => {
    const gate = Promise.withResolvers<void>()
    const network = await startNetwork(2, {
      answer: async () => {
        await gate.promise
        return { status: 200, body: 'too late' }
      }
    })
    await using client = network.client({ relays: ['relay-a:1', 'relay-b:1'] })
    const asked = ask(client)
    await expect.poll(() => network.told('request-accepted').length).toBe(1)
    network.relay.down.add('relay-a:1')
    network.links[0]!.drop('PROTOCOL', 'the relay dies')
    const response = await asked
    gate.resolve()
    expect(response.headers.get('x-bombyx-host')).toBe(encodeHex(network.hosts[1]!.digest))
    expect(network.told('request-sealed')).toHaveLength(1)
  })
})
