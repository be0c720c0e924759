import { resolve } from 'node:path'
import type { Command } from 'commander'
import { readProxyConfig, startProxy } from '../../client/start.ts'
import { createEnvReader } from '../../runtime/env.ts'
import { readNetworkFile } from '../../runtime/network-file.ts'
import { EXIT_HELP } from '../exit.ts'
import { stopSignal } from '../run/up.ts'
import { dim, print } from '../terminal/print.ts'

const EXAMPLES = `
Examples:
  BOMBYX_RELAYS=relay.example:443 BOMBYX_POLICY=production bombyx proxy
  BOMBYX_TOKEN=bmx_… bombyx proxy --network .bombyx --escrow acme/escrow.json --listen 127.0.0.1:4343
      In front of the network that is up on this machine, whose policy accepts its virtual hosts; paid for from an escrow of one's own.

Environment: see services/client/config.ts for every variable.`

interface ProxyOptions {
  readonly listen?: string
  readonly relay?: string
  readonly policy?: string
  readonly region?: string
  readonly escrow?: string
  readonly state?: string
  readonly network?: string
}

export function addCommand(program: Command): void {
  program
    .command('proxy')
    .description(
      'Serves the OpenAI API on this machine; every request is sealed for hosts that this process has appraised.'
    )
    .option('--listen <address>', 'host:port (BOMBYX_LISTEN)')
    .option('--relay <authorities>', 'host:port of relays, comma-separated (BOMBYX_RELAYS)')
    .option('--policy <policy>', 'production, tdx-only, or a policy document (BOMBYX_POLICY)')
    .option('--region <region>', 'hosts of this region alone (BOMBYX_REGION)')
    .option('--escrow <file>', 'what pays for it, as `bombyx pay` wrote it (BOMBYX_ESCROW)')
    .option('--state <folder>', "where heads of the policy's log and receipts are kept (BOMBYX_DATA)")
    .option('--network <folder>', 'relay and policy of the network that is up from this data folder')
    .addHelpText('after', EXAMPLES + EXIT_HELP)
    .action(async (options: ProxyOptions) => {
      const stop = stopSignal()
      const found = options.network === undefined ? undefined : await readNetworkFile(resolve(options.network))
      const named = {
        BOMBYX_LISTEN: options.listen,
        BOMBYX_RELAYS: options.relay ?? found?.relay,
        BOMBYX_POLICY: options.policy ?? found?.policyFile,
        BOMBYX_REGION: options.region,
        BOMBYX_ESCROW: options.escrow,
        BOMBYX_DATA: options.state
      }
      const given = Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined))
      const config = await readProxyConfig(createEnvReader({ ...process.env, ...given }))
      await using proxy = await startProxy(config)
      print(`${proxy.url}/v1 seals for hosts that meet the policy "${config.policy.name}"`, dim('Ctrl-C ends it.'))
      if (!stop.aborted) await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }))
    })
}
