import { type HostIndex, planDispatch, planLegs } from '../../../services/relay/plan.ts'
import { type Waiting, WaitQueue } from '../../../services/relay/wait-queue.ts'
import { seededRandom } from '../../bench/random.ts'
import type { SimHost } from '../sim-host.ts'
import type { Job, MakeRule } from '../simulate.ts'
import type { Session } from '../world.ts'
import { FreeHosts } from './free-hosts.ts'

const LEGS = 8
const PATIENCE_MS = 10_000
/** The relay's defaults, for one relay; the simulated one does the work of many. */
const QUEUE = { total: 512 * 64, perTenant: 64 * 64 }
/** Sessions open anew after this many seconds, as a keyset's life has them do. */
const SESSION_LIFE = 900

/** The relay's own code: legs a session, a leg a request, and its queue. */
export const bombyx: MakeRule = (hosts, { start, refuse }) => {
  const random = seededRandom(7)
  const free = new FreeHosts(hosts)
  const index: HostIndex = { available: (model) => free.of(model), find: () => undefined }
  const queue = new WaitQueue<SimHost>(QUEUE)
  const sessions = new WeakMap<Session, { readonly legs: readonly SimHost[]; readonly until: number }>()
  const go = (job: Job, host: SimHost): void => {
    start(job, host)
    free.place(host)
  }
  const open = (session: Session, now: number): readonly SimHost[] => {
    const wish = { model: session.model, region: '', maxPrices: undefined, count: LEGS, exclude: NONE, prefer: [] }
    const legs = planLegs(index, wish, now, random) as readonly SimHost[]
    sessions.set(session, { legs, until: now + SESSION_LIFE })
    return legs
  }
  const legsOf = (session: Session, now: number): readonly SimHost[] => {
    const known = sessions.get(session)
    return known !== undefined && now < known.until && known.legs.length > 0 ? known.legs : open(session, now)
  }
  return {
    name: 'bombyx',
    arrive(job, now) {
      queue.expire(now, now * 1000)
      const { session } = job.request
      const wish = { last: job.last?.digest }
      let legs = legsOf(session, now)
      let host = planDispatch(legs, wish, now, random)
      if (host === undefined) {
        // Full legs: the client opens another session before it waits.
        const others = open(session, now)
        legs = others.length > 0 ? others : legs
        host = planDispatch(legs, wish, now, random)
      }
      if (host !== undefined) {
        go(job, host as SimHost)
        return
      }
      const waiting: Waiting<SimHost> = {
        tenant: String(session.tenant),
        hosts: legs,
        deadline: Number.POSITIVE_INFINITY,
        giveUpAt: now * 1000 + PATIENCE_MS,
        start: (chosen) => go(job, chosen),
        giveUp: () => refuse(job)
      }
      if (legs.length === 0 || !queue.add(waiting)) refuse(job)
    },
    freed(host, now) {
      queue.expire(now, now * 1000)
      queue.serve(host)
      free.place(host)
    }
  }
}

const NONE: ReadonlySet<string> = new Set()
