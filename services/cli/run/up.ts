import type { Command } from 'commander'
import { NETWORK_USAGE, readNetworkConfig, runUp } from '../../network/start.ts'
import { createEnvReader } from '../../runtime/env.ts'
import { print } from '../terminal/print.ts'
import { printable } from '../terminal/printable.ts'

export function addCommand(program: Command): void {
  program
    .command('up')
    .helpOption(false)
    .allowUnknownOption()
    .argument('[options...]')
    .action(async (_options: readonly string[], _parsed: unknown, command: Command) => {
      const config = readNetworkConfig(command.args, createEnvReader(process.env))
      if (config === undefined) return print(NETWORK_USAGE.trimEnd())
      const write = (text: string): void => void process.stdout.write(printable(text))
      process.exitCode = await runUp(config, { write, signal: stopSignal() })
    })
}

/** Aborted by Ctrl-C or SIGTERM. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort())
  return stop.signal
}
