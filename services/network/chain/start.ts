import { mkdir } from 'node:fs/promises'
import { ContractError } from '../../../contracts/errors.ts'
import { startLocalChain } from '../../../contracts/local-chain/start.ts'
import { completeContext, type ServiceContext } from '../../runtime/context.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { lockFolder } from '../../runtime/folder-lock.ts'
import { isLoopback, parseHostPort } from '../../runtime/listen.ts'
import type { ChainConfig } from './config.ts'

export interface ChainService extends AsyncDisposable {
  /** `host:port` */
  readonly authority: string
  /** What whoever started it wants to know. */
  readonly details: {
    /** URL of the JSON-RPC, for `openChain` and any TON client. */
    readonly endpoint: string
    /** TON's global id, decimal. */
    readonly networkId: string
    /** Address of the wallet that holds the first TON. */
    readonly faucet: string
  }
}

/** Runs the local chain of a folder, alone in it. DATA_FOLDER_IN_USE, CONFIG_INVALID (also for a folder that another program wrote). */
export async function startChain(config: ChainConfig, context?: Partial<ServiceContext>): Promise<ChainService> {
  const { now, logger } = completeContext('chain', context)
  const listen = parseHostPort(config.listen)
  if (!isLoopback(listen.host)) throw new ServiceError('CONFIG_INVALID', `${config.listen} is not loopback`)
  await mkdir(config.data, { recursive: true, mode: 0o700 })
  await using stack = new AsyncDisposableStack()
  stack.use(await lockFolder(config.data, 'the local chain'))
  const onFailure = (error: unknown): void => logger.error('no block could be made', { reason: String(error) })
  const { blockIntervalMs } = config
  const chain = stack.use(
    await startLocalChain({ folder: config.data, listen, blockIntervalMs }, { now, onFailure }).catch(refuse)
  )
  const started = stack.move()
  return {
    authority: chain.authority,
    details: { endpoint: chain.endpoint, networkId: String(chain.networkId), faucet: chain.faucet },
    [Symbol.asyncDispose]: () => started.disposeAsync()
  }
}

function refuse(error: unknown): never {
  if (error instanceof ContractError) {
    throw new ServiceError('CONFIG_INVALID', `${error.code}: ${error.message}`, { cause: error })
  }
  throw error
}
