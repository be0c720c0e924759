import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { configError, type EnvReader } from '../runtime/env.ts'

export interface NetworkConfig {
  /** Everything that outlives a run: database, virtual root, tokens, logs. */
  readonly dataFolder: string
  /** The local OpenAI endpoint's port on 127.0.0.1. */
  readonly port: number
  /** End after the first answer. */
  readonly once: boolean
  /** A third host, of 8 GPUs and 4 NVSwitches. */
  readonly largeMachine: boolean
  readonly prompt: string
  readonly model: string
  /** A real engine on loopback; absent: the demonstration engine. */
  readonly vllmUrl?: string
  /** What every process gets of the environment: nothing that configures a service. */
  readonly processEnv: Readonly<Record<string, string>>
}

export const NETWORK_USAGE = `Usage: npm start -- [options]        (or: bombyx up [options])

Brings up the whole of Bombyx on this machine, sends one sealed prompt and shows what was checked.

Options:
  --once             end after the answer
  --prompt TEXT      what to ask
  --model ID         the model's name (with VLLM_URL: one that the engine serves)
  --port N           port of the local OpenAI endpoint on 127.0.0.1 (default 4242; 0: any free one)
  --large-machine    a third host: 8 GPUs and 4 NVSwitches with protected PCIe
  --data FOLDER      where the database, keys and logs of this network live (default .bombyx)
  -h, --help         this text

Environment:
  VLLM_URL           an engine on loopback that speaks vLLM's API; without it a demonstration engine stands in
`

const DEFAULT_PROMPT = 'In one sentence: why can nobody between us read this?'
const DEMONSTRATION_MODEL = 'bombyx/demonstration'
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL']

/** Reads the command line and the few variables that `npm start` knows; `undefined` when help was asked for. */
export function readNetworkConfig(args: readonly string[], env: EnvReader): NetworkConfig | undefined {
  const { values } = parseCommandLine(args)
  if (values.help === true) return undefined
  const port = Number(values.port ?? 4242)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw configError('--port', 'a port from 0 to 65535 is wanted')
  const vllmUrl = env.optionalText('VLLM_URL')
  if (vllmUrl !== undefined && values.model === undefined) throw configError('--model', 'wanted with VLLM_URL')
  return {
    dataFolder: resolve(values.data ?? '.bombyx'),
    port,
    once: values.once === true,
    largeMachine: values['large-machine'] === true,
    prompt: values.prompt ?? DEFAULT_PROMPT,
    model: values.model ?? DEMONSTRATION_MODEL,
    ...(vllmUrl === undefined ? {} : { vllmUrl }),
    processEnv: Object.fromEntries(
      PASSED_ON.map((name) => [name, env.text(name, '')]).filter(([, value]) => value !== '')
    )
  }
}

function parseCommandLine(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        once: { type: 'boolean' },
        'large-machine': { type: 'boolean' },
        prompt: { type: 'string' },
        model: { type: 'string' },
        port: { type: 'string' },
        data: { type: 'string' },
        help: { type: 'boolean', short: 'h' }
      }
    })
  } catch (cause) {
    throw configError('command line', cause instanceof Error ? cause.message : 'not understood', cause)
  }
}
