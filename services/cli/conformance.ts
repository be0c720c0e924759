import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { conformanceCapabilities, verifyAttestationTdx } from '../../attestation/tdx/conformance.ts'
import { EXIT } from './exit.ts'
import { print } from './print.ts'

const STANDARD_INPUT = 0

const HELP = `
Reads one JSON object from standard input and writes one to standard output, so that a public conformance suite can drive it.

Example:
  bombyx conformance capabilities
  bombyx conformance verify-attestation-tdx < case.json

Exit status: 0 accepted, 10 refused, 20 unsupported, 30 malformed, 1 error.`

export function addConformanceCommand(program: Command): void {
  const conformance = program
    .command('conformance')
    .summary('verify one case of a conformance suite, JSON in and out')
    .description('The verifier as a conformance suite drives it: JSON in, JSON out, exit status.')
    .addHelpText('after', HELP)
  conformance
    .command('capabilities')
    .description('what is supported')
    .action(() => print(JSON.stringify(conformanceCapabilities())))
  conformance
    .command('verify-attestation-tdx')
    .description('verify one TDX quote')
    .action(() => {
      const { exitCode, output } = verifyAttestationTdx(readFileSync(STANDARD_INPUT, 'utf8'))
      print(JSON.stringify(output))
      process.exitCode = exitCode
    })
  conformance.command('*', { hidden: true }).action(() => {
    print(JSON.stringify({ stage: 'operation', accepted: false }))
    process.exitCode = EXIT.unsupported
  })
}
