import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { JsonValue } from '../../../attestation/jcs.ts'
import { verifyAttestationNvidia } from '../../../attestation/nvidia/conformance.ts'
import { conformanceCapabilities, verifyAttestationTdx } from '../../../attestation/tdx/conformance.ts'
import { verifyLog } from '../../../attestation/tlog/conformance.ts'
import { EXIT } from '../exit.ts'
import { print } from '../terminal/print.ts'

const STANDARD_INPUT = 0

const HELP = `
Reads one JSON object from standard input and writes one to standard output, so that a public conformance suite can drive it.

Example:
  bombyx conformance capabilities
  bombyx conformance verify-attestation-tdx < case.json

Exit status: 0 accepted, 10 refused, 20 unsupported, 30 malformed, 1 error.`

/** Every operation of the suite that is supported: text in, one object out. */
const OPERATIONS: Readonly<Record<string, () => { readonly exitCode: number; readonly output: JsonValue }>> = {
  capabilities: () => ({ exitCode: EXIT.accepted, output: conformanceCapabilities() }),
  'verify-attestation-tdx': () => verifyAttestationTdx(readFileSync(STANDARD_INPUT, 'utf8')),
  'verify-attestation-nvidia': () => verifyAttestationNvidia(readFileSync(STANDARD_INPUT, 'utf8')),
  'verify-log': () => verifyLog(readFileSync(STANDARD_INPUT, 'utf8'))
}

const UNSUPPORTED = { exitCode: EXIT.unsupported, output: { stage: 'operation', accepted: false } } as const

export function addCommand(program: Command): void {
  program
    .command('conformance')
    .description('The verifier as a conformance suite drives it: JSON in, JSON out, exit status.')
    .argument('<operation>', Object.keys(OPERATIONS).join(' or '))
    .addHelpText('after', HELP)
    .action((operation: string) => {
      const run = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined
      const { exitCode, output } = run?.() ?? UNSUPPORTED
      print(JSON.stringify(output))
      process.exitCode = exitCode
    })
}
