import type { Command } from 'commander'
import { decodeHex, encodeHex } from '../../../attestation/encoding.ts'
import { explainResult } from '../../../attestation/explain.ts'
import type { JsonValue } from '../../../attestation/jcs.ts'
import { parseResult, resultToJson } from '../../../attestation/result.ts'
import { parseKeyset } from '../../../attestation/session/keyset.ts'
import type { HostRecord__Output } from '../../../proto/gen/bombyx/v1/HostRecord.ts'
import type { RegistryAdminClient } from '../../../proto/gen/bombyx/v1/RegistryAdmin.ts'
import { callUnary } from '../../runtime/grpc-client.ts'
import { readAddress } from '../access/network.ts'
import { REGISTRY_HELP, type RegistryOptions, registryCommand, withAdmin } from '../access/registry.ts'
import { EXIT_HELP } from '../exit.ts'
import { bold, dim, print, printJson, table, wrap } from '../terminal/print.ts'
import { type Anchor, boundsOf, boundsToJson, readAnchor } from './bounds.ts'

const EXAMPLES = `
Examples:
  bombyx hosts list
  bombyx hosts show 3f2a9c…           the whole id, or the beginning of it
  bombyx hosts quarantine 3f2a9c… --reason "owner reported a break-in"
${REGISTRY_HELP}`

export function addCommand(program: Command): void {
  const hosts = program
    .command('hosts')
    .description('Hosts as the registry knows them.')
    .addHelpText('after', EXAMPLES + EXIT_HELP)
  hostsCommand(hosts, 'list', 'all hosts, quarantined and lapsed ones too').action(async (options: HostsOptions) => {
    await withAdmin(options, async (admin) => {
      const records = (await callUnary(admin, 'ListHosts', {})).hosts
      const anchor = options.json === true ? await findAnchor(options) : undefined
      if (options.json === true) printJson(records.map((record) => toJson(record, anchor)))
      else if (records.length === 0) print('no host has enrolled yet')
      else printList(records)
    })
  })
  hostsCommand(hosts, 'show <id>', 'one host and what was proven of it').action(
    withHost(async (admin, host) => callUnary(admin, 'GetHost', host))
  )
  hostsCommand(hosts, 'quarantine <id>', 'no request goes to it from now on')
    .requiredOption('--reason <text>', 'why; shown to its owner')
    .action(withHost(async (admin, host, { reason = '' }) => callUnary(admin, 'QuarantineHost', { ...host, reason })))
  hostsCommand(hosts, 'lift <id>', 'end a quarantine').action(
    withHost(async (admin, host) => callUnary(admin, 'LiftQuarantine', host))
  )
}

interface HostsOptions extends RegistryOptions {
  readonly log?: string
}

function hostsCommand(hosts: Command, usage: string, description: string): Command {
  return registryCommand(hosts, usage, description).option(
    '--log <authority>',
    'host:port of the log, for what it is anchored in'
  )
}

type HostAction = (
  admin: RegistryAdminClient,
  host: { readonly hostId: Buffer },
  options: HostsOptions & { readonly reason?: string }
) => Promise<HostRecord__Output>

function withHost(action: HostAction) {
  return async (id: string, options: HostsOptions & { readonly reason?: string }): Promise<void> => {
    await withAdmin(options, async (admin) => {
      const record = await action(admin, { hostId: await findHost(admin, id) }, options)
      const anchor = await findAnchor(options)
      if (options.json === true) printJson(toJson(record, anchor))
      else printRecord(record, anchor)
    })
  }
}

/** The log that is named, or that of the network on this machine whose registry was asked. */
async function findAnchor({ log, registry, data }: HostsOptions): Promise<Anchor> {
  if (log === undefined && registry !== undefined) return undefined
  return readAnchor(await readAddress(log, data, 'log'))
}

