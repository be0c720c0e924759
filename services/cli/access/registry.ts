import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { RegistryAdminClient } from '../../../proto/gen/bombyx/v1/RegistryAdmin.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import { connect } from '../../runtime/grpc-client.ts'
import { DATA_OPTION, readAddress } from './network.ts'

export interface RegistryOptions {
  readonly registry?: string
  readonly tlsCa?: string
  readonly data: string
  readonly json?: true
}

export const REGISTRY_HELP = `
--registry names the registry; without it, that of the network that is up on this machine. BOMBYX_TOKEN is the operator's token.`

/** A command that asks a registry. */
export function registryCommand(hosts: Command, usage: string, description: string): Command {
  return hosts
    .command(usage)
    .description(description)
    .option('--registry <authority>', 'host:port of the registry')
    .option('--tls-ca <file>', "PEM of the CA of the registry's certificate (default: the system's)")
    .option(...DATA_OPTION)
    .option('--json', 'print JSON')
}

export async function withAdmin(
  options: RegistryOptions,
  work: (admin: RegistryAdminClient) => Promise<void>
): Promise<void> {
  const token = process.env['BOMBYX_TOKEN']
  const admin = await connect(bombyxV1.RegistryAdmin, await readAddress(options.registry, options.data, 'registry'), {
    ...(options.tlsCa === undefined ? {} : { tlsCa: resolve(options.tlsCa) }),
    ...(token === undefined ? {} : { token })
  })
  try {
    await work(admin)
  } finally {
    admin.close()
  }
}
