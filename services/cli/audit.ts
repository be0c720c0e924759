import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { clientSeenFiles, explainLog, type LogAuditOptions, logReportToJson, runLogAudit } from '../audit/start.ts'
import { type NetworkFile, readNetworkFile } from '../network/start.ts'
import { readChainSettings } from '../runtime/chain-config.ts'
import { createEnvReader } from '../runtime/env.ts'
import { ServiceError } from '../runtime/errors.ts'
import { EXIT, EXIT_HELP } from './exit.ts'
import { DATA_OPTION } from './network-options.ts'
import { bold, dim, print, printJson, warn, wrap } from './print.ts'

const EXAMPLES = `
Examples:
  bombyx audit log
      The log of the network that is up on this machine, and its anchor on the local chain.
  bombyx audit log --log https://log.example/ --log-key 'log.example+…' --network mainnet --chain https://… --anchor 0:… --explain
      Somebody's log, from its public files and from TON. Name three endpoints for their agreement on the block.
  bombyx audit log --log ./log-files --log-key 'log.example+…' --seen seen.jsonl
      A copy of the log's files, against the heads that a client saw. Nothing is fetched.`

interface LogOptions {
  readonly log?: string
  readonly logKey?: string
  readonly network?: string
  readonly chain: readonly string[]
  readonly anchor: readonly string[]
  readonly block?: string
  readonly seen: readonly string[]
  readonly state?: string
  readonly host?: string
  readonly data: string
  readonly json?: true
  readonly explain?: true
}

export function addCommand(program: Command): void {
  const audit = program
    .command('audit')
    .description('Checks what the log and the chain say, without taking our word for any of it.')
    .addHelpText('after', EXAMPLES + EXIT_HELP)
  audit
    .command('log')
    .description('rebuild the tree, check every head and anchor against it, appraise all evidence again')
    .option('--log <place>', "URL or folder of the log's files")
    .option('--log-key <key>', "the log's C2SP verifier key")
    .option('--network <name>', 'mainnet, testnet or local')
    .option('--chain <endpoint>', "URL of TON's JSON-RPC; may be given again", collect, [])
    .option('--anchor <address>', "the log's contract; may be given again", collect, [])
    .option('--block <hash>', 'root hash of the block that the state is proven from, from a source of yours')
    .option(
      '--seen <file>',
      "heads that a client saw (its seen.jsonl), or a head's note; may be given again",
      collect,
      []
    )
    .option('--state <folder>', 'where this auditor keeps what it has seen and done')
    .option('--host <id>', "look into one host's attestations only")
    .option(...DATA_OPTION)
    .option('--json', 'print the report as one JSON object')
    .option('--explain', 'say in sentences what was checked and how far trust reaches')
    .action(auditLog)
}

async function auditLog(options: LogOptions): Promise<void> {
  const { report } = await runLogAudit(await readLogOptions(options))
  if (options.json === true) printJson(logReportToJson(report))
  else {
    const [verdict = '', ...sentences] = explainLog(report)
    print(bold(verdict))
    for (const sentence of sentences) print(`  ${wrap(sentence, 110, '  ')}`)
  }
  process.exitCode = EXIT[report.verdict]
}

/** What is named, and for the rest what the network that is up on this machine says of itself. */
async function readLogOptions(options: LogOptions): Promise<LogAuditOptions> {
  const data = resolve(options.data)
  const local = options.log === undefined ? await readNetworkFile(data) : undefined
  const log = options.log ?? local?.logUrl
  const key = options.logKey ?? local?.logKey
  if (log === undefined || key === undefined) {
    throw new ServiceError(
      'ARGUMENT_INVALID',
      "--log-key: the log's verifier key is wanted, from a source that you trust"
    )
  }
  const chain = readChain(options, local)
  return {
    log,
    key,
    seen: [...options.seen, ...(local === undefined ? [] : clientSeenFiles(join(data, 'client'), key))],
    state: resolve(options.state ?? join(data, 'audit')),
    ...(chain === undefined ? {} : { chain }),
    ...(options.host === undefined ? {} : { host: options.host }),
    now: () => new Date(),
    onProgress: progressLine()
  }
}

function readChain(options: LogOptions, local: NetworkFile | undefined): LogAuditOptions['chain'] {
  const { chain, anchor } = (local ?? {}) as Partial<Record<'chain' | 'anchor', string>>
  if (options.chain.length === 0 && options.anchor.length === 0 && chain !== undefined && anchor !== undefined) {
    return { network: 'local', endpoints: [chain], addresses: [anchor] }
  }
  const settings = readChainSettings(createEnvReader(process.env))
  const endpoints = [...options.chain, ...(settings === undefined ? [] : [settings.endpoint])]
  if (endpoints.length === 0) {
    if (options.anchor.length === 0) return undefined
    throw new ServiceError('ARGUMENT_INVALID', '--anchor goes with --chain, or with TON_NETWORK and TON_ENDPOINT')
  }
  if (options.anchor.length === 0)
    throw new ServiceError('ARGUMENT_INVALID', "--chain goes with --anchor: the log's contract")
  return {
    network: readNetwork(options.network ?? settings?.network),
    endpoints: [...new Set(endpoints)],
    ...(settings?.apiKey === undefined ? {} : { apiKey: settings.apiKey }),
    addresses: options.anchor,
    ...(options.block === undefined ? {} : { trustedRoot: options.block })
  }
}

function readNetwork(name: string | undefined): NonNullable<LogAuditOptions['chain']>['network'] {
  if (name === 'mainnet' || name === 'testnet' || name === 'local') return name
  throw new ServiceError('ARGUMENT_INVALID', '--network: mainnet, testnet or local is wanted')
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

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}
