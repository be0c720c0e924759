import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { readKeyFile } from '../../../contracts/key-file.ts'
import { walletOf } from '../../../contracts/send.ts'
import { readHostConfig, startHost } from '../../host/start.ts'
import { openVirtualHost } from '../../network/start.ts'
import { completeContext } from '../../runtime/context.ts'
import { createEnvReader } from '../../runtime/env.ts'
import { createLogger } from '../../runtime/log.ts'
import { openChainOf } from '../access/chain.ts'
import { DATA_OPTION } from '../access/network.ts'
import { print } from '../terminal/print.ts'
import { stopSignal } from './up.ts'

const HELP = `
Example, inside a TDX guest beside vLLM:
  BOMBYX_REGISTRY=registry.example:443 BOMBYX_RELAYS=relay.example:443 BOMBYX_ENROLMENT_TOKEN=… \\
  BOMBYX_COLLECTOR=configfs-tsm BOMBYX_MODEL=Qwen/Qwen3-8B BOMBYX_WEIGHTS=<hex> VLLM_URL=http://127.0.0.1:8000 \\
    bombyx host run

Every variable is described in services/host/README.md.`

const VIRTUAL_HELP = `
Example, beside a network that is up on this machine:
  BOMBYX_ENROLMENT_TOKEN=… bombyx host virtual alice --wallet alice.key --gpu BLACKWELL --region west

Its evidence is software's own and says so: only a policy with this machine's root in it accepts it.`

interface VirtualOptions {
  readonly data: string
  readonly wallet: string
  readonly gpu: 'HOPPER' | 'BLACKWELL'
  readonly region: string
}

export function addCommand(program: Command): void {
  const host = program.command('host').description('The agent inside the guest.')
  host
    .command('run')
    .description('make keys, attest, enrol, and answer sealed requests until stopped')
    .addHelpText('after', HELP)
    .action(() => runHost(process.env))
  host
    .command('virtual')
    .description('run an agent on a virtual machine of its own in the network that is up on this machine')
    .argument('<name>', 'of the machine; it is made on first use')
    .requiredOption('--wallet <file>', 'key file of the wallet that its answers are paid to')
    .addOption(new Option('--gpu <architecture>', 'the GPU it has').choices(['HOPPER', 'BLACKWELL']).default('HOPPER'))
    .option('--region <region>', 'where it says that it is', 'local')
    .option(...DATA_OPTION)
    .addHelpText('after', VIRTUAL_HELP)
    .action(async (name: string, { data, wallet, gpu, region }: VirtualOptions) => {
      const token = createEnvReader(process.env).text('BOMBYX_ENROLMENT_TOKEN')
      const { address } = walletOf(await openChainOf(data), readKeyFile(resolve(wallet)))
      const wish = { name, gpu, region, token, payee: address.toRawString() }
      await runHost(await openVirtualHost(resolve(data), wish))
    })
}

async function runHost(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const stop = stopSignal()
  const config = readHostConfig(createEnvReader(env))
  const logger = createLogger('host')
  await using service = await startHost(config, { ...completeContext('host', { logger }), signal: stop })
  print(`listed as host ${service.details['hostId']}; Ctrl-C withdraws it and ends the agent`)
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }))
}
