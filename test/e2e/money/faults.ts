import { setTimeout as sleep } from 'node:timers/promises'
import { type Random, shuffle } from '../../bench/random.ts'
import { MOMENTS, type Moment } from './moments.ts'
import { type MoneyWorld, VICTIMS, type Victim } from './world.ts'

/** Who is killed, together, and when. */
export interface Fault {
  readonly victims: readonly Victim[]
  /** Right after it, or `soon`: after the pause alone. */
  readonly moment: Moment | 'claim sent' | 'soon'
  readonly pauseMs: number
  readonly downMs: number
}

const WHEN: readonly Fault['moment'][] = [
  ...MOMENTS.filter((moment) => moment !== 'block written'),
  'claim sent',
  'soon'
]
const MOMENT_LIMIT_MS = 2_000

/** Everybody is killed once before anybody is again, and every moment is struck as often. */
export function planFaults(random: Random, count: number): readonly Fault[] {
  const deal = <T>(of: readonly T[]): (() => T) => {
    let deck: T[] = []
    return () => {
      if (deck.length === 0) deck = [...shuffle(of, random)]
      return deck.pop() as T
    }
  }
  const [victim, moment] = [deal(VICTIMS), deal(WHEN)]
  return Array.from({ length: count }, () => {
    const victims = [...new Set([victim(), ...(random() < 0.2 ? [victim()] : [])])]
    const when = moment()
    const most = when === 'soon' ? 1_000 : random() < 0.5 ? 0 : 30
    return { victims, moment: when, pauseMs: Math.floor(random() * most), downMs: Math.floor(random() ** 2 * 2_000) }
  })
}

export async function runFault(world: MoneyWorld, { victims, moment, pauseMs, downMs }: Fault): Promise<void> {
  if (moment === 'claim sent') {
    await world.moments.next('claim stored', MOMENT_LIMIT_MS)
    await world.moments.next('block written', MOMENT_LIMIT_MS)
  } else if (moment !== 'soon') await world.moments.next(moment, MOMENT_LIMIT_MS)
  if (pauseMs > 0) await sleep(pauseMs)
  const struck = victims.map((victim) => [victim, world.strike(victim, downMs)] as const)
  // A guest takes seconds to start, in which others are killed.
  await Promise.all(struck.filter(([victim]) => !victim.startsWith('host')).map(([, mended]) => mended))
}

export function tellFault({ victims, moment, pauseMs, downMs }: Fault): string {
  return `${victims.join(' and ')} ${pauseMs} ms after ${moment}, down for ${downMs} ms`
}
