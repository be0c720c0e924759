import { readFile } from 'node:fs/promises'
import { type Command, InvalidArgumentError } from 'commander'
import { appraiseBundle, appraiseTdxEvidence } from '../../../attestation/appraise.ts'
import { appraiseDevices, devicesResultToJson, explainDevices } from '../../../attestation/appraise-devices.ts'
import { parseBundle } from '../../../attestation/bundle.ts'
import { encodeEndorsements, parseEndorsements } from '../../../attestation/endorsements.ts'
import { explainResult } from '../../../attestation/explain.ts'
import { parseDeviceEvidence } from '../../../attestation/nvidia/evidence.ts'
import {
  type AppraisalResult,
  type AppraisalStatus,
  type DeviceClaims,
  resultToJson
} from '../../../attestation/result.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { EXIT, EXIT_HELP } from '../exit.ts'
import { bold, dim, print, printJson, statusLabel, wrap } from '../terminal/print.ts'
import { isBundle, isDeviceEvidence, quoteBytes } from './file.ts'
import { POLICY_OPTION_HELP, readPolicy } from './policy.ts'

const EXAMPLES = `
Examples:
  bombyx verify quote.bin --collateral collateral.json
      Is this TDX quote genuine, and is its platform up to date, as of now?
  bombyx verify quote.bin --collateral collateral.json --at 2025-06-25T00:00:00Z --explain
      The same on a past day, in sentences.
  bombyx verify bundle.json --collateral collateral.json --policy production --json
      May this host read my prompts? One JSON object for programs.

  bombyx verify gpus.json --rim driver.xml --rim vbios.xml --ocsp answers.der --explain
      What are these NVIDIA devices, what was checked, and why do they pass or not?

A quote is read as binary, hex or base64; a bundle is a host's whole evidence; device reports are a JSON list of {arch, nonce,
evidence, certificate}, as nvattest writes it. Nothing is fetched.
Without --policy a quote is held against tdx-only, a bundle or devices against production.`

interface VerifyOptions {
  readonly collateral?: string
  readonly rim: readonly string[]
  readonly ocsp: readonly string[]
  readonly crl: readonly string[]
  readonly policy?: string
  readonly at?: Date
  readonly json?: true
  readonly explain?: true
}

export function addCommand(program: Command): void {
  program
    .command('verify')
    .description('Verifies evidence up to its hardware root and appraises it under a policy. Works offline.')
    .argument('<file>', 'a TDX quote, an evidence bundle, or reports of NVIDIA devices')
    .option(
      '--collateral <file>',
      "Intel's endorsements for the platform (or a host's of everything), one JSON document"
    )
    .option(
      '--rim <file>',
      "NVIDIA's reference integrity manifest of a driver or VBIOS; may be given again",
      collect,
      []
    )
    .option('--ocsp <file>', "an OCSP answer for a device's or manifest's chain; may be given again", collect, [])
    .option('--crl <file>', 'a CRL of such a chain, for where no OCSP answer is; may be given again', collect, [])
    .option('--policy <policy>', POLICY_OPTION_HELP)
    .option('--at <time>', 'appraise as of this time (ISO 8601) instead of now', parseTime)
    .option('--json', 'print the whole result as one JSON object')
    .option('--explain', 'say in sentences what was checked and what it means')
    .addHelpText('after', EXAMPLES + EXIT_HELP)
    .action(async (file: string, options: VerifyOptions) => {
      const bytes = await readFile(file)
      const status = isDeviceEvidence(bytes)
        ? await verifyDevices(bytes, options)
        : await verifyHost(file, bytes, options)
      process.exitCode = status === 'contraindicated' ? EXIT.refused : EXIT.accepted
    })
}

async function verifyHost(file: string, bytes: Uint8Array, options: VerifyOptions): Promise<AppraisalStatus> {
  const result = await appraiseFile(bytes, options)
  if (options.json === true) printJson(resultToJson(result))
  else if (options.explain === true) printSentences(result.status, explainResult(result))
  else printSummary(file, result)
  return result.status
}

/** Devices without a host are always explained: what a device is takes a sentence. */
async function verifyDevices(bytes: Uint8Array, options: VerifyOptions): Promise<AppraisalStatus> {
  const policy = await readPolicy(options.policy ?? 'production')
  const evidence = { devices: parseDeviceEvidence(bytes), ...(await readEndorsements(options)) }
  const result = appraiseDevices(evidence, policy, options.at ?? new Date())
  if (options.json === true) printJson(devicesResultToJson(result))
  else printSentences(result.status, explainDevices(result))
  return result.status
}

async function appraiseFile(bytes: Uint8Array, options: VerifyOptions): Promise<AppraisalResult> {
  if (options.collateral === undefined)
    throw new ServiceError('ARGUMENT_INVALID', 'a quote or a bundle needs --collateral <file>')
  const collateralBytes = await readFile(options.collateral)
  const now = options.at ?? new Date()
  const bundled = isBundle(bytes)
  const policy = await readPolicy(options.policy ?? (bundled ? 'production' : 'tdx-only'))
  if (!bundled) return appraiseTdxEvidence({ quoteBytes: quoteBytes(bytes), collateralBytes }, policy, now)
  const given = parseEndorsements(collateralBytes)
  const { rims, ocsp, crls } = await readEndorsements(options)
  const isMore = [rims, ocsp, crls].some(({ length }) => length > 0)
  const more = {
    ...given,
    rims: [...given.rims, ...rims],
    ocsp: [...given.ocsp, ...ocsp],
    crls: [...given.crls, ...crls]
  }
  const endorsements = isMore ? parseEndorsements(encodeEndorsements(more)) : given
  const challenge = { kind: 'any-fresh' } as const
  return appraiseBundle({ bundle: parseBundle(bytes), endorsements, challenge }, policy, now).result
}

/** NVIDIA's, of devices, as they were named one by one. */
async function readEndorsements({ rim, ocsp, crl }: VerifyOptions) {
  return { rims: await readFiles(rim), ocsp: await readFiles(ocsp), crls: await readFiles(crl) }
}

function readFiles(paths: readonly string[]): Promise<readonly Uint8Array[]> {
  return Promise.all(paths.map((path) => readFile(path)))
}

function collect(path: string, before: readonly string[]): readonly string[] {
  return [...before, path]
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
  for (const device of result.devices) rows.push(['device', deviceRow(device)])
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
  unverified: 'not established: verification failed, for the reason below'
} as const satisfies Record<AppraisalResult['tee'], string>

function printSentences(status: AppraisalStatus, sentences: readonly string[]): void {
  print(statusLabel(status), '')
  for (const sentence of sentences) print(`  ${wrap(sentence, 100, '  ')}`)
}

function deviceRow({ arch, chip, pdi, verification, driverVersion, vbiosVersion }: DeviceClaims): string {
  const versions = [driverVersion && `driver ${driverVersion}`, vbiosVersion && `VBIOS ${vbiosVersion}`].filter(Boolean)
  return `${chip ?? arch}${pdi === null ? '' : ` ${pdi}`} ${verification}${versions.map((text) => `, ${text}`).join('')}`
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
