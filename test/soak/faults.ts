import { setTimeout as sleep } from 'node:timers/promises'
import { bombyxV1 } from '../../proto/load.ts'
import { callUnary, connect } from '../../services/runtime/grpc-client.ts'
import type { Random } from '../bench/random.ts'
import type { World } from './world.ts'

export type Fault = 'kill host' | 'cut hosts' | 'cut client' | 'quarantine'

const FAULTS: readonly Fault[] = ['kill host', 'kill host', 'cut hosts', 'cut client', 'quarantine']
const SHORTEST_PAUSE_MS = 3_000
const LONGEST_PAUSE_MS = 12_000

export interface FaultLog {
  readonly counts: Map<Fault, number>
  /** Keyset digests of guests that were killed, with what they had not delivered. */
  readonly killed: Set<string>
}

/** Breaks one thing after another, and mends each, until the signal. Host 1 is never killed: its memory is watched. */
export async function runFaults(world: World, random: Random, log: FaultLog, stop: AbortSignal): Promise<void> {
  for (;;) {
    const pause = SHORTEST_PAUSE_MS + random() * (LONGEST_PAUSE_MS - SHORTEST_PAUSE_MS)
    await sleep(pause, undefined, { signal: stop }).catch(() => {})
    if (stop.aborted) return
    const fault = FAULTS[Math.floor(random() * FAULTS.length)] ?? 'cut client'
    log.counts.set(fault, (log.counts.get(fault) ?? 0) + 1)
    if (fault === 'kill host') await killHost(world, random, log)
    else if (fault === 'quarantine') await quarantine(world, random)
    else if (fault === 'cut hosts') world.hostWire.cut()
    else world.clientWire.cut()
  }
}

async function killHost({ places, subjects }: World, random: Random, { killed }: FaultLog): Promise<void> {
  const place = places[1 + Math.floor(random() * (places.length - 1))]
  const guest = place?.process
  if (place === undefined || guest === undefined) return
  // Its keys may be other ones than those that it began with.
  for (const [digest, subject] of subjects) if (subject.endsWith(place.subject)) killed.add(digest)
  killed.add(guest.details['keysetDigest'] ?? '')
  process.kill(guest.pid, 'SIGKILL')
  await guest.ended
  await sleep(500 + random() * 2_500)
  await place.start()
}

async function quarantine({ registry }: World, random: Random): Promise<void> {
  const admin = await connect(bombyxV1.RegistryAdmin, registry)
  try {
    const { hosts } = await callUnary(admin, 'ListHosts', {})
    const listed = hosts.filter(({ state, host }) => state === 'LISTED' && host !== null)
    const hostId = listed[Math.floor(random() * listed.length)]?.host?.hostId
    if (hostId === undefined) return
    await callUnary(admin, 'QuarantineHost', { hostId, reason: 'a soak test' })
    await sleep(1_000 + random() * 3_000)
    await callUnary(admin, 'LiftQuarantine', { hostId })
  } finally {
    admin.close()
  }
}
