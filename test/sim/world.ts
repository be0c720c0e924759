import type { HostView } from '../../services/relay/plan.ts'
import { type Random, seededRandom } from '../bench/random.ts'

export interface WorldWish {
  readonly hosts: number
  readonly requests: number
  /** Share of all that hosts can do. */
  readonly load: number
  readonly seed: number
}

/** One conversation of a tenant: a session with a relay, whose turns come one after the other. */
export interface Session {
  readonly tenant: number
  readonly model: string
}

export interface Request {
  readonly at: number
  readonly session: Session
  readonly promptTokens: number
  /** Of the prompt, those that the host that answered the session's last turn has read before. */
  readonly warmTokens: number
  readonly outputTokens: number
  /** What a rule is told of the answer's length. */
  readonly outputLimit: number
}

export interface SimHostFacts extends Pick<HostView, 'digest' | 'model' | 'region' | 'prices' | 'notAfter'> {
  readonly slots: number
  /** Tokens a second of one stream on an otherwise idle host. */
  readonly speed: number
  /** Tokens a second that it reads. */
  readonly promptSpeed: number
}

export interface World {
  readonly hosts: readonly SimHostFacts[]
  /** In order of arrival. */
  readonly requests: () => Iterable<Request>
  readonly tenants: number
}

const MODELS = 50
const TENANTS = 200
const SLOTS = [8, 16, 32]
const LIMITS = [256, 512, 1024, 2048, 4096]
const MEAN_TURNS = 15

export function makeWorld({ hosts, requests, load, seed }: WorldWish): World {
  const random = seededRandom(seed)
  const weights = zipf(Math.min(MODELS, Math.max(1, Math.floor(hosts / 20))))
  const made = Array.from({ length: hosts }, (_, index) => makeHost(index, weights, random))
  const arrive = (rate: number): Iterable<Request> =>
    arrivals({ rate, requests, weights, random: seededRandom(seed + 1) })
  const { promptTokens, outputTokens } = meanOf(arrive(1))
  // Of a host with all slots busy, which halves its speed, and with nothing cached.
  const slotSeconds = ({ speed, promptSpeed }: SimHostFacts): number =>
    2 * (promptTokens / promptSpeed + outputTokens / speed)
  const capacity = made.reduce((sum, host) => sum + host.slots / slotSeconds(host), 0)
  return { hosts: made, tenants: TENANTS, requests: () => arrive(capacity * load) }
}

function meanOf(requests: Iterable<Request>): Pick<Request, 'promptTokens' | 'outputTokens'> {
  let [count, prompts, outputs] = [0, 0, 0]
  for (const { promptTokens, outputTokens } of requests) {
    count++
    prompts += promptTokens
    outputs += outputTokens
  }
  return { promptTokens: prompts / count, outputTokens: outputs / count }
}

function makeHost(index: number, weights: readonly number[], random: Random): SimHostFacts {
  const speed = 25 + 95 * random()
  const price = Math.floor(50_000 + 150_000 * random())
  return {
    digest: String(index),
    model: `model-${pick(weights, (index * 0.618_033_988_75) % 1)}`,
    region: '',
    prices: { prompt: price, cached: price / 2, completion: 3 * price, reasoning: 3 * price },
    notAfter: Number.POSITIVE_INFINITY,
    slots: SLOTS[index % SLOTS.length] ?? 8,
    speed,
    promptSpeed: speed * 60
  }
}

interface ArrivalWish {
  readonly rate: number
  readonly requests: number
  readonly weights: readonly number[]
  readonly random: Random
}

function* arrivals({ rate, requests, weights, random }: ArrivalWish): Iterable<Request> {
  const tenants = zipf(TENANTS)
  const open: { session: Session; turns: number; context: number }[] = []
  let at = 0
  for (let sent = 0; sent < requests; sent++) {
    at -= Math.log(1 - random()) / rate
    const index = Math.floor(random() * (open.length + Math.max(1, open.length / MEAN_TURNS)))
    const known = open[index]
    const talk = known ?? { session: newSession(tenants, weights, random), turns: 0, context: 0 }
    const fresh = logNormal(MEDIAN_PROMPT, PROMPT_SPREAD, random)
    const outputTokens = logNormal(MEDIAN_OUTPUT, OUTPUT_SPREAD, random)
    const warmTokens = Math.min(talk.context, MOST_CONTEXT)
    yield {
      at,
      session: talk.session,
      promptTokens: warmTokens + fresh,
      warmTokens,
      outputTokens,
      outputLimit: LIMITS.find((limit) => limit >= outputTokens) ?? outputTokens
    }
    talk.turns++
    talk.context += fresh + outputTokens
    const over = talk.turns >= 2 * MEAN_TURNS || random() < 1 / MEAN_TURNS
    if (known === undefined && !over) open.push(talk)
    else if (known !== undefined && over) remove(open, index)
  }
}

const MEDIAN_PROMPT = 600
const PROMPT_SPREAD = 1
const MEDIAN_OUTPUT = 250
const OUTPUT_SPREAD = 0.8
const MOST_CONTEXT = 8_000

function newSession(tenants: readonly number[], models: readonly number[], random: Random): Session {
  return { tenant: pick(tenants, random()), model: `model-${pick(models, random())}` }
}

function remove<T>(list: T[], index: number): void {
  const last = list.pop()
  if (last !== undefined && index < list.length) list[index] = last
}

/** Cumulative shares. */
function zipf(count: number): readonly number[] {
  const shares = Array.from({ length: count }, (_, index) => 1 / (index + 1))
  const total = shares.reduce((sum, share) => sum + share, 0)
  let sum = 0
  return shares.map((share) => {
    sum += share / total
    return sum
  })
}

function pick(cumulative: readonly number[], at: number): number {
  const found = cumulative.findIndex((upTo) => at < upTo)
  return found < 0 ? cumulative.length - 1 : found
}

function logNormal(median: number, spread: number, random: Random): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return Math.max(1, Math.min(16_000, Math.round(median * Math.exp(spread * normal))))
}
