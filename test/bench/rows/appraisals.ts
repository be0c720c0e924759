import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { challengeNonce } from '../../../attestation/session/challenge.ts'
import { parseVirtualPlatform } from '../../../attestation/virtual/files.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import { callUnary, connect } from '../../../services/runtime/grpc-client.ts'
import { createGuest } from '../../fakes/guest.ts'
import { compare, standing } from '../compare.ts'
import { type BombyxPath, startBombyxPath } from '../path/bombyx-path.ts'
import { Load } from '../path/load-process.ts'
import { OBSERVED_ENV, Observer } from '../path/observer.ts'
import { type Measure, pathTarget } from '../path/path.ts'
import { startBenchProcess } from '../path/rival-paths.ts'
import { runRounds, type Target } from '../rounds.ts'
import type { Row } from '../row.ts'

const A_SECOND = 100
const STREAMS = 25
const BUNDLES = 64
const MOST_WAITING = 50

export const appraisalsRow: Row = {
  name: 'appraisals',
  title: `p95 chunk delay while ${A_SECOND} appraisals a second run, over without`,
  async run({ quick, random, progress }) {
    await using stack = new AsyncDisposableStack()
    const load = stack.use(await Load.start())
    const engine = stack.use(await startBenchProcess('path/engine.ts'))
    const observer = new Observer()
    const bombyx = await startBombyxPath(stack, engine, { env: OBSERVED_ENV, onLine: observer.onLine })
    const appraise = await openAppraisals(stack, bombyx)
    const measure: Measure = {
      wish: { requests: STREAMS, concurrency: STREAMS, chunks: quick ? 100 : 250, everyMs: 20 },
      operations: ({ chunks }) => chunks,
      wall: ({ delay95 }) => delay95
    }
    const without = pathTarget(bombyx, load, measure, 'without')
    const withThem = beside(pathTarget(bombyx, load, measure, 'with appraisals'), appraise, async () => {
      return (await observer.look(bombyx.verifier)).loopP99
    })
    const targets = [without, { ...without, name: 'without again' }, withThem]
    const rounds = await runRounds(targets, { rounds: quick ? 2 : 11, warmup: 1, random, progress })
    return {
      results: [
        compare(rounds, {
          label: 'p95 chunk delay beside appraisals',
          ours: withThem.name,
          rival: without.name,
          control: 'without again',
          by: 'wall',
          beside: 'cpu',
          as: 'time',
          ask: { atMost: 1.3 }
        }),
        standing(rounds, {
          label: "verifier's event-loop delay p99",
          ours: withThem.name,
          by: 'loop',
          ask: { atMost: 5000 }
        }),
        standing(rounds, { label: 'appraisals a second done', ours: withThem.name, by: 'appraised', unit: 'count' })
      ],
      notes: [`${STREAMS} streams of 50 chunks a second, ${BUNDLES} bundles in turn, appraised in full each time.`]
    }
  }
}

/** One appraisal by the verifier, of one bundle after the other. */
async function openAppraisals(stack: AsyncDisposableStack, { verifier, tee }: BombyxPath) {
  const client = await connect(bombyxV1.Verifier, verifier.authority)
  stack.defer(() => client.close())
  const platform = parseVirtualPlatform(await readFile(tee.platformFiles[0] ?? ''))
  const evidence = Array.from({ length: BUNDLES }, () => {
    const challenge = { random: randomBytes(32), network: 0, seqno: 0, rootHash: new Uint8Array(32), genUtime: 0 }
    const bundle = createGuest(platform, {}, new Date()).quote(challenge)
    return { bundle: Buffer.from(bundle), expectedNonce: Buffer.from(challengeNonce(challenge)) }
  })
  let next = 0
  return async () => {
    const { verdict } = await callUnary(client, 'Appraise', evidence[next++ % BUNDLES] ?? {})
    if (verdict?.status !== 'AFFIRMING') throw new Error(`the verdict is ${verdict?.status}`)
  }
}

/** The target, while `appraise` is called so many times a second. */
function beside(target: Target, appraise: () => Promise<void>, loopP99: () => Promise<number>): Target {
  return {
    name: target.name,
    async run() {
      let [asked, done] = [0, 0]
      await loopP99()
      const start = performance.now()
      const failed = Promise.withResolvers<never>()
      const ticking = setInterval(() => {
        // A verifier that is behind is not buried: the row prints how many it did.
        if (asked - done >= MOST_WAITING) return
        asked++
        appraise().then(() => done++, failed.reject)
      }, 1000 / A_SECOND)
      try {
        const sample = await Promise.race([target.run(), failed.promise])
        const appraised = done / ((performance.now() - start) / 1000)
        return { ...sample, figures: { ...sample.figures, loop: await loopP99(), appraised } }
      } finally {
        clearInterval(ticking)
      }
    }
  }
}
