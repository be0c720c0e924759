import { describe, expect, test } from 'vitest'
import { SessionChannel } from '../../../services/relay/host-sessions.ts'
import { HostTable } from '../../../services/relay/host-table.ts'
import type { ListedHost } from '../../../services/relay/listed-host.ts'
import { LiveHost } from '../../../services/relay/live-host.ts'
import type { Link } from '../../../services/runtime/link/link.ts'

const listed = (digest: string, model = 'm'): ListedHost => ({ digest, model }) as ListedHost
const fakeLink = (takesStreams = true): Link => ({ takesStreams }) as Link

function host(free: number, total = free): { readonly host: LiveHost; readonly link: Link } {
  const made = { host: new LiveHost(listed('d')), link: fakeLink() }
  made.host.addLink(made.link)
  made.host.announce(made.link, free, total)
  return made
}

describe('slots', () => {
  test('are what the host announced less what it has not answered', () => {
    const { host: one, link } = host(3)
    const seats = [one.take(1), one.take(1)]
    expect(one.free).toBe(1)
    one.announce(link, 3, 3)
    expect(one.free).toBe(1)
    seats[0]?.accepted()
    one.announce(link, 2, 3)
    expect(one.free).toBe(1)
    seats[1]?.accepted()
    one.announce(link, 1, 3)
    expect(one.free).toBe(1)
  })

  test('are not given beyond', () => {
    const { host: one } = host(1)
    expect(one.take(1)).toBeDefined()
    expect(one.take(1)).toBeUndefined()
  })

  test('come back at once when the host refused before it accepted, otherwise with its next SLOTS', () => {
    const { host: one, link } = host(1)
    const refused = one.take(1)
    refused?.refused()
    refused?.leave()
    expect(one.free).toBe(1)
    const accepted = one.take(1)
    accepted?.accepted()
    accepted?.refused()
    accepted?.leave()
    expect(one.free).toBe(0)
    one.announce(link, 1, 1)
    expect(one.free).toBe(1)
  })

  test('of several links add up, and a link that is gone or leaving has none', () => {
    const { host: one, link } = host(2)
    const second = fakeLink()
    one.addLink(second)
    one.announce(second, 3, 3)
    expect(one.free).toBe(5)
    one.removeLink(link)
    expect(one.free).toBe(3)
    Object.assign(second, { takesStreams: false })
    one.recount()
    expect(one.free).toBe(0)
    expect(one.take(1)).toBeUndefined()
  })

  test('are none of a host that leaves', () => {
    const { host: one } = host(2)
    one.leaving = true
    one.recount()
    expect([one.free, one.take(1)]).toEqual([0, undefined])
  })
})

describe('speed and load', () => {
  test('follow what is measured, and nonsense is not', () => {
    const { host: one } = host(1)
    for (let n = 0; n < 50; n++) one.measure(100, 1000)
    expect(one.tokensPerSecond).toBeCloseTo(100, 0)
    one.measure(0, 1000)
    one.measure(100, 0)
    expect(one.tokensPerSecond).toBeCloseTo(100, 0)
  })

  test('count the tokens of what runs', () => {
    const { host: one } = host(2)
    const seat = one.take(700)
    expect(one.outstandingTokens).toBe(700)
    seat?.leave()
    expect(one.outstandingTokens).toBe(0)
  })
})

describe('the table', () => {
  function table() {
    const events: string[] = []
    const made = new HostTable({
      free: ({ digest }) => events.push(`free ${digest}`),
      listed: ({ digest }) => events.push(`listed ${digest}`),
      delisted: ({ digest }, reason) => events.push(`${reason} ${digest}`)
    })
    const ready = (digest: string, free = 1, model = 'm'): LiveHost => {
      made.list(listed(digest, model))
      const one = made.find(digest)
      if (one === undefined) throw new Error('not listed')
      const link = fakeLink()
      one.addLink(link)
      one.sessions = new SessionChannel(new Uint8Array(32), () => {})
      one.announce(link, free, free)
      made.changed(one)
      return one
    }
    return { made, events, ready }
  }

  test('has a host among the available ones exactly while it has a free slot and answers hellos', () => {
    const { made, ready } = table()
    const hosts = ['a', 'b', 'c'].map((digest) => ready(digest))
    const available = (): string[] =>
      made
        .available('m')
        .map(({ digest }) => digest)
        .sort()
    expect(available()).toEqual(['a', 'b', 'c'])
    hosts[0]?.take(1)
    made.place(hosts[0] as LiveHost)
    expect(available()).toEqual(['b', 'c'])
    const second = hosts[1] as LiveHost
    second.sessions = undefined
    made.changed(second)
    expect(available()).toEqual(['c'])
    made.delist('c', 'quarantined')
    expect(available()).toEqual([])
    expect(made.available('other')).toEqual([])
  })

  test('says why a keyset is gone, and forgets that when it is listed again', () => {
    const { made, events, ready } = table()
    ready('a')
    made.delist('a', 'replaced')
    expect([made.find('a'), made.reasonGone('a')]).toEqual([undefined, 'replaced'])
    made.list(listed('a'))
    expect(made.reasonGone('a')).toBeUndefined()
    expect(events).toEqual(['listed a', 'free a', 'replaced a', 'listed a'])
  })

  test('lists the models that linked hosts serve', () => {
    const { made, ready } = table()
    ready('a', 1, 'z')
    ready('b', 0, 'y')
    made.list(listed('c', 'x'))
    expect(made.models()).toEqual(['y', 'z'])
  })
})
