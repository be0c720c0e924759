import type { Command } from 'commander'
import type { DirectoryClient } from '../../../proto/gen/bombyx/v1/Directory.ts'
import type { RegistryAdminClient } from '../../../proto/gen/bombyx/v1/RegistryAdmin.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import { readAddress } from './network.ts'
import { dialOf, type ServiceOptions, serviceCommand, withService } from './service.ts'

export interface RegistryOptions extends ServiceOptions {
  readonly registry?: string
}

export const REGISTRY_HELP = `
--registry names the registry; without it, that of the network that is up on this machine. BOMBYX_TOKEN is the operator's token.`

/** A command that asks a registry. */
export function registryCommand(parent: Command, usage: string, description: string): Command {
  return serviceCommand('registry', parent, usage, description)
}

export async function withAdmin<Result>(
  options: RegistryOptions,
  work: (admin: RegistryAdminClient) => Promise<Result>
): Promise<Result> {
  const authority = await readAddress(options.registry, options.data, 'registry')
  return withService(bombyxV1.RegistryAdmin, authority, work, dialOf(options))
}

export async function withDirectory<Result>(
  options: RegistryOptions,
  work: (directory: DirectoryClient) => Promise<Result>
): Promise<Result> {
  const authority = await readAddress(options.registry, options.data, 'registry')
  return withService(bombyxV1.Directory, authority, work, dialOf(options))
}
