import type { PlacementHost, TokenPrices } from './supply.ts'

/** Hosts that a plan need not tell apart: one integer of the problem is how many of them hold a model. */
export interface HostClass {
  readonly gpu: string
  readonly gpus: number
  readonly vramGib: number
  readonly region: string
  /** The highest of its hosts' in each class of tokens, so that no ceiling is passed whichever host serves. */
  readonly prices: TokenPrices
  readonly models: readonly string[] | 'any'
  /** The lowest of its hosts'. */
  readonly uptime: number
  readonly policyLevel: number
  /** By id. */
  readonly hosts: readonly PlacementHost[]
}

/** Prices within a third of one another go together. */
const BANDS_A_DOUBLING = 2
const UPTIME_STEP = 0.1

/** Groups the hosts whose attestation is good at `now` (unix seconds); the order of the input makes no difference. */
export function classesOf(hosts: readonly PlacementHost[], now: number): readonly HostClass[] {
  const groups = new Map<string, PlacementHost[]>()
  for (const host of hosts.filter(({ notAfter }) => now < notAfter).sort(byId)) {
    const key = classKey(host)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [host])
    else group.push(host)
  }
  return [...groups.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => describe(group))
}

export function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : Number(a.id > b.id)
}

function classKey(host: PlacementHost): string {
  const { gpu, gpus, vramGib, region, prices, models, uptime, policyLevel } = host
  const served = models === 'any' ? models : [...models].sort()
  return JSON.stringify([
    gpu,
    gpus,
    vramGib,
    region,
    bandOf(prices),
    served,
    Math.floor(uptime / UPTIME_STEP),
    policyLevel
  ])
}

function bandOf({ prompt, completion }: TokenPrices): number {
  return Math.floor(Math.log2(1 + Number(prompt + completion)) * BANDS_A_DOUBLING)
}

function describe(hosts: readonly PlacementHost[]): HostClass {
  const [first] = hosts
  if (first === undefined) throw new TypeError('a class has a host')
  const { gpu, gpus, vramGib, region, models, policyLevel } = first
  const uptime = Math.min(...hosts.map((host) => host.uptime))
  const dearest = (kind: keyof TokenPrices): bigint =>
    hosts.reduce((most, { prices }) => (prices[kind] > most ? prices[kind] : most), 0n)
  const prices = {
    prompt: dearest('prompt'),
    cached: dearest('cached'),
    completion: dearest('completion'),
    reasoning: dearest('reasoning')
  }
  return { gpu, gpus, vramGib, region, prices, models, uptime, policyLevel, hosts }
}
