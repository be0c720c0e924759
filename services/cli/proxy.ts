import type { Command } from 'commander'
import { readProxyConfig, startProxy } from '../client/start.ts'
import { createEnvReader } from '../runtime/env.ts'
import { dim, print } from './print.ts'
import { stopSignal } from './up.ts'

const EXAMPLES = `
Examples:
  BOMBYX_RELAYS=relay.example:443 BOMBYX_POLICY=production bombyx proxy
  BOMBYX_RELAYS=127.0.0.1:7070 BOMBYX_POLICY=.bombyx/policy.json bombyx proxy --listen 127.0.0.1:8080

Environment: see services/client/config.ts for every variable.`

interface ProxyOptions {
  readonly listen?: string
  readonly relay?: string
  readonly policy?: string
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
    .addHelpText('after', EXAMPLES)
    .action(async ({ listen, relay, policy }: ProxyOptions) => {
      const stop = stopSignal()
      const named = { BOMBYX_LISTEN: listen, BOMBYX_RELAYS: relay, BOMBYX_POLICY: policy }
      const given = Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined))
      const config = await readProxyConfig(createEnvReader({ ...process.env, ...given }))
      await using proxy = await startProxy(config)
      print(`${proxy.url}/v1 seals for hosts that meet the policy "${config.policy.name}"`, dim('Ctrl-C ends it.'))
      if (!stop.aborted) await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }))
    })
}
