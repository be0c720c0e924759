#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import { Command, CommanderError } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { addAskCommand } from './ask.ts'
import { addConformanceCommand } from './conformance.ts'
import { describeFailure, EXIT_HELP } from './exit.ts'
import { addHostCommand } from './host.ts'
import { addHostsCommand } from './hosts.ts'
import { warn } from './print.ts'
import { addProxyCommand } from './proxy.ts'
import { addServeCommand } from './serve.ts'
import { addTokenCommand } from './token.ts'
import { addUpCommand } from './up.ts'
import { addVerifyCommand } from './verify.ts'

const EXAMPLES = `
Examples:
  bombyx up                                          everything on this machine, and one sealed prompt
  bombyx ask "What is a Merkle tree?"                one sealed prompt to the network that is up
  bombyx verify quote.bin --collateral c.json        is this TDX quote genuine?
  bombyx hosts list                                  who serves what, and what was proven of it`

const program = new Command('bombyx')
  .description("LLM inference on other people's GPU hosts without having to trust them, or us.")
  .version(packageJson.version, '-V, --version')
  .showHelpAfterError('(--help says how)')
  .addHelpText('after', EXAMPLES + EXIT_HELP)
  .exitOverride()

addUpCommand(program)
addAskCommand(program)
addProxyCommand(program)
addVerifyCommand(program)
addHostsCommand(program)
addHostCommand(program)
addServeCommand(program)
addTokenCommand(program)
addConformanceCommand(program)

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode
  } else {
    const { status, code, message } = describeFailure(error)
    warn(`bombyx: ${code}: ${message}`)
    process.exitCode = status
  }
}
