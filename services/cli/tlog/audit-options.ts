import { join, resolve } from 'node:path'
import { type ChainOptions, clientSeenFiles, type LogAuditOptions } from '../../audit/start.ts'
import { readChainSettings } from '../../runtime/chain-config.ts'
import { createEnvReader } from '../../runtime/env.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { type NetworkFile, readNetworkFile } from '../../runtime/network-file.ts'
import { dim, warn } from '../terminal/print.ts'

/** Of every command that may ask a chain. */
export const CHAIN_OPTIONS = {
  single: [
    ['--network <name>', 'mainnet, testnet or local'],
    ['--block <hash>', "root hash of the block that the contract's state is proven from, from a source of yours"]
  ],
  endpoint: ['--chain <endpoint>', "URL of TON's JSON-RPC; may be given again"]
} as const

export interface LogOptions {
  readonly log?: string
  readonly logKey?: string
  readonly network?: string
  readonly chain: readonly string[]
  readonly anchor: readonly string[]
  readonly block?: string
  readonly seen: readonly string[]
  readonly state?: string
  readonly host?: string
  readonly again?: true
  readonly data: string
  readonly json?: true
  readonly explain?: true
}

export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}

/** What is named, and for the rest what the network that is up on this machine says of itself. */
export async function readLogOptions(options: LogOptions): Promise<LogAuditOptions> {
  const data = resolve(options.data)
  const local = options.log === undefined ? await readNetworkFile(data) : undefined
  const log = options.log ?? local?.logUrl ?? ''
  const key = options.logKey ?? local?.logKey
  const chain = readAnchors(options, local)
  return {
    log,
    ...(key === undefined ? {} : { key }),
    seen: [...options.seen, ...(local === undefined ? [] : clientSeenFiles(join(data, 'client'), local.logKey))],
    state: resolve(options.state ?? join(data, 'audit')),
    ...(chain === undefined ? {} : { chain }),
    ...(options.block === undefined ? {} : { trustedRoot: options.block }),
    ...(options.host === undefined ? {} : { host: options.host }),
    again: options.again === true,
    now: () => new Date(),
    onProgress: progressLine()
  }
}

function readAnchors(options: LogOptions, local: NetworkFile | undefined): ChainOptions | undefined {
  const isNamed = options.chain.length > 0 || options.anchor.length > 0
  if (!isNamed && local !== undefined) return { network: 'local', endpoints: [local.chain], addresses: [local.anchor] }
  if (!isNamed) return undefined
  if (options.anchor.length === 0) throw invalid("--chain goes with --anchor: the log's contract")
  return { ...readChain(options), addresses: options.anchor }
}

/** Where the chain is asked: what is named, or TON_NETWORK, TON_ENDPOINT and TON_API_KEY. */
export function readChain({ chain, network }: Pick<LogOptions, 'chain' | 'network'>): Omit<ChainOptions, 'addresses'> {
  const settings = readChainSettings(createEnvReader(process.env))
  const endpoints = new Set([...chain, ...(settings === undefined ? [] : [settings.endpoint])])
  if (endpoints.size === 0) throw invalid('--chain, or TON_NETWORK and TON_ENDPOINT: an endpoint is wanted')
  return {
    network: readNetwork(network ?? settings?.network),
    endpoints: [...endpoints],
    ...(settings?.apiKey === undefined ? {} : { apiKey: settings.apiKey })
  }
}

function readNetwork(name: string | undefined): ChainOptions['network'] {
  if (name === 'mainnet' || name === 'testnet' || name === 'local') return name
  throw invalid('--network: mainnet, testnet or local is wanted')
}

const PROGRESS_EVERY_MS = 1_000

/** A line on standard error each second while it takes longer than one. */
function progressLine(): LogAuditOptions['onProgress'] {
  const started = performance.now()
  let told = started
  return (done, total) => {
    const now = performance.now()
    if (now - told < PROGRESS_EVERY_MS) return
    told = now
    const share = (Number((done * 1000n) / total) / 10).toFixed(1)
    warn(dim(`${done} of ${total} leaves (${share} %), ${Math.round((now - started) / 1000)} s`))
  }
}

function invalid(message: string): ServiceError {
  return new ServiceError('ARGUMENT_INVALID', message)
}
