import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OpenAI } from 'openai'
import { type Network, type NetworkEvent, readNetworkConfig, startNetwork } from '../../services/network/start.ts'
import { createEnvReader } from '../../services/runtime/env.ts'

export { waitForModel } from '../../services/network/start.ts'

export const MODEL = 'bombyx/demonstration'

export interface TestNetwork extends Network {
  readonly dataFolder: string
  readonly events: readonly NetworkEvent[]
  readonly openai: OpenAI
  /** The process of that name. */
  pid(name: string): number
}

/** An engine that runs already. */
export interface TestEngine {
  readonly url: string
  readonly model: string
}

/** The network of `npm start` in a data folder of its own, with the official SDK pointed at its endpoint. */
export async function startTestNetwork(engine?: TestEngine): Promise<TestNetwork> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'bombyx-e2e-'))
  const model = engine === undefined ? [] : ['--model', engine.model]
  const env = { PATH: process.env.PATH, VLLM_URL: engine?.url }
  const config = readNetworkConfig(['--data', dataFolder, '--port', '0', ...model], createEnvReader(env))
  if (config === undefined) throw new TypeError('no help was asked for')
  const events: NetworkEvent[] = []
  const network = await startNetwork(config, (event) => events.push(event))
  return {
    ...network,
    dataFolder,
    events,
    openai: new OpenAI({ baseURL: `${network.proxy.url}/v1`, apiKey: 'unused', maxRetries: 0 }),
    pid: (name) => network.processes.find((process) => process.name === name)?.pid ?? Number.NaN,
    async [Symbol.asyncDispose]() {
      await network[Symbol.asyncDispose]()
      await rm(dataFolder, { recursive: true, force: true })
    }
  }
}
