import { createEnvReader } from '../runtime/env.ts'
import { NETWORK_USAGE, readNetworkConfig, runUp } from './start.ts'

const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort())

try {
  const config = readNetworkConfig(process.argv.slice(2), createEnvReader(process.env))
  const write = (text: string): void => void process.stdout.write(text)
  if (config === undefined) write(NETWORK_USAGE)
  else process.exitCode = await runUp(config, { write, signal: stop.signal })
} catch (error) {
  process.stderr.write(`bombyx: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
