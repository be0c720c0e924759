import { hash, randomBytes } from 'node:crypto'
import { appendLeaves, type CompactRange, EMPTY_RANGE } from '../../../attestation/tlog/compact-range.ts'
import { leafHash } from '../../../attestation/tlog/hash.ts'
import type { HashReader } from '../../../attestation/tlog/node-id.ts'
import { proveConsistency, proveInclusion } from '../../../attestation/tlog/prove.ts'
import { parseTile, type Tile, tileHashReader } from '../../../attestation/tlog/tile.ts'
import { EMPTY_EDGE, growTree } from '../../../services/log/edge.ts'
import { compare, standing } from '../compare.ts'
import { target } from '../micro.ts'
import type { Random } from '../random.ts'
import { runRounds } from '../rounds.ts'
import type { Row } from '../row.ts'

const LEAF_BYTES = 256
const BATCH = 1000
const SMALL = 1000
const LARGE = 1_000_000

export const logRow: Row = {
  name: 'log',
  title: 'Appending to a tree over two raw SHA-256, and proofs from cached tiles',
  async run({ quick, random, progress }) {
    const calls = quick ? 1_000 : 10_000
    const [small, large] = [readerOf(SMALL), readerOf(quick ? LARGE / 10 : LARGE)]
    const [append, raw] = [appending(), hashingTwice()]
    const targets = [
      target('append', calls / 100, append),
      target('two hashes', calls / 100, raw),
      target('two hashes again', calls / 100, raw),
      target('inclusion, 10^6', calls, proving(large, random, 'inclusion')),
      target('inclusion, 10^3', calls, proving(small, random, 'inclusion')),
      target('inclusion, 10^3 again', calls, proving(small, random, 'inclusion')),
      target('consistency, 10^6', calls, proving(large, random, 'consistency'))
    ]
    const rounds = await runRounds(targets, { rounds: quick ? 3 : 31, warmup: 2, random, progress })
    return {
      results: [
        compare(rounds, {
          label: `append ${BATCH} leaves of ${LEAF_BYTES} B`,
          ours: 'append',
          rival: 'two hashes',
          control: 'two hashes again',
          by: 'cpu',
          beside: 'wall',
          as: 'time',
          ask: { atMost: 1.6 }
        }),
        standing(rounds, { label: 'inclusion proof, 10^6', ours: 'inclusion, 10^6', by: 'cpu', ask: { atMost: 25 } }),
        standing(rounds, {
          label: 'consistency proof, 10^6',
          ours: 'consistency, 10^6',
          by: 'cpu',
          ask: { atMost: 25 }
        }),
        compare(rounds, {
          label: 'inclusion proof, t(10^6) / t(10^3)',
          ours: 'inclusion, 10^6',
          rival: 'inclusion, 10^3',
          control: 'inclusion, 10^3 again',
          by: 'cpu',
          beside: 'wall',
          as: 'time',
          ask: { atMost: 2.5 }
        })
      ],
      notes: ['Two hashes: of 257 bytes and of 65, as a leaf and a node are, by node:crypto’s one-shot call.']
    }
  }
}

interface TreeReader {
  readonly size: bigint
  readonly read: HashReader
}

/** As the log appends: leaves are hashed, and complete nodes told of. */
function appending(): () => void {
  const leaves = Array.from({ length: BATCH }, () => new Uint8Array(randomBytes(LEAF_BYTES)))
  let range: CompactRange = EMPTY_RANGE
  let nodes = 0
  return () => {
    range = appendLeaves(range, leaves.map(leafHash), () => nodes++)
  }
}

function hashingTwice(): () => void {
  const leaves = Array.from({ length: BATCH }, () => randomBytes(1 + LEAF_BYTES))
  const node = randomBytes(65)
  return () => {
    for (const leaf of leaves) {
      hash('sha256', leaf, 'buffer')
      hash('sha256', node, 'buffer')
    }
  }
}

/** A tree with all its tiles in memory, the nodes inside them computed. */
function readerOf(leaves: number): TreeReader {
  const tiles = new Map<string, Tile>()
  let edge = EMPTY_EDGE
  for (let at = 0; at < leaves; at += BATCH) {
    const hashes = Array.from({ length: Math.min(BATCH, leaves - at) }, () => new Uint8Array(randomBytes(32)))
    const grown = growTree(edge, hashes)
    for (const tile of grown.tiles)
      tiles.set(`${tile.level}/${tile.index}`, parseTile(tile.hashes, tile.hashes.byteLength / 32))
    edge = grown.edge
  }
  for (const tile of tiles.values()) if (tile.width === 256) tile.hash(8, 0)
  return { size: BigInt(leaves), read: tileHashReader((level, index) => tiles.get(`${level}/${index}`) as Tile) }
}

function proving({ size, read }: TreeReader, random: Random, kind: 'inclusion' | 'consistency'): () => void {
  const draw = (): bigint => BigInt(Math.floor(random() * Number(size)))
  return kind === 'inclusion'
    ? () => void proveInclusion(draw(), size, read)
    : () => void proveConsistency(draw() || 1n, size, read)
}
