import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ServiceError } from './errors.ts'

/** Where a running network is, for other commands on this machine. Lies in its data folder while it is up. */
export interface NetworkFile {
  readonly relay: string
  readonly registry: string
  readonly market: string
  readonly endpoint: string
  readonly model: string
  readonly policyFile: string
  /** JSON-RPC of the local chain. */
  readonly chain: string
  /** Raw address of the contract that the log is anchored in. */
  readonly anchor: string
  /** Where hosts on this machine send what they have opened. */
  readonly engineUrl: string
  /** Raw address of the market's wallet, which escrows name. */
  readonly marketWallet: string
  /** Of the consumer that the local endpoint pays as. */
  readonly escrowFile: string
  /** The log's gRPC address. */
  readonly log: string
  /** Where strangers read the log. */
  readonly logUrl: string
  /** Its C2SP verifier key. */
  readonly logKey: string
}

const NAME = 'network.json'

export async function writeNetworkFile(dataFolder: string, network: NetworkFile): Promise<AsyncDisposable> {
  const file = join(dataFolder, NAME)
  await writeFile(`${file}.new`, `${JSON.stringify(network, null, 2)}\n`)
  await rename(`${file}.new`, file)
  return { [Symbol.asyncDispose]: () => rm(file, { force: true }) }
}

/** Throws `NOT_FOUND` when no network is up from this folder. */
export async function readNetworkFile(dataFolder: string): Promise<NetworkFile> {
  const file = join(dataFolder, NAME)
  try {
    return JSON.parse(await readFile(file, 'utf8')) as NetworkFile
  } catch (cause) {
    throw new ServiceError('NOT_FOUND', `no network is up from ${dataFolder}: run \`bombyx up\`, or name addresses`, {
      cause
    })
  }
}
