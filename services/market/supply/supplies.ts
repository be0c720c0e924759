import { encodeHex } from '../../../attestation/encoding.ts'
import { ServiceError } from '../../runtime/errors.ts'
import type { HostStore, HostUsage } from './host-store.ts'
import type { AttestedFacts, KnownHost } from './offered-host.ts'
import type { SupplyStore } from './store.ts'
import { attestedFacts, contradictionsOf, type Declared } from './supply-plan.ts'

export interface SupplyContext {
  readonly hosts: HostStore
  readonly supplies: SupplyStore
  readonly now: () => Date
}

/** Declared, attested and measured, side by side. */
export interface Supply {
  readonly host: KnownHost
  readonly attested: AttestedFacts
  readonly declared: Declared | undefined
  readonly usage: HostUsage | undefined
  /** Raw address; undefined: none proven. */
  readonly wallet: string | undefined
  readonly contradictions: readonly string[]
}

const MEASURED_MS = 7 * 24 * 3_600_000

/**
 * Takes a declaration of one of the provider's own hosts. Refuses NOT_FOUND for a host that the registry has never listed or that is
 * another's, DECLARATION_CONTRADICTED with both values of each contradiction.
 */
export async function putSupply(
  declared: Declared,
  provider: string | undefined,
  context: SupplyContext
): Promise<Supply> {
  requireSense(declared)
  const host = await requireOwnHost(declared.hostId, provider, context)
  const contradictions = contradictionsOf(declared, host, attestedFacts(host.result))
  if (contradictions.length > 0) throw new ServiceError('DECLARATION_CONTRADICTED', contradictions.join('; '))
  await context.supplies.put(declared, context.now())
  const supplies = await listSupplies(host.provider, context)
  const stored = supplies.find((supply) => encodeHex(supply.host.id) === encodeHex(declared.hostId))
  if (stored === undefined) throw new ServiceError('INTERNAL', 'a declaration that was stored is not there')
  return stored
}

export async function removeSupply(
  hostId: Uint8Array,
  provider: string | undefined,
  context: SupplyContext
): Promise<void> {
  await requireOwnHost(hostId, provider, context)
  await context.supplies.remove(hostId)
}

/** Of every host that the market has heard of; `provider` undefined: everybody's. */
export async function listSupplies(
  provider: string | undefined,
  { hosts, supplies, now }: SupplyContext
): Promise<readonly Supply[]> {
  const since = new Date(now().getTime() - MEASURED_MS)
  const [known, declared, usages, wallets] = await Promise.all([
    hosts.list(provider),
    supplies.list(),
    hosts.readUsage(since, provider),
    supplies.wallets()
  ])
  const declaredOf = new Map(declared.map((one) => [encodeHex(one.hostId), one]))
  const usageOf = new Map(usages.map((one) => [encodeHex(one.hostId), one]))
  return known.map((host) => {
    const attested = attestedFacts(host.result)
    const own = declaredOf.get(encodeHex(host.id))
    return {
      host,
      attested,
      declared: own,
      usage: usageOf.get(encodeHex(host.id)),
      wallet: wallets.get(host.provider),
      contradictions: own === undefined ? [] : contradictionsOf(own, host, attested)
    }
  })
}

async function requireOwnHost(
  id: Uint8Array,
  provider: string | undefined,
  { hosts }: SupplyContext
): Promise<KnownHost> {
  const host = await hosts.find(id)
  if (host === undefined || (provider !== undefined && host.provider !== provider)) {
    throw new ServiceError('NOT_FOUND', 'no host of this provider has that id in the registry')
  }
  return host
}

function requireSense({ gpu, gpus, vramGib, uptimePermille, region, models }: Declared): void {
  if (!/^[!-~]{1,32}$/.test(gpu)) throw refuse('a GPU is named by one word, for example H100')
  if (gpus < 1 || gpus > 16) throw refuse('GPUs are from 1 to 16')
  if (vramGib < 1 || vramGib > 65_536) throw refuse('VRAM is from 1 to 65,536 GiB')
  if (uptimePermille < 1 || uptimePermille > 1000) throw refuse('uptime is from 1 to 1,000 thousandths')
  if (!/^[a-z0-9-]{0,64}$/.test(region)) throw refuse('a region is at most 64 of a-z, 0-9 and dash')
  if (models.length > 64 || models.some((model) => !/^[!-~]{1,256}$/.test(model))) {
    throw refuse('at most 64 models, each named by one word')
  }
}

function refuse(rule: string): ServiceError {
  return new ServiceError('ARGUMENT_INVALID', rule)
}
