import { randomBytes } from 'node:crypto'
import { NETWORK_IDS } from '../networks.ts'
import { type LocalChain, openLocalChain } from './local-chain.ts'
import { startChainServer } from './server.ts'

export interface LocalChainConfig {
  /** Where journal and faucet key live; one process at a time, which whoever starts it sees to. */
  readonly folder: string
  /** Loopback; port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number }
  /** Between masterchain blocks when nobody sends; 5 s unless it is named. */
  readonly blockIntervalMs?: number
}

export interface LocalChainContext {
  readonly now: () => Date
  /** The chain cannot go on: its disk failed. */
  readonly onFailure: (error: unknown) => void
}

export interface LocalChainService extends AsyncDisposable {
  /** `host:port` */
  readonly authority: string
  /** URL of the JSON-RPC, for `openChain` and `TonClient`. */
  readonly endpoint: string
  readonly networkId: number
  /** The faucet's wallet (v5r1), as its user-friendly address; its key is `faucet.key` in the folder. */
  readonly faucet: string
  readonly chain: LocalChain
}

/** Opens or begins the chain of a folder and serves it. */
export async function startLocalChain(
  config: LocalChainConfig,
  context: LocalChainContext
): Promise<LocalChainService> {
  await using stack = new AsyncDisposableStack()
  const now = (): number => context.now().getTime()
  const chain = stack.use(await openLocalChain({ folder: config.folder, now, randomSeed: () => randomBytes(32) }))
  // Whoever asks after a long stop sees a block of now: credit and beacons count from a block's time.
  await chain.tick()
  const server = stack.use(await startChainServer(chain, config.listen))
  const timer = setInterval(() => void chain.tick().catch(context.onFailure), config.blockIntervalMs ?? 5_000)
  stack.defer(() => clearInterval(timer))
  // Once whoever waits for us has been answered.
  const warming = setTimeout(() => void chain.machine.load().catch(context.onFailure), 100)
  stack.defer(() => clearTimeout(warming))
  const started = stack.move()
  return {
    authority: new URL(server.endpoint).host,
    endpoint: server.endpoint,
    networkId: NETWORK_IDS.local,
    faucet: chain.faucet.address.toString({ bounceable: false, testOnly: true }),
    chain,
    [Symbol.asyncDispose]: () => started.disposeAsync()
  }
}
