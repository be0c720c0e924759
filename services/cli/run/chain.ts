import { resolve } from 'node:path'
import type { Command } from 'commander'
import { startChain } from '../../network/start.ts'
import { dim, print, printJson, warn } from '../terminal/print.ts'
import { stopSignal } from './up.ts'

const HELP = `
Example:
  bombyx chain up --data ./chain
      A TON of one process, at the fees of today: any client of toncenter's API (version 2) can use it.

The faucet is a wallet v5r1 with a million TON; its key is faucet.key in the data folder. Nothing is lost when the process is killed.`

interface ChainUpOptions {
  readonly data: string
  readonly listen: string
  readonly json?: true
}

export function addCommand(program: Command): void {
  const chain = program.command('chain').description('The local TON chain, the default network.')
  chain
    .command('up')
    .description('run it until it is stopped')
    .option('--data <folder>', 'where its journal and keys live', '.bombyx/chain')
    .option('--listen <host:port>', 'address of loopback; port 0 takes a free one', '127.0.0.1:8081')
    .option('--json', 'print what it is as one JSON object')
    .addHelpText('after', HELP)
    .action(up)
}

async function up({ data, listen, json }: ChainUpOptions): Promise<void> {
  const stop = stopSignal()
  const config = { data: resolve(data), listen, blockIntervalMs: 5_000 }
  await using chain = await startChain(config)
  const { endpoint, networkId, faucet } = chain.details
  if (json === true) printJson({ endpoint, network: 'local', networkId: Number(networkId), faucet })
  else print(`endpoint   ${endpoint}`, `network    local, global id ${networkId}`, `faucet     ${faucet}`)
  warn(dim('Ctrl-C ends it.'))
  if (!stop.aborted) await new Promise((done) => stop.addEventListener('abort', done, { once: true }))
}
