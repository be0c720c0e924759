import { sha256 } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { type ClassPrices, type HostView, planDispatch, planLegs } from '../../../services/relay/plan.ts'
import { compare, standing } from '../compare.ts'
import { target } from '../micro.ts'
import type { Random } from '../random.ts'
import { runRounds } from '../rounds.ts'
import type { Row } from '../row.ts'

const NOW = 1_790_000_000
const REGIONS = ['north', 'south', 'east', 'west'] as const

export const planRow: Row = {
  name: 'plan',
  title: 'planLegs among 10,000 hosts, planDispatch among 8 legs',
  async run({ quick, random, progress }) {
    const calls = quick ? 2_000 : 20_000
    const [many, few, legs] = [makeHosts(10_000, random), makeHosts(100, random), makeHosts(8, random)]
    const targets = [
      target('10,000 hosts', calls, choosing(many, random)),
      target('100 hosts', calls, choosing(few, random)),
      target('100 hosts again', calls, choosing(few, random)),
      target('8 legs', calls * 10, () => {
        planDispatch(legs, { last: undefined }, NOW, random)
      })
    ]
    const rounds = await runRounds(targets, { rounds: quick ? 3 : 31, warmup: 2, random, progress })
    return {
      results: [
        standing(rounds, { label: 'planLegs, 10,000 hosts', ours: '10,000 hosts', by: 'cpu', ask: { atMost: 20 } }),
        compare(rounds, {
          label: 'planLegs, t(10k) / t(100)',
          ours: '10,000 hosts',
          rival: '100 hosts',
          control: '100 hosts again',
          by: 'cpu',
          beside: 'wall',
          as: 'time',
          ask: { atMost: 1.5 }
        }),
        standing(rounds, { label: 'planDispatch, 8 legs', ours: '8 legs', by: 'cpu', ask: { atMost: 1 } })
      ],
      notes: ['Eight legs under a price ceiling that three hosts of four keep.']
    }
  }
}

function choosing(hosts: readonly HostView[], random: Random): () => void {
  const byDigest = new Map(hosts.map((host) => [host.digest, host]))
  const index = { available: () => hosts, find: (digest: string) => byDigest.get(digest) }
  const wish = { model: 'm', region: '', maxPrices: prices(75), count: 8, exclude: new Set<string>(), prefer: [] }
  return () => {
    planLegs(index, wish, NOW, random)
  }
}

function makeHosts(count: number, random: Random): readonly HostView[] {
  return Array.from({ length: count }, (_, at) => ({
    digest: encodeHex(sha256(Uint8Array.of(at & 0xff, at >> 8))),
    model: 'm',
    region: REGIONS[at % REGIONS.length] ?? 'north',
    prices: prices(Math.floor(random() * 100)),
    notAfter: NOW + 100,
    free: 1 + Math.floor(random() * 16),
    outstandingTokens: Math.floor(random() * 10_000),
    tokensPerSecond: 20 + random() * 80
  }))
}

function prices(price: number): ClassPrices {
  return { prompt: price, cached: price, completion: price, reasoning: price }
}
