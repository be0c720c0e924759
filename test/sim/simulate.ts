import { Ends } from './ends.ts'
import { SimHost } from './sim-host.ts'
import type { Request, World } from './world.ts'

/** A request on its way. */
export interface Job {
  readonly request: Request
  /** The host that answered the session's last turn. */
  readonly last: SimHost | undefined
}

/** What a rule may do with a request. */
export interface Dispatcher {
  start(job: Job, host: SimHost): void
  refuse(job: Job): void
}

/** How requests find hosts. A host that it starts a job on has a free slot. */
export interface Rule {
  readonly name: string
  arrive(job: Job, now: number): void
  /** A slot of this host is free again. */
  freed(host: SimHost, now: number): void
}

export type MakeRule = (hosts: readonly SimHost[], dispatcher: Dispatcher) => Rule

/** What became of one request. */
export interface Outcome {
  readonly request: Request
  /** Undefined: refused. */
  readonly host: SimHost | undefined
  /** Seconds, waiting included. */
  readonly toFirstToken: number
  /** Seconds to the first token on an idle host of average speed that has the prefix. */
  readonly ideal: number
}

const PATIENCE = 10
const AVERAGE_PROMPT_SPEED = 72.5 * 60

/** Runs one rule through the world, and tells what became of each request. */
export function simulate(world: World, makeRule: MakeRule, tell: (outcome: Outcome) => void): readonly SimHost[] {
  const hosts = world.hosts.map((facts) => new SimHost(facts))
  const last = new WeakMap<object, SimHost>()
  const ends = new Ends<{ readonly host: SimHost; readonly request: Request; readonly seconds: number }>()
  let now = 0
  const rule = makeRule(hosts, {
    start(job, host) {
      const { request } = job
      const { toFirstToken, total } = host.begin(request, last.get(request.session) === host)
      last.set(request.session, host)
      ends.add(now + total, { host, request, seconds: total })
      tell({ request, host, toFirstToken: now - request.at + toFirstToken, ideal: idealOf(request) })
    },
    refuse: ({ request }) => tell({ request, host: undefined, toFirstToken: PATIENCE, ideal: idealOf(request) })
  })
  const endUntil = (limit: number): void => {
    for (let next = ends.takeUntil(limit); next !== undefined; next = ends.takeUntil(limit)) {
      now = next.at
      next.value.host.end(next.value.request, next.value.seconds)
      rule.freed(next.value.host, now)
    }
  }
  for (const request of world.requests()) {
    endUntil(request.at)
    now = request.at
    rule.arrive({ request, last: last.get(request.session) }, now)
  }
  endUntil(Number.POSITIVE_INFINITY)
  return hosts
}

function idealOf({ promptTokens, warmTokens }: Request): number {
  return (promptTokens - warmTokens) / AVERAGE_PROMPT_SPEED
}
