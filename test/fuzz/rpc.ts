import { readFileSync } from 'node:fs'
import { Client, credentials } from '@grpc/grpc-js'
import * as fc from 'fast-check'
import { bombyxV1 } from '../../proto/load.ts'
import { openProviderToken } from '../../services/network/local/provider-token.ts'
import { callUnary, connect } from '../../services/runtime/grpc-client.ts'
import { MODEL, startTestNetwork, type TestNetwork } from '../e2e/network.ts'
import type { CampaignWish } from './campaign.ts'
import { callWith, type RpcMethod } from './rpc-call.ts'
import type { MarketMaterial } from './rpc-market-seeds.ts'
import { type RpcMaterial, requestInputs, requestSeeds } from './rpc-seeds.ts'
import { SERVICES } from './rpc-services.ts'
import type { FuzzReport } from './target.ts'

/** Of a run's inputs, those that go through calls, which cost more. */
export const RPC_INPUTS_SHARE = 0.1

const AT_ONCE = 24
const BATCH = 240
/** What a call may take with its neighbours beside it. */
const SLOWEST_MS = 5_000
const MOST_GROWTH = 256 * 1024 * 1024
/** What only a bug or a dead process answers. */
const BUGS = new Set(['INTERNAL', 'internal', 'unknown', 'unavailable', 'deadline_exceeded', 'data_loss'])

interface Place {
  readonly name: string
  readonly pid: number
  readonly method: RpcMethod
  readonly inputs: fc.Arbitrary<Uint8Array>
}

/** Brings the network up in processes and calls every method of every service with requests that are not quite right. */
export async function runRpcCampaign(
  wish: CampaignWish,
  isWanted: (name: string) => boolean = () => true
): Promise<readonly FuzzReport[]> {
  await using network = await startTestNetwork()
  await using stack = new AsyncDisposableStack()
  let died: string | undefined
  network.failed.then((name) => {
    died = name
  })
  const places = (await placesOf(network, stack)).filter(({ name }) => isWanted(name))
  const share = Math.ceil(wish.inputs / places.length)
  const reports: FuzzReport[] = []
  for (const place of places) {
    const report = await fuzzMethod(place, { ...wish, inputs: share })
    reports.push(died === undefined ? report : { ...report, failure: `the ${died} ended` })
    if (died !== undefined) break
  }
  return [...reports, await stillAnswers(network)]
}

async function fuzzMethod({ name, pid, method, inputs }: Place, wish: CampaignWish): Promise<FuzzReport> {
  const refusals = new Map<string, number>()
  const before = residentBytes(pid)
  let [read, accepted, slowestMs, peak] = [0, 0, 0, before]
  let failure: string | undefined
  const one = async (input: Uint8Array): Promise<void> => {
    const started = performance.now()
    const outcome = await callWith(method, input)
    const elapsed = performance.now() - started
    read++
    slowestMs = Math.max(slowestMs, elapsed)
    if (outcome === 'OK') accepted++
    else refusals.set(outcome, (refusals.get(outcome) ?? 0) + 1)
    if (BUGS.has(outcome) || elapsed > SLOWEST_MS) failure ??= describe(outcome, elapsed, input)
  }
  for (let batch = 0; read < wish.inputs && failure === undefined; batch++) {
    const numRuns = Math.min(BATCH, wish.inputs - read)
    const line = fc.sample(inputs, { numRuns, seed: wish.seed + batch }).values()
    await Promise.all(Array.from({ length: AT_ONCE }, () => drain(line, one)))
    peak = Math.max(peak, residentBytes(pid))
    wish.progress?.(name, read, wish.inputs)
  }
  if (peak - before > MOST_GROWTH) failure ??= `its process grew by ${Math.round((peak - before) / 1024 / 1024)} MiB`
  const growth = { peakGrowthBytes: peak - before, keptBytes: residentBytes(pid) - before }
  return { name, inputs: read, accepted, refusals, slowestMs, ...growth, ...(failure === undefined ? {} : { failure }) }
}

async function drain(line: Iterator<Uint8Array>, one: (input: Uint8Array) => Promise<void>): Promise<void> {
  for (let next = line.next(); next.done !== true; next = line.next()) await one(next.value)
}

function describe(outcome: string, elapsed: number, input: Uint8Array): string {
  const hex = Buffer.from(input).toString('hex')
  return `${outcome} after ${elapsed.toFixed(0)} ms\ninput ${hex.slice(0, 2_000)} (${input.byteLength} bytes)`
}

async function placesOf(network: TestNetwork, stack: AsyncDisposableStack): Promise<readonly Place[]> {
  const seeds = await requestSeeds(await materialOf(network))
  const token = await openProviderToken(network.dataFolder, network.addresses.registry)
  const places: Place[] = []
  for (const [process, services] of Object.entries(SERVICES)) {
    const client = new Client(authorityOf(network, process), credentials.createInsecure())
    stack.defer(() => client.close())
    for (const [service, definition] of Object.entries(services)) {
      for (const entry of Object.entries(definition)) {
        const method = { client, definition: entry[1], ...(service === 'Registry' ? { token } : {}) }
        const name = `rpc ${process} ${service}.${entry[0]}`
        places.push({ name, pid: network.pid(process), method, inputs: requestInputs(seeds, service, entry) })
      }
    }
  }
  return places
}

async function materialOf({ addresses }: TestNetwork): Promise<RpcMaterial> {
  const relay = await connect(bombyxV1.Relay, addresses.relay)
  const blobs = await connect(bombyxV1.Blobs, addresses.relay)
  try {
    const { hosts } = await callUnary(relay, 'FindHosts', { model: MODEL })
    const { content } = await callUnary(blobs, 'GetBlob', { digest: hosts[0]?.bundleDigest ?? Buffer.alloc(0) })
    return { hosts, bundle: content, market: await marketMaterial(addresses.market) }
  } finally {
    relay.close()
    blobs.close()
  }
}

async function marketMaterial(authority: string): Promise<MarketMaterial> {
  const market = await connect(bombyxV1.Market, authority)
  try {
    const { name: organisation } = await callUnary(market, 'PutOrganisation', { name: 'somebody' })
    const { key } = await callUnary(market, 'CreateKey', { organisation, name: 'laptop' })
    const query = { queriesPerDay: 1, inputTokens: 1, outputTokens: 1 }
    const { demandId } = await callUnary(market, 'PutDemand', { organisation, model: 'm', ...query })
    const { supplies } = await callUnary(market, 'ListSupplies', {})
    const none = Buffer.alloc(0)
    return { organisation, keyId: key?.keyId ?? none, demandId, hostId: supplies[0]?.hostId ?? none }
  } finally {
    market.close()
  }
}

/** After all of it, an honest request is answered. */
async function stillAnswers({ openai }: TestNetwork): Promise<FuzzReport> {
  const counts = { inputs: 1, refusals: new Map<string, number>(), slowestMs: 0, peakGrowthBytes: 0, keptBytes: 0 }
  try {
    const messages = [{ role: 'user' as const, content: 'Still there?' }]
    await openai.chat.completions.create({ model: MODEL, messages })
    return { name: 'rpc, and an honest request after all', accepted: 1, ...counts }
  } catch (error) {
    return { name: 'rpc, and an honest request after all', accepted: 0, ...counts, failure: String(error) }
  }
}

function authorityOf({ events }: TestNetwork, name: string): string {
  const ready = events.find((event) => event.kind === 'process-ready' && event.name === name)
  if (ready?.kind !== 'process-ready') throw new TypeError(`no process ${name}`)
  return ready.authority
}

function residentBytes(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096
  } catch {
    return 0
  }
}
