#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import { Command, CommanderError } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { COMMANDS } from './commands.ts'
import { describeFailure, EXIT, EXIT_HELP } from './exit.ts'
import { warn } from './terminal/print.ts'

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
    .configureOutput({ outputError: (text, write) => write(usageError(text)) })
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

/** Commander's complaint and what it suggests, as one line like any other failure. */
function usageError(text: string): string {
  const complaint = text
    .replace(/^error: /, '')
    .trim()
    .replaceAll('\n', ' ')
  return `bombyx: ARGUMENT_INVALID: ${complaint} (--help says how)\n`
}

function failed(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.accepted : EXIT.malformed
  const { status, code, message } = describeFailure(error)
  warn(`bombyx: ${code}: ${message}`)
  return status
}
