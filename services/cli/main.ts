#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import { Command, CommanderError } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { describeFailure, EXIT_HELP } from './exit.ts'
import { warn } from './print.ts'

interface CommandModule {
  addCommand(program: Command): void
}

/** Each command's code is loaded only when it runs: `verify` needs no gRPC, no database and no client. */
const COMMANDS: Readonly<Record<string, { readonly summary: string; readonly load: () => Promise<CommandModule> }>> = {
  up: { summary: 'bring up everything on this machine, send one sealed prompt', load: () => import('./up.ts') },
  ask: { summary: 'send one sealed prompt', load: () => import('./ask.ts') },
  proxy: { summary: 'run the local OpenAI endpoint in front of a relay', load: () => import('./proxy.ts') },
  verify: { summary: 'appraise a TDX quote or an evidence bundle, offline', load: () => import('./verify.ts') },
  hosts: { summary: 'list, show and quarantine hosts', load: () => import('./hosts.ts') },
  host: { summary: 'run the agent of a GPU host', load: () => import('./host.ts') },
  serve: { summary: 'run any set of the services', load: () => import('./serve.ts') },
  token: { summary: 'make API keys', load: () => import('./token.ts') },
  conformance: { summary: 'verify one case of a conformance suite', load: () => import('./conformance.ts') }
}

const EXAMPLES = `
Examples:
  bombyx up                                          everything on this machine, and one sealed prompt
  bombyx ask "What is a Merkle tree?"                one sealed prompt to the network that is up
  bombyx verify quote.bin --collateral c.json        is this TDX quote genuine?
  bombyx hosts list                                  who serves what, and what was proven of it

bombyx <command> --help says more of each.`

// Whoever reads our output may stop early, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
process.exitCode = await run(process.argv.slice(2))

async function run(args: readonly string[]): Promise<number> {
  const program = new Command('bombyx')
    .description("LLM inference on other people's GPU hosts without having to trust them, or us.")
    .version(packageJson.version, '-V, --version')
    .showHelpAfterError('(--help says how)')
    .addHelpText('after', EXAMPLES + EXIT_HELP)
    .helpCommand(false)
    .exitOverride()
  const wanted = args.find((arg) => !arg.startsWith('-'))
  for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
    if (name === wanted) (await load()).addCommand(program)
    else program.command(name).summary(summary)
  }
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    return failed(error)
  }
  return typeof process.exitCode === 'number' ? process.exitCode : 0
}

function failed(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode
  const { status, code, message } = describeFailure(error)
  warn(`bombyx: ${code}: ${message}`)
  return status
}
