import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ListedHost } from '../../../services/relay/listed-host.ts'
import { LiveHost } from '../../../services/relay/live-host.ts'
import { type Waiting, WaitQueue } from '../../../services/relay/wait-queue.ts'

const NOW = 1000

function fullHost(): LiveHost {
  return new LiveHost({ digest: 'd' } as ListedHost)
}

interface Entry extends Waiting<LiveHost> {
  readonly name: string
  outcome: string | undefined
}

function entry(tenant: string, hosts: readonly LiveHost[], fields: Partial<Entry> = {}): Entry {
  const made: Entry = {
    name: tenant,
    tenant,
    hosts,
    deadline: NOW + 60,
    giveUpAt: 10_000,
    outcome: undefined,
    start(host) {
      host.free--
      made.outcome = 'started'
    },
    giveUp(code) {
      made.outcome = code
    },
    ...fields
  }
  return made
}

function serveOne(queue: WaitQueue<LiveHost>, host: LiveHost): void {
  host.free = 1
  queue.serve(host)
}

describe('the queue', () => {
  test('is first come, first served within a tenant', () => {
    const [queue, host] = [new WaitQueue<LiveHost>({ total: 10, perTenant: 10 }), fullHost()]
    const [first, second] = [entry('a', [host]), entry('a', [host])]
    queue.add(first)
    queue.add(second)
    serveOne(queue, host)
    expect([first.outcome, second.outcome]).toEqual(['started', undefined])
  })

  test('gives tenants turns: one with a hundred requests does not hold up one with one', () => {
    const [queue, host] = [new WaitQueue<LiveHost>({ total: 200, perTenant: 200 }), fullHost()]
    const greedy = Array.from({ length: 100 }, () => entry('greedy', [host]))
    for (const one of greedy) queue.add(one)
    const modest = entry('modest', [host])
    queue.add(modest)
    serveOne(queue, host)
    serveOne(queue, host)
    expect(modest.outcome).toBe('started')
    expect(greedy.filter(({ outcome }) => outcome === 'started').length).toBe(1)
  })

  test('is bounded, in all and for each tenant', () => {
    const [queue, host] = [new WaitQueue<LiveHost>({ total: 3, perTenant: 2 }), fullHost()]
    expect([entry('a', [host]), entry('a', [host]), entry('a', [host])].map((one) => queue.add(one))).toEqual([
      true,
      true,
      false
    ])
    expect([entry('b', [host]), entry('b', [host])].map((one) => queue.add(one))).toEqual([true, false])
    expect(queue.size).toBe(3)
  })

  test('starts a request at one of its hosts only', () => {
    const queue = new WaitQueue<LiveHost>({ total: 10, perTenant: 10 })
    const [one, two] = [fullHost(), fullHost()]
    let started = 0
    queue.add(entry('a', [one, two], { start: () => void started++ }))
    serveOne(queue, one)
    serveOne(queue, two)
    expect([started, queue.size]).toEqual([1, 0])
  })

  test('ends the wait at the deadline or when patience is over, whichever is first', () => {
    const [queue, host] = [new WaitQueue<LiveHost>({ total: 10, perTenant: 10 }), fullHost()]
    const late = entry('a', [host], { deadline: NOW })
    const tired = entry('b', [host], { giveUpAt: 500 })
    const patient = entry('c', [host])
    for (const one of [late, tired, patient]) queue.add(one)
    queue.expire(NOW, 500)
    expect([late.outcome, tired.outcome, patient.outcome]).toEqual(['DEADLINE_PASSED', 'NO_CAPACITY', undefined])
    expect(queue.size).toBe(1)
  })

  test('forgets nobody and starts nobody twice, whatever happens', () => {
    const action = fc.oneof(
      fc.record({
        kind: fc.constant('add' as const),
        tenant: fc.nat(3),
        hosts: fc.subarray([0, 1, 2], { minLength: 1 })
      }),
      fc.record({ kind: fc.constant('free' as const), host: fc.nat(2), slots: fc.nat(3) }),
      fc.record({ kind: fc.constant('cancel' as const), which: fc.nat() })
    )
    fc.assert(
      fc.property(fc.array(action, { maxLength: 100 }), (actions) => {
        const queue = new WaitQueue<LiveHost>({ total: 20, perTenant: 8 })
        const hosts = [fullHost(), fullHost(), fullHost()]
        const waiting = new Set<Entry>()
        const starts = new Map<Entry, number>()
        for (const one of actions) {
          if (one.kind === 'add') {
            const made = entry(
              `t${one.tenant}`,
              one.hosts.flatMap((n) => hosts[n] ?? [])
            )
            made.start = (host) => {
              host.free--
              starts.set(made, (starts.get(made) ?? 0) + 1)
              waiting.delete(made)
            }
            if (queue.add(made)) waiting.add(made)
          } else if (one.kind === 'free') {
            const host = hosts[one.host]
            if (host === undefined) continue
            host.free = one.slots
            queue.serve(host)
            const stillWants = [...waiting].some((left) => left.hosts.includes(host))
            expect(host.free === 0 || !stillWants).toBe(true)
            host.free = 0
          } else {
            const chosen = [...waiting][one.which % Math.max(1, waiting.size)]
            if (chosen !== undefined) queue.remove(chosen)
            if (chosen !== undefined) waiting.delete(chosen)
          }
          expect(queue.size).toBe(waiting.size)
        }
        expect([...starts.values()].every((times) => times === 1)).toBe(true)
      })
    )
  })
})
