import { leafHash } from '../../../attestation/tlog/hash.ts'
import { uniformReader } from '../../attestation/tlog/trees.ts'
import { costsBetween } from '../../contracts/log-anchor/measure.ts'
import type { Cost } from '../../contracts/sandbox.ts'
import type { Ask, Result } from '../compare.ts'
import type { Random } from '../random.ts'
import type { Row } from '../row.ts'
import { spread } from '../statistics.ts'

const SIZES = [1_000, 1_000_000, 1_000_000_000] as const
const ASKED_AT = 1_000_000
/** nanoTON. */
const ASKED = { atMost: 2_300_000 } as const satisfies Ask
/** Leaves in ten minutes, at most. */
const GROWTH = 10_000

export const anchorRow: Row = {
  name: 'anchor',
  title: 'What an anchor costs on TON, all included, by tree size',
  async run({ quick, random, progress }) {
    const reader = uniformReader(leafHash(Uint8Array.of(1)))
    const results: Result[] = []
    for (const [at, size] of SIZES.entries()) {
      progress(at + 1, SIZES.length)
      const costs: Cost[] = []
      for (let anchor = 0; anchor < (quick ? 10 : 200); anchor++) {
        const from = BigInt(size - growth(size, random))
        costs.push(await costsBetween(from, BigInt(size), { year: 2026, reader }))
      }
      results.push(...rows(size, costs))
    }
    return {
      results,
      notes: [
        'At the fees of 2026, ten minutes after an anchor of 1 to 10,000 leaves less. No figure depends on this machine.'
      ]
    }
  }
}

function growth(size: number, random: Random): number {
  return 1 + Math.floor(random() * Math.min(GROWTH, size - 1))
}

/** The gas, the bill, and the largest bill: a spread over what the tree grew by. */
function rows(size: number, costs: readonly Cost[]): readonly Result[] {
  const bills = costs.map(({ total }) => Number(total))
  const ask = size === ASKED_AT ? ASKED : undefined
  const label = `anchor at ${size.toLocaleString('en')} leaves`
  return [
    figure(
      `${label}, gas`,
      'gas',
      costs.map(({ gas }) => Number(gas))
    ),
    figure(label, 'TON', bills, ask),
    figure(`${label}, the dearest`, 'TON', [Math.max(...bills)], ask)
  ]
}

function figure(label: string, by: 'gas' | 'TON', values: readonly number[], ask?: Ask): Result {
  const reached = spread(values)
  const unit = by === 'gas' ? 'count' : 'ton'
  return {
    label,
    against: '–',
    by,
    unit,
    ours: reached.median,
    rival: Number.NaN,
    reached,
    beside: undefined,
    control: undefined,
    ask
  }
}
