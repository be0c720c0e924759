import { readFile, writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { parseBundle } from '../../../attestation/bundle.ts'
import { decodeHex, encodeHex } from '../../../attestation/encoding.ts'
import { encodeTdxCollateral } from '../../../attestation/tdx/collateral.ts'
import { pckExtension } from '../../../attestation/tdx/pck.ts'
import { parseTdxQuote } from '../../../attestation/tdx/quote.ts'
import { createEnvReader } from '../../runtime/env.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { collateralSource, type PlatformFamily, readCollateralConfig } from '../../verifier/start.ts'
import { EXIT_HELP } from '../exit.ts'
import { stopSignal } from '../run/up.ts'
import { dim, print, printJson, warn } from '../terminal/print.ts'
import { isBundle, quoteBytes } from './file.ts'

const EXAMPLES = `
Examples:
  bombyx collateral fetch --for quote.bin > collateral.json
      What Intel says today of the platform that made this quote.
  bombyx collateral fetch --fmspc b0c06f000000 --ca platform --out collateral.json
  BOMBYX_PCCS_URL=https://pccs.example bombyx collateral fetch --for bundle.json

Asks Intel's service, or the one that BOMBYX_PCS_URL or BOMBYX_PCCS_URL names; BOMBYX_COLLATERAL_DIR names a folder to read from instead.
Nothing fetched is believed here: \`bombyx verify\` checks every signature.`

interface FetchOptions {
  readonly for?: string
  readonly fmspc?: string
  readonly ca: string
  readonly out?: string
  readonly json?: true
}

export function addCommand(program: Command): void {
  const collateral = program.command('collateral').description("Intel's endorsements of platforms.")
  collateral
    .command('fetch')
    .description('fetch the collateral that a quote is verified with')
    .option('--for <file>', 'a TDX quote or an evidence bundle: its platform is asked for')
    .option('--fmspc <hex>', 'the platform family, 6 bytes of hex')
    .option('--ca <ca>', 'the CA of the PCK certificate: platform or processor', 'platform')
    .option('--out <file>', 'write here instead of to standard output')
    .option('--json', 'with --out: print what was written as one JSON object')
    .addHelpText('after', EXAMPLES + EXIT_HELP)
    .action(fetchCollateral)
}

async function fetchCollateral(options: FetchOptions): Promise<void> {
  const family = options.for === undefined ? namedFamily(options) : await familyOf(options.for)
  const name = `${encodeHex(family.fmspc)}, ${family.ca} CA`
  warn(dim(`fetching TCB info, QE identity and CRLs for FMSPC ${name} …`))
  const source = collateralSource(readCollateralConfig(createEnvReader(process.env)))
  const bytes = encodeTdxCollateral(await source(family, stopSignal()))
  if (options.out === undefined) return void process.stdout.write(bytes)
  await writeFile(options.out, bytes)
  if (options.json === true)
    printJson({ out: options.out, fmspc: encodeHex(family.fmspc), ca: family.ca, bytes: bytes.byteLength })
  else print(`${options.out}: ${bytes.byteLength.toLocaleString('en')} bytes for FMSPC ${name}`)
}

async function familyOf(file: string): Promise<PlatformFamily> {
  const bytes = await readFile(file)
  return pckExtension(isBundle(bytes) ? parseBundle(bytes).quote : parseTdxQuote(quoteBytes(bytes)))
}

function namedFamily({ fmspc, ca }: FetchOptions): PlatformFamily {
  if (fmspc === undefined) throw new ServiceError('ARGUMENT_INVALID', 'name a platform with --for or --fmspc')
  if (ca !== 'platform' && ca !== 'processor')
    throw new ServiceError('ARGUMENT_INVALID', `--ca ${ca}: platform or processor`)
  return { fmspc: decodeHex(fmspc, 6), ca }
}
