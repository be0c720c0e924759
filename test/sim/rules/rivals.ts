import type { SimHost } from '../sim-host.ts'
import type { Job, MakeRule } from '../simulate.ts'
import { FreeHosts } from './free-hosts.ts'

const PATIENCE = 10

/** Of the hosts of a model that have a free slot, at least one. */
type Choose = (free: readonly SimHost[], model: string) => SimHost | undefined

/** Rules that see every host. Requests that find all full wait in one line a model. */
function rival(name: string, makeChoose: () => Choose): MakeRule {
  return (hosts, { start, refuse }) => {
    const free = new FreeHosts(hosts)
    const choose = makeChoose()
    const lines = new Map<string, { readonly job: Job; readonly since: number }[]>()
    const go = (job: Job, host: SimHost): void => {
      start(job, host)
      free.place(host)
    }
    return {
      name,
      arrive(job, now) {
        const { model } = job.request.session
        const host = choose(free.of(model), model)
        if (host !== undefined) {
          go(job, host)
          return
        }
        const line = lines.get(model) ?? []
        lines.set(model, line)
        line.push({ job, since: now })
      },
      freed(host, now) {
        const line = lines.get(host.model) ?? []
        for (let next = line.shift(); next !== undefined; next = line.shift()) {
          if (now - next.since <= PATIENCE) {
            go(next.job, host)
            break
          }
          refuse(next.job)
        }
        free.place(host)
      }
    }
  }
}

function least(scoreOf: (host: SimHost) => number): Choose {
  return (free) => {
    let best: SimHost | undefined
    let lowest = Number.POSITIVE_INFINITY
    for (const host of free) {
      const score = scoreOf(host)
      if (score >= lowest) continue
      lowest = score
      best = host
    }
    return best
  }
}

export const roundRobin = rival('round robin', () => {
  const turns = new Map<string, number>()
  return (free, model) => {
    const turn = turns.get(model) ?? 0
    turns.set(model, turn + 1)
    return free[turn % free.length]
  }
})

export const leastConnections = rival('least connections', () => least(({ running }) => running))

export const runningTimesMean = rival('fewest running × mean time', () =>
  least(({ running, meanTime }) => running * meanTime)
)

export const leastOutstanding = rival('least-outstanding scan', () =>
  least(({ outstandingTokens, tokensPerSecond }) => outstandingTokens / tokensPerSecond)
)
