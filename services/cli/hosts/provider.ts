import type { Command } from 'commander'
import { callUnary } from '../../runtime/grpc-client.ts'
import { REGISTRY_HELP, type RegistryOptions, registryCommand, withAdmin } from '../access/registry.ts'
import { EXIT_HELP } from '../exit.ts'
import { print, printJson, warn } from '../terminal/print.ts'

const EXAMPLES = `
Example:
  bombyx provider create alice > alice.token
      Its agents enrol with the token (BOMBYX_ENROLMENT_TOKEN), and it declares its hosts with it.
${REGISTRY_HELP}`

export function addCommand(program: Command): void {
  const provider = program
    .command('provider')
    .description('Who may enrol hosts.')
    .addHelpText('after', EXAMPLES + EXIT_HELP)
  registryCommand(provider, 'create <name>', 'make one, and its enrolment token').action(
    async (name: string, options: RegistryOptions) => {
      await withAdmin(options, async (admin) => {
        const { enrolmentToken } = await callUnary(admin, 'CreateProvider', { name })
        if (options.json === true) return printJson({ provider: name, enrolment_token: enrolmentToken })
        warn(`enrolment token of ${name}, shown this once:`)
        print(enrolmentToken)
      })
    }
  )
}