/** People type the beginning of an id. */
async function findHost(admin: RegistryAdminClient, id: string): Promise<Buffer> {
  if (id.length === 32) return Buffer.from(decodeHex(id))
  const { hosts } = await callUnary(admin, 'ListHosts', {})
  const found = hosts.flatMap(({ host }) => (host?.hostId.toString('hex').startsWith(id) === true ? [host] : []))
  const [only] = found
  if (only === undefined || found.length > 1) {
    throw new Error(only === undefined ? `no host ${id}` : `${found.length} hosts begin with ${id}`)
  }
  return only.hostId
}

function printList(records: readonly HostRecord__Output[]): void {
  const heading = ['HOST', 'STATE', 'VERDICT', 'TEE', 'TCB', 'MODEL', 'REGION', 'GOOD UNTIL']
  const rows = records
    .toSorted(liveFirst)
    .map(({ host, state, reason }) => [
      host?.hostId.toString('hex').slice(0, 12) ?? '',
      standing(state, reason),
      host?.verdict?.status.toLowerCase() ?? '',
      host?.verdict?.tee ?? '',
      host?.verdict?.tcbStatus ?? '',
      modelOf(host?.keyset),
      host?.declaration?.region ?? '',
      instant(host?.verdict?.notAfter)
    ])
  print(...table([heading, ...rows]))
}

/** Hosts that serve come first, then the latest to change. */
function liveFirst(a: HostRecord__Output, b: HostRecord__Output): number {
  const live = Number(b.state === 'LISTED') - Number(a.state === 'LISTED')
  return live === 0 ? Number(b.changedAt) - Number(a.changedAt) : live
}

function standing(state: string, reason: string): string {
  return reason === '' || reason === state ? state.toLowerCase() : `${state.toLowerCase()} (${reason})`
}

function printRecord({ host, state, reason, enrolledAt }: HostRecord__Output, anchor: Anchor): void {
  if (host === null) return
  print(`${bold(host.hostId.toString('hex'))}  ${standing(state, reason)}`, '')
  const rows = [
    ['provider', host.provider],
    ['model', modelOf(host.keyset)],
    ['region', host.declaration?.region ?? ''],
    ['slots', String(host.declaration?.slots ?? 0)],
    ['bundle', `sha256:${encodeHex(host.bundleDigest)}`],
    ['enrolled', instant(enrolledAt)],
    ...boundsOf(host, anchor)
  ] as const
  for (const [name, value] of rows) print(`  ${dim(name.padEnd(10))}${value}`)
  if (host.verdict === null || host.verdict.result.byteLength === 0) return
  print('', dim('  What the network’s verifier says (clients appraise for themselves):'))
  for (const sentence of explainResult(parseResult(host.verdict.result))) print(`  ${wrap(sentence, 100, '  ')}`)
}

function toJson({ host, state, reason, enrolledAt, changedAt }: HostRecord__Output, anchor: Anchor): JsonValue {
  return {
    host_id: host?.hostId.toString('hex') ?? null,
    state: state.toLowerCase(),
    reason,
    provider: host?.provider ?? '',
    model: modelOf(host?.keyset),
    region: host?.declaration?.region ?? '',
    slots: host?.declaration?.slots ?? 0,
    bundle_digest: host === null ? null : encodeHex(host.bundleDigest),
    collateral_digest: host === null ? null : encodeHex(host.collateralDigest),
    ...boundsToJson(host, anchor),
    enrolled_at: Number(enrolledAt),
    changed_at: Number(changedAt),
    result: host?.verdict?.result.byteLength ? resultToJson(parseResult(host.verdict.result)) : null
  }
}

function modelOf(keyset: Buffer | undefined): string {
  return keyset === undefined || keyset.byteLength === 0 ? '' : parseKeyset(keyset).model.id
}

function instant(unixSeconds: string | undefined): string {
  const seconds = Number(unixSeconds ?? 0)
  return seconds === 0 ? '' : new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}
