import { appendFile, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { generateEd25519 } from '../../../../attestation/crypto.ts'
import { signUsage } from '../../../../attestation/receipt/usage.ts'
import { keepReceipts, readKeptReceipts } from '../../../../services/client/receipts/receipt-files.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bombyx-receipts-'))
})
afterEach(() => rm(folder, { recursive: true }))

const HOST = new Uint8Array(32).fill(1)
const usage = signUsage(
  {
    ...{ counts: { prompt: 1, cached: 0, completion: 1, reasoning: 0 }, durationMs: 1, epoch: new Uint8Array(16) },
    ...{ finish: 'complete', keyId: 'r1', model: 'm', n: 0, price: 1n, receiptHash: null, seq: 1 },
    ...{ sessionId: new Uint8Array(16), tenant: new Uint8Array(16), keysetDigest: HOST }
  },
  generateEd25519()
)

it('what was kept is read again, one file a month, for its owner alone; a line cut short is left out', async () => {
  let now = new Date('2026-11-30T23:59:59Z')
  const faults: string[] = []
  {
    await using files = keepReceipts(folder, { now: () => now, onFault: (reason) => faults.push(reason) })
    files.keep({ request: 'aa-0', keysetDigest: HOST, usage })
  }
  now = new Date('2026-12-01T00:00:00Z')
  {
    await using files = keepReceipts(folder, { now: () => now, onFault: (reason) => faults.push(reason) })
    files.keep({ request: 'aa-1', keysetDigest: HOST, usage })
  }
  expect(await readdir(join(folder, 'receipts'))).toEqual(['2026-11.jsonl', '2026-12.jsonl'])
  expect((await stat(join(folder, 'receipts', '2026-11.jsonl'))).mode & 0o777).toBe(0o600)
  await appendFile(join(folder, 'receipts', '2026-12.jsonl'), '{"at":1,"request":"aa-2","keys')
  const kept = await readKeptReceipts(folder)
  expect(kept.map(({ request, at, usage: read }) => [request, at, read?.bytes])).toEqual([
    ['aa-0', 1_796_083_199, usage],
    ['aa-1', 1_796_083_200, usage]
  ])
  expect(faults).toEqual([])
})

it('a folder that cannot be written is told, and costs nothing else', async () => {
  await appendFile(join(folder, 'receipts'), 'a file')
  const faults: string[] = []
  {
    await using files = keepReceipts(folder, { now: () => new Date(), onFault: (reason) => faults.push(reason) })
    files.keep({ request: 'aa-0', keysetDigest: HOST, usage })
  }
  expect(faults).toHaveLength(1)
})
