import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import {
  type AuditVerdict,
  explainLog,
  type LogReport,
  logReportToJson,
  runExport,
  runFileAudit,
  runLogAudit
} from '../../audit/start.ts'
import { DATA_OPTION } from '../access/network.ts'
import { EXIT, EXIT_HELP } from '../exit.ts'
import { bold, print, printJson, wrap } from '../terminal/print.ts'
import { CHAIN_OPTIONS, collect, type LogOptions, readChain, readLogOptions } from './audit-options.ts'
import { addWatchCommand } from './watch.ts'

const EXAMPLES = `
Examples:
  bombyx audit log --explain
      The log of the network that is up on this machine, and its anchor on the local chain.
  bombyx audit log --log https://log.example/ --log-key 'log.example+…' --network mainnet --chain https://… --anchor 0:… --explain
      Somebody's log, from its public files and from TON. Name three endpoints for their agreement on the block.
  bombyx audit log --log ./log-files --log-key 'log.example+…' --seen seen.jsonl
      A copy of the log's files, against the heads that a client saw. Nothing is fetched.
  bombyx audit export ./audited && bombyx audit bundle ./audited
      A folder with everything, and a page in it; then the same on another machine, without a network.
  bombyx audit watch --exit
      Follows log and chain; ends with exit status 10 at the first thing that is wrong.`

export function addCommand(program: Command): void {
  const audit = program
    .command('audit')
    .description('Checks what the log and the chain say, without taking our word for any of it.')
    .addHelpText('after', EXAMPLES + EXIT_HELP)
  withLogOptions(
    audit
      .command('log')
      .description('rebuild the tree, check every head and anchor against it, appraise all evidence again')
      .option('--again', 'begin at the first leaf, whatever was done before')
  ).action(async (options: LogOptions) => {
    tell(await runLogAudit(await readLogOptions(options)), options)
  })
  addBundleCommand(audit)
  withLogOptions(
    audit
      .command('export <folder>')
      .description('audit the log into a folder that anybody can check without a network, with a page to read')
      .option('--receipt <file>', 'make a bundle of this receipt too; may be given again', collect, [])
  ).action(async (folder: string, options: LogOptions & { readonly receipt: readonly string[] }) => {
    const receipts = await Promise.all(options.receipt.map(async (file) => new Uint8Array(await readFile(file))))
    const report = await runExport(await readLogOptions(options), { folder: resolve(folder), receipts })
    tell(report, options)
    if (options.json !== true)
      print('', `Read ${join(folder, 'index.html')}, or check it: npx bombyx audit bundle ${folder} --explain`)
  })
  addWatchCommand(withLogOptions(audit.command('watch')))
}

function withLogOptions(command: Command): Command {
  command
    .option('--log <place>', "URL or folder of the log's files")
    .option('--log-key <key>', "the log's C2SP verifier key")
    .option('--anchor <address>', "the log's contract; may be given again", collect, [])
    .option(
      '--seen <file>',
      "heads that a client saw (its seen.jsonl), or a head's note; may be given again",
      collect,
      []
    )
    .option('--state <folder>', 'where this auditor keeps what it has seen and done')
    .option('--host <id>', "look into one host's attestations only")
    .option(...DATA_OPTION)
  for (const [flags, description] of CHAIN_OPTIONS.single) command.option(flags, description)
  command.option(...CHAIN_OPTIONS.endpoint, collect, [])
  return withOutputOptions(command)
}

function withOutputOptions(command: Command): Command {
  return command
    .option('--json', 'print the report as one JSON object')
    .option('--explain', 'say in sentences what was checked and how far trust reaches')
}

interface BundleOptions {
  readonly logKey?: string
  readonly network?: string
  readonly chain: readonly string[]
  readonly block?: string
  readonly json?: true
  readonly explain?: true
}

function addBundleCommand(audit: Command): void {
  const command = audit
    .command('bundle <path>')
    .description('check one leaf with all that belongs to it, a proof of a fork, or an exported folder: no network')
    .option('--log-key <key>', "the log's C2SP verifier key, from a source of yours")
  for (const [flags, description] of CHAIN_OPTIONS.single) command.option(flags, description)
  command.option(...CHAIN_OPTIONS.endpoint, collect, [])
  withOutputOptions(command).action(checkFiles)
}

async function checkFiles(path: string, options: BundleOptions): Promise<void> {
  const audited = await runFileAudit({
    path: resolve(path),
    ...(options.logKey === undefined ? {} : { key: options.logKey }),
    ...(options.block === undefined ? {} : { trustedRoot: options.block }),
    ...(options.chain.length === 0 ? {} : { chain: readChain(options) })
  })
  const reports = audited.map(({ json }) => json)
  if (options.json === true) printJson(reports.length === 1 ? (reports[0] ?? null) : reports)
  else for (const { file, sentences } of audited) tellSentences(sentences, options.explain === true, file)
  process.exitCode = EXIT[worstOf(audited.map(({ verdict }) => verdict))]
}

function tell(report: LogReport, { json, explain }: Pick<LogOptions, 'json' | 'explain'>): void {
  if (json === true) printJson(logReportToJson(report))
  else tellSentences(explainLog(report), explain === true || report.verdict !== 'accepted')
  process.exitCode = EXIT[report.verdict]
}

function tellSentences([verdict = '', ...sentences]: readonly string[], isWhole: boolean, file?: string): void {
  print(bold(verdict))
  if (file !== undefined) print(`  ${file}`)
  if (isWhole) for (const sentence of sentences) print(`  ${wrap(sentence, 110, '  ')}`)
}

function worstOf(verdicts: readonly AuditVerdict[]): AuditVerdict {
  const order = ['refused', 'unsupported', 'accepted'] as const
  return order.find((verdict) => verdicts.includes(verdict)) ?? 'accepted'
}
