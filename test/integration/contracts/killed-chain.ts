import { randomBytes } from 'node:crypto'
import { type JournalFile, openJournalFile } from '../../../contracts/local-chain/journal.ts'
import { openLocalChain } from '../../../contracts/local-chain/local-chain.ts'
import { startChainServer } from '../../../contracts/local-chain/server.ts'

/*
 * A local chain that kills its own process, as `kill -9` would, at the step of its journal that BOMBYX_KILL_AT counts to.
 * An entry has four: before anything is written, when half of it is, when all of it is but not synced, and when it is on
 * disk but nobody has been told.
 */

const [folder = '', killAt = '0'] = [process.env['BOMBYX_FOLDER'], process.env['BOMBYX_KILL_AT']]
let step = 0

function pass(): void {
  step += 1
  if (step === Number(killAt)) process.kill(process.pid, 'SIGKILL')
}

async function openFile(path: string): Promise<JournalFile> {
  const file = await openJournalFile(path)
  return {
    ...file,
    write: async (bytes, position) => {
      pass()
      const half = Math.floor(bytes.length / 2)
      await file.write(bytes.subarray(0, half), position)
      pass()
      await file.write(bytes.subarray(half), position + half)
      pass()
    },
    sync: async () => {
      await file.sync()
      pass()
    }
  }
}

const chain = await openLocalChain({ folder, now: Date.now, randomSeed: () => randomBytes(32), openFile })
const server = await startChainServer(chain, { host: '127.0.0.1', port: 0 })
process.send?.({ endpoint: server.endpoint })
process.once('disconnect', () => process.exit())
