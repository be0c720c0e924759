import { describe, expect, it } from 'vitest'
import { Reporter } from '../../sim/report.ts'
import { bombyx } from '../../sim/rules/bombyx.ts'
import { leastConnections, roundRobin } from '../../sim/rules/rivals.ts'
import type { SimHost } from '../../sim/sim-host.ts'
import { type MakeRule, simulate } from '../../sim/simulate.ts'
import { makeWorld } from '../../sim/world.ts'

const WISH = { hosts: 400, requests: 20_000, seed: 3 }

function run(rule: MakeRule, load: number) {
  const world = makeWorld({ ...WISH, load })
  const reporter = new Reporter(WISH.requests, world)
  let fullest = Number.POSITIVE_INFINITY
  const hosts: readonly SimHost[] = simulate(world, rule, (outcome) => {
    fullest = Math.min(fullest, outcome.host?.free ?? 0)
    reporter.take(outcome)
  })
  return { report: reporter.conclude(hosts), hosts, fullest }
}

describe('twenty thousand requests by the relay’s own rule', () => {
  it('all end, none on a slot that is not there, and leave nothing behind', () => {
    const { report, hosts, fullest } = run(bombyx, 1.3)
    expect(report.requests).toBe(WISH.requests)
    expect(fullest).toBeGreaterThanOrEqual(0)
    expect(
      hosts.every(({ free, slots, running, outstandingTokens }) => free === slots && running + outstandingTokens === 0)
    ).toBe(true)
  })

  it('are the same for the same seed', () => {
    expect(run(bombyx, 0.8).report).toEqual(run(bombyx, 0.8).report)
  })

  it('have their first token sooner than by rules that forget who holds a prefix', () => {
    const ours = run(bombyx, 0.8).report
    for (const rival of [roundRobin, leastConnections]) expect(ours.p99).toBeLessThan(run(rival, 0.8).report.p99)
  })
})
