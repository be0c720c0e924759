import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeVirtualPlatform } from '../../attestation/virtual/files.ts'
import { createVirtualPlatform } from '../../attestation/virtual/platform.ts'
import { createVirtualRoot, generateVirtualRootKeys } from '../../attestation/virtual/root.ts'
import { type HostConfig, readHostConfig } from '../../services/host/config.ts'
import { type HostContext, type HostService, startHost } from '../../services/host/start.ts'
import { type EngineService, startEngine } from '../../services/network/engine/start.ts'
import { createEnvReader } from '../../services/runtime/env.ts'
import { HostClient } from './host-client.ts'
import { HostNetwork } from './host-network.ts'

export const TEST_MODEL = 'test/model'

/** A host agent with the demonstration engine beside it and a fake network before it. */
export interface TestHost extends AsyncDisposable {
  readonly model: string
  readonly network: HostNetwork
  readonly engine: EngineService
  readonly service: HostService
  client(): Promise<HostClient>
}

export interface TestHostWish {
  /** Settings beside or instead of the usual ones. */
  readonly env?: Readonly<Record<string, string>>
  readonly context?: Partial<HostContext>
  readonly network?: HostNetwork
}

export async function openTestHost(wish: TestHostWish = {}): Promise<TestHost> {
  await using stack = new AsyncDisposableStack()
  const network = stack.use(await (wish.network ?? new HostNetwork()).start())
  const engine = stack.use(
    await startEngine({ listen: '127.0.0.1:0', models: [TEST_MODEL], maxModelLength: 4_000_000, tokenDelayMs: 0 })
  )
  const config = await testConfig(stack, {
    BOMBYX_REGISTRY: network.authority,
    BOMBYX_RELAYS: network.authority,
    VLLM_URL: engine.url,
    ...wish.env
  })
  const service = stack.use(await startHost(config, wish.context))
  await network.ready()
  const owned = stack.move()
  return {
    model: TEST_MODEL,
    network,
    engine,
    service,
    client: () => HostClient.open(network, TEST_MODEL),
    [Symbol.asyncDispose]: () => owned.disposeAsync()
  }
}

/** The settings of a host on a virtual platform made for the test. */
export async function testConfig(
  stack: AsyncDisposableStack,
  env: Readonly<Record<string, string>>
): Promise<HostConfig> {
  return readHostConfig(createEnvReader(await testEnv(stack, env)))
}

export async function testEnv(
  stack: AsyncDisposableStack,
  env: Readonly<Record<string, string>>
): Promise<Readonly<Record<string, string>>> {
  const folder = await mkdtemp(join(tmpdir(), 'bombyx-host-'))
  stack.defer(() => rm(folder, { recursive: true }))
  const now = new Date()
  const platform = await createVirtualPlatform(await createVirtualRoot(generateVirtualRootKeys(), now), {}, now)
  await writeFile(join(folder, 'platform.json'), encodeVirtualPlatform(platform))
  return {
    BOMBYX_COLLECTOR: `virtual:${join(folder, 'platform.json')}`,
    BOMBYX_MODEL: TEST_MODEL,
    BOMBYX_WEIGHTS: '11'.repeat(32),
    BOMBYX_SLOTS: '4',
    ...env
  }
}
