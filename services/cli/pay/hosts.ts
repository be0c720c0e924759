import { Address } from '@ton/core'
import type { Command } from 'commander'
import { encodeHex } from '../../../attestation/encoding.ts'
import { verifyPaymentTerms } from '../../../attestation/receipt/payment-terms.ts'
import { parseKeyset } from '../../../attestation/session/keyset.ts'
import type { Host__Output } from '../../../proto/gen/bombyx/v1/Host.ts'
import type { PaymentsClient } from '../../../proto/gen/bombyx/v1/Payments.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import { readEscrowFile } from '../../client/start.ts'
import { createEnvReader } from '../../runtime/env.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { callUnary, connect, readDialConfig } from '../../runtime/grpc-client.ts'
import { openChainOf, showAddress } from '../access/chain.ts'
import { readAddress } from '../access/network.ts'
import { print, printJson, table } from '../terminal/print.ts'
import { formatTon, parseTon } from '../terminal/ton.ts'
import { order, type PayOptions, pathsOf, payCommand } from './escrow.ts'

interface HostsOptions extends PayOptions {
  readonly model: string
  readonly region?: string
  readonly relay?: string
  readonly reserve?: bigint
  readonly json?: true
}

export function addHosts(pay: Command): void {
  payCommand(pay, 'hosts', 'whom hosts want paid, by their own signature')
    .requiredOption('--model <id>', 'hosts of this model')
    .option('--region <region>', 'and of this region')
    .option('--relay <host:port>', 'relay (default: of the network that is up)')
    .option('--reserve <TON>', 'reserve so much in all for each of them', parseTon)
    .option('--json', 'as JSON')
    .action(showHosts)
}

async function showHosts(options: HostsOptions): Promise<void> {
  const hosts = await findHosts(options)
  const chain = await openChainOf(options.data)
  const rows = hosts.map(({ host, region, prices, payee, credit, why }) => [
    host.slice(0, 12),
    region,
    prices,
    payee === undefined ? 'takes no payment' : showAddress(chain, payeeOf(payee), false),
    credit === undefined ? '' : formatTon(credit),
    why
  ])
  const heading = ['HOST', 'REGION', 'IN + OUT, TON A MILLION', 'PAYEE', 'CREDIT', 'WAITS FOR']
  if (options.json === true) printJson(hosts.map((host) => ({ ...host, credit: host.credit?.toString() ?? null })))
  else print(...table([heading, ...rows]))
  if (options.reserve === undefined) return
  const payees = new Set(hosts.flatMap(({ payee }) => (payee === undefined ? [] : [payee])))
  if (payees.size === 0) throw new ServiceError('NOT_FOUND', 'none of them takes payment')
  const reserved = options.reserve
  const reservations = [...payees].map((payee) => ({ payee: payeeOf(payee), reserved }))
  await order(chain, pathsOf(options), { deposit: 0n, reservations }, options)
}

const payeeOf = (raw: string): Address => Address.parseRaw(raw)

interface PayableHost {
  /** Hex. */
  readonly host: string
  readonly region: string
  readonly prices: string
  /** Raw address, by the host's signature; undefined: it takes no payment, or the relay does not reach it. */
  readonly payee?: string
  /** nanoTON that it delivers before it is paid. */
  readonly credit?: bigint
  /** What its next request waits for. */
  readonly why: string
}

async function findHosts(options: HostsOptions): Promise<readonly PayableHost[]> {
  const { model, region = '' } = options
  const { escrow } = await readEscrowFile(pathsOf(options).escrow)
  const relay = await readAddress(options.relay, options.data, 'relay')
  const dial = readDialConfig(createEnvReader(process.env))
  const [hosts, payments] = [await connect(bombyxV1.Relay, relay, dial), await connect(bombyxV1.Payments, relay, dial)]
  try {
    const found = await callUnary(hosts, 'FindHosts', { model, region })
    return await Promise.all(found.hosts.map((host) => askHost(payments, host, escrow)))
  } finally {
    hosts.close()
    payments.close()
  }
}

async function askHost(payments: PaymentsClient, host: Host__Output, escrow: Uint8Array): Promise<PayableHost> {
  const keyset = parseKeyset(host.keyset)
  const { region = '', prices } = host.declaration ?? {}
  const [prompt, completion] = [BigInt(prices?.prompt ?? 0), BigInt(prices?.completion ?? 0)]
  const known = {
    host: encodeHex(host.hostId),
    region,
    prices: `${formatTon(prompt)} + ${formatTon(completion)}`
  }
  try {
    const ask = { keysetDigest: Buffer.from(keyset.digest), escrow: Buffer.from(escrow), maxPrice: '0' }
    const { terms, reason } = await callUnary(payments, 'GiveVoucher', ask)
    const { payee, credit } = verifyPaymentTerms(terms, keyset)
    const why = reason === 'unknown' ? 'a session' : reason
    return { ...known, payee: `0:${encodeHex(payee)}`, credit: BigInt(credit), why }
  } catch (error) {
    return { ...known, why: error instanceof Error ? error.message : '' }
  }
}
