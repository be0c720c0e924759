import { readFile } from 'node:fs/promises'
import { type Command, InvalidArgumentError } from 'commander'
import { appraiseBundle, appraiseTdxEvidence } from '../../attestation/appraise.ts'
import { parseBundle } from '../../attestation/bundle.ts'
import { explainResult } from '../../attestation/explain.ts'
import { type AppraisalResult, resultToJson } from '../../attestation/result.ts'
import { parseTdxCollateral } from '../../attestation/tdx/collateral.ts'
import { isBundle, quoteBytes } from './evidence-file.ts'
import { EXIT, EXIT_HELP } from './exit.ts'
import { POLICY_OPTION_HELP, readPolicy } from './policy.ts'
import { bold, dim, print, printJson, statusLabel, wrap } from './print.ts'

const EXAMPLES = `
Examples:
  bombyx verify quote.bin --collateral collateral.json
      Is this TDX quote genuine, and is its platform up to date, as of now?
  bombyx verify quote.bin --collateral collateral.json --at 2025-06-25T00:00:00Z --explain
      The same on a past day, in sentences.
  bombyx verify bundle.json --collateral collateral.json --policy production --json
      May this host read my prompts? One JSON object for programs.

A quote is read as binary, hex or base64; a bundle is a host's whole evidence. Nothing is fetched.
Without --policy a quote is held against tdx-only, a bundle against production.`

interface VerifyOptions {
  readonly collateral: string
  readonly policy?: string
  readonly at?: Date
  readonly json?: true
  readonly explain?: true
}

export function addCommand(program: Command): void {
  program
    .command('verify')
    .description('Verifies evidence up to its hardware root and appraises it under a policy. Works offline.')
    .argument('<file>', 'a TDX quote, or an evidence bundle')
    .requiredOption('--collateral <file>', "Intel's endorsements for the platform, one JSON document")
    .option('--policy <policy>', POLICY_OPTION_HELP)
    .option('--at <time>', 'appraise as of this time (ISO 8601) instead of now', parseTime)
    .option('--json', 'print the whole result as one JSON object')
    .option('--explain', 'say in sentences what was checked and what it means')
    .addHelpText('after', EXAMPLES + EXIT_HELP)
    .action(async (file: string, options: VerifyOptions) => {
      const result = await appraiseFile(file, options)
      if (options.json === true) printJson(resultToJson(result))
      else if (options.explain === true) printSentences(result)
      else printSummary(file, result)
      process.exitCode = result.status === 'contraindicated' ? EXIT.refused : EXIT.accepted
    })
}

async function appraiseFile(file: string, options: VerifyOptions): Promise<AppraisalResult> {
  const [bytes, collateralBytes] = await Promise.all([readFile(file), readFile(options.collateral)])
  const now = options.at ?? new Date()
  const bundled = isBundle(bytes)
  const policy = await readPolicy(options.policy ?? (bundled ? 'production' : 'tdx-only'))
  if (!bundled) return appraiseTdxEvidence({ quoteBytes: quoteBytes(bytes), collateralBytes }, policy, now)
  const evidence = { bundle: parseBundle(bytes), collateral: parseTdxCollateral(collateralBytes) }
  return appraiseBundle({ ...evidence, challenge: { kind: 'any-fresh' } }, policy, now).result
}

function printSummary(file: string, result: AppraisalResult): void {
  const { platform, workload, findings } = result
  const rows: [string, string][] = [
    ['evidence', `${file}${platform === null ? '' : `, quote version ${platform.quoteVersion}`}`],
    ['made by', MADE_BY[result.tee]],
    ['policy', result.policy.name]
  ]
  if (platform !== null) {
    rows.push(['platform', `FMSPC ${hex(platform.fmspc)}, TCB ${platform.tcbStatus}${listed(platform.advisories)}`])
    if (platform.trustDomain !== null) rows.push(['image', `MRTD ${hex(platform.trustDomain.mrTd)}`])
  }
  if (workload !== null) rows.push(['model', `${workload.model.id} on ${workload.model.engine}`])
  rows.push(['good until', result.status === 'contraindicated' ? 'never' : result.notAfter.toISOString()])
  print(`${statusLabel(result.status)}  ${bold(HEADLINE[result.status])}`, '')
  for (const [name, value] of rows) print(`  ${dim(name.padEnd(12))}${value}`)
  for (const finding of findings) {
    print('', `  ${bold(finding.code)}  ${finding.claim}`)
    print(`    ${dim('expected')}  ${wrap(finding.expected, 90, ' '.repeat(14))}`)
    print(`    ${dim('found')}     ${wrap(finding.actual, 90, ' '.repeat(14))}`)
    print(`    ${dim('to do')}     ${wrap(finding.remedy, 90, ' '.repeat(14))}`)
  }
  if (findings.some(({ code }) => code.endsWith('_EXPIRED'))) {
    print('', dim('Evidence of another day is judged as of that day with --at 2025-06-25T00:00:00Z.'))
  }
  print('', dim('--explain says this in sentences, --json says everything.'))
}

const HEADLINE = {
  affirming: 'The evidence is genuine and meets the policy.',
  warning: 'The evidence is genuine and meets the policy, with a warning.',
  contraindicated: 'Do not trust this: the policy refuses it.'
} as const satisfies Record<AppraisalResult['status'], string>

const MADE_BY = {
  tdx: 'Intel TDX hardware',
  sgx: 'Intel SGX hardware',
  virtual: 'a VIRTUAL TEE: software, not hardware; it protects nothing',
  unverified: 'nobody that can be proven'
} as const satisfies Record<AppraisalResult['tee'], string>

function printSentences(result: AppraisalResult): void {
  print(statusLabel(result.status), '')
  for (const sentence of explainResult(result)) print(`  ${wrap(sentence, 100, '  ')}`)
}

function listed(advisories: readonly string[]): string {
  return advisories.length === 0 ? '' : ` (${advisories.join(', ')})`
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function parseTime(text: string): Date {
  const time = new Date(/^\d+$/.test(text) ? Number(text) * 1000 : text)
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError('a time like 2025-06-25T00:00:00Z is wanted')
  return time
}
