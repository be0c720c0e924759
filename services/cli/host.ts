import type { Command } from 'commander'
import { readHostConfig, startHost } from '../host/start.ts'
import { completeContext } from '../runtime/context.ts'
import { createEnvReader } from '../runtime/env.ts'
import { createLogger } from '../runtime/log.ts'
import { print } from './print.ts'
import { stopSignal } from './up.ts'

const HELP = `
Example, inside a TDX guest beside vLLM:
  BOMBYX_REGISTRY=registry.example:443 BOMBYX_RELAYS=relay.example:443 BOMBYX_ENROLMENT_TOKEN=… \\
  BOMBYX_COLLECTOR=configfs-tsm BOMBYX_MODEL=Qwen/Qwen3-8B BOMBYX_WEIGHTS=<hex> VLLM_URL=http://127.0.0.1:8000 \\
    bombyx host run

Every variable is described in services/host/README.md.`

export function addCommand(program: Command): void {
  const host = program.command('host').description('The agent inside the guest.')
  host
    .command('run')
    .description('make keys, attest, enrol, and answer sealed requests until stopped')
    .addHelpText('after', HELP)
    .action(async () => {
      const stop = stopSignal()
      const config = readHostConfig(createEnvReader(process.env))
      const logger = createLogger('host')
      await using service = await startHost(config, { ...completeContext('host', { logger }), signal: stop })
      print(`listed as host ${service.details['hostId']}; Ctrl-C withdraws it and ends the agent`)
      if (!stop.aborted) await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }))
    })
}
