import { randomFillSync } from 'node:crypto'
import { EMPTY_EDGE, growTree } from '../../../services/log/edge.ts'
import { createProver } from '../../../services/log/prover.ts'
import '../../../services/log/start.ts'
import type { LogStore } from '../../../services/log/store.ts'

/** The log's code with a tree of so many leaves, and its cache of tiles full: prints the most memory it ever had, in bytes. */
const leaves = Number(process.argv[2])
const BATCH = 4096
const PROOFS = 5_000
const tile = new Uint8Array(256 * 32)

let edge = EMPTY_EDGE
for (let at = 0; at < leaves; at += BATCH) {
  const hashes = randomFillSync(new Uint8Array(32 * Math.min(BATCH, leaves - at)))
  const batch = Array.from({ length: hashes.byteLength / 32 }, (_, place) => hashes.slice(place * 32, place * 32 + 32))
  edge = growTree(edge, batch).edge
}
// Any bytes are tiles here: what is proven is not asked.
const store = {
  readTiles: async (tiles: readonly { level: number; index: bigint }[]) =>
    new Map(tiles.map(({ level, index }) => [`${level}/${index}`, tile]))
} as unknown as LogStore
const prover = createProver(store)
const checkpoint = { size: BigInt(leaves), root: new Uint8Array(32), note: new Uint8Array(300), signedAt: new Date(0) }
for (let at = 0; at < PROOFS; at++) await prover.proveLeaf(BigInt(Math.floor(Math.random() * leaves)), checkpoint)
process.stdout.write(`${process.resourceUsage().maxRSS * 1024}\n`)
