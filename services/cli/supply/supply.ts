import { resolve } from 'node:path'
import type { Command } from 'commander'
import { decodeBase64, encodeHex } from '../../../attestation/encoding.ts'
import { readKeyFile } from '../../../contracts/key-file.ts'
import { walletOf } from '../../../contracts/send.ts'
import { createTonProof } from '../../../contracts/ton-proof.ts'
import type { Declared } from '../../../proto/gen/bombyx/v1/Declared.ts'
import type { LoginRequest } from '../../../proto/gen/bombyx/v1/LoginRequest.ts'
import type { MarketClient } from '../../../proto/gen/bombyx/v1/Market.ts'
import type { Supply__Output } from '../../../proto/gen/bombyx/v1/Supply.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { callUnary } from '../../runtime/grpc-client.ts'
import { openChainOf } from '../access/chain.ts'
import { findById, MARKET_HELP, type MarketOptions, marketCommand, withMarket } from '../access/market.ts'
import { EXIT_HELP } from '../exit.ts'
import { bold, dim, print, printJson, table, timeOf, warn } from '../terminal/print.ts'
import { type Field, fromRecord, inPlace, inRecord, printRecords, readRecords, toRecord } from '../terminal/records.ts'

const EXAMPLES = `
Examples:
  bombyx supply list                  declared, attested and measured, side by side
  bombyx supply declare 3f2a9c --gpu H100 --gpus 1 --vram-gib 80 --uptime-permille 995
      Region and prices are those that the host's agent offers sessions at, unless they are named.
  bombyx supply import hosts.csv      or .json; with a heading of these names in snake_case, or what list --csv gave
  bombyx supply challenge             a payload for TON Connect's ton_proof
  bombyx supply login proof.json      with an enrolment token: earnings go to that wallet. Without: log in with it
  bombyx supply login --wallet alice.key
${MARKET_HELP}`

const DECLARED: readonly Field[] = [
  { name: 'host_id', kind: 'hex' },
  { name: 'gpu', kind: 'text' },
  { name: 'gpus', kind: 'whole' },
  { name: 'vram_gib', kind: 'whole' },
  { name: 'uptime_permille', kind: 'whole' },
  { name: 'region', kind: 'text' },
  { name: 'models', kind: 'list' },
  { name: 'price_prompt', kind: 'amount', at: 'prices.prompt' },
  { name: 'price_cached', kind: 'amount', at: 'prices.cached' },
  { name: 'price_completion', kind: 'amount', at: 'prices.completion' },
  { name: 'price_reasoning', kind: 'amount', at: 'prices.reasoning' }
]

const ABOUT: Readonly<Record<string, string>> = {
  gpu: 'its name, one word: H100',
  gpus: 'how many',
  vram_gib: 'GiB, of all its GPUs together',
  uptime_permille: 'thousandths of the time (default 990)',
  region: "where (default: the agent's)",
  models: 'that it can serve, separated by spaces (default: any)',
  price_prompt: "nanoTON for a million tokens that come in (default: the agent's)",
  price_cached: 'the same for those that are in its cache',
  price_completion: 'the same for those of answers',
  price_reasoning: 'the same for those of reasoning'
}

const FIELDS: readonly Field[] = [
  { name: 'host_id', kind: 'hex' },
  { name: 'provider', kind: 'text' },
  { name: 'wallet', kind: 'text' },
  ...DECLARED.slice(1).map((field) => ({
    ...field,
    name: `declared_${field.name}`,
    at: `declared.${field.at ?? camel(field.name)}`
  })),
  ...(
    [
      ['listed', 'flag'],
      ['tee', 'text'],
      ['verdict', 'text'],
      ['gpu_architecture', 'text'],
      ['gpus', 'number'],
      ['model', 'text'],
      ['region', 'text'],
      ['slots', 'number'],
      ['policy', 'text'],
      ['not_after', 'number']
    ] as const
  ).map(([name, kind]) => ({ name: `attested_${name}`, kind, at: `attested.${camel(name)}` })),
  ...['requests', 'failures', 'prompt_tokens', 'completion_tokens', 'speed_milli', 'uptime_permille'].map((name) => ({
    name: `measured_${name}`,
    kind: 'number' as const,
    at: `measured.${camel(name)}`
  })),
  { name: 'contradictions', kind: 'list' }
]

export function addCommand(program: Command): void {
  const supply = program
    .command('supply')
    .description('What providers offer, beside what is attested and measured of it.')
    .addHelpText('after', EXAMPLES + EXIT_HELP)
  addDeclaring(supply)
  marketCommand(supply, 'list', 'every host that this caller may see')
    .option('--csv', 'print CSV')
    .action(async (options: MarketOptions) => {
      await withMarket(options, async (market) => show(await listAll(market), options))
    })
  marketCommand(supply, 'show <host>', 'one host').action(async (id: string, options: MarketOptions) => {
    await withMarket(options, async (market) => {
      const found = findById(await listAll(market), ({ hostId }) => hostId, id)
      if (options.json === true) show([found], options)
      else showOne(found)
    })
  })
  marketCommand(supply, 'remove <host>', 'it is not planned with any more').action(
    async (id: string, options: MarketOptions) => {
      await withMarket(options, async (market) => {
        const { hostId } = findById(await listAll(market), (one) => one.hostId, id)
        await callUnary(market, 'RemoveSupply', { hostId })
        show(await listAll(market), options)
      })
    }
  )
  addLogin(supply)
}

function addDeclaring(supply: Command): void {
  const declare = marketCommand(supply, 'declare <host>', 'say what a host has; refused where evidence says otherwise')
  for (const { name } of DECLARED.slice(1)) declare.option(`--${name.replaceAll('_', '-')} <value>`, ABOUT[name])
  declare.action(async (id: string, options: MarketOptions & Readonly<Record<string, string>>) => {
    await withMarket(options, async (market) => {
      const found = findById(await listAll(market), ({ hostId }) => hostId, id)
      const own = DECLARED.slice(1).map(({ name }) => [name, options[camel(name)]] as const)
      const named = fromRecord(Object.fromEntries(own.filter(([, value]) => value !== undefined)), DECLARED)
      show([await callUnary(market, 'PutSupply', completed(named, found))], options)
    })
  })
  marketCommand(supply, 'import <file>', 'declare those of a .csv or .json file').action(
    async (file: string, options: MarketOptions) => {
      const records = (await readRecords(file)).filter(([, record]) => !isUndeclared(record))
      const read = records.map(([where, record]) => [where, inRecord(where, () => readDeclared(record))] as const)
      await withMarket(options, async (market) => {
        const known = await listAll(market)
        const put: Supply__Output[] = []
        for (const [where, named] of read) {
          const found = findById(known, (one) => one.hostId, encodeHex(named.hostId))
          put.push(await inPlace(where, callUnary(market, 'PutSupply', completed(named, found))))
        }
        show(put, options)
      })
    }
  )
}

/** As `declare` names it, or as `list` wrote it: of such a record only what was declared. */
function readDeclared(record: Readonly<Record<string, unknown>>): Declared & { readonly hostId: Uint8Array } {
  const isListed = Object.keys(record).some((name) => name.startsWith(LISTED))
  const own = Object.entries(record)
    .filter(([name]) => !isListed || name === 'host_id' || name.startsWith(LISTED))
    .map(([name, value]) => [name.replace(LISTED, ''), value] as const)
  const { hostId, ...named } = fromRecord(Object.fromEntries(own), DECLARED) as Declared
  if (hostId === undefined) throw new ServiceError('ARGUMENT_INVALID', 'host_id is wanted')
  return { ...named, hostId: hostId as Uint8Array }
}

const LISTED = 'declared_'

/** A host of which `list` says that nothing is declared. */
function isUndeclared(record: Readonly<Record<string, unknown>>): boolean {
  return `${LISTED}gpu` in record && (record[`${LISTED}gpu`] ?? '') === ''
}

/** What is not named is as it was declared before, or as the host's agent says. */
function completed(named: Declared, { hostId, declared, attested }: Supply__Output): Declared {
  const prices = { ...(declared?.prices ?? attested?.prices), ...named.prices }
  const before = declared ?? { region: attested?.region ?? '', uptimePermille: 990 }
  return { ...before, ...named, hostId, prices }
}

function addLogin(supply: Command): void {
  marketCommand(supply, 'challenge', 'a payload for a wallet to sign').action(async (options: MarketOptions) => {
    await withMarket(options, async (market) => {
      const { payload, domain } = await callUnary(market, 'CreateLogin', {})
      if (options.json === true) printJson({ payload, domain })
      else print(payload)
    })
  })
  marketCommand(supply, 'login [proof]', "prove whose wallet it is: a ton_proof's file, or --wallet")
    .option('--wallet <file>', 'key file of a wallet v5r1, which answers in its own name')
    .addHelpText(
      'after',
      '\nproof: {address, domain, timestamp, payload, signature, state_init}; the last two in base64, as TON Connect gives them.'
    )
    .action(async (proof: string | undefined, options: MarketOptions & { readonly wallet?: string }) => {
      await withMarket(options, async (market) => {
        const shown =
          options.wallet === undefined ? readProof(proof) : proveWallet(market, options.wallet, options.data)
        const { provider, token, expiresAt } = await callUnary(market, 'Login', await shown)
        if (options.json === true) return printJson({ provider, token, expires_at: Number(expiresAt) })
        warn(`logged in as ${provider} until ${timeOf(Number(expiresAt))}, with this as BOMBYX_TOKEN:`)
        print(token)
      })
    })
}

async function readProof(file: string | undefined): Promise<LoginRequest> {
  if (file === undefined) throw new ServiceError('ARGUMENT_INVALID', "a ton_proof's file or --wallet is wanted")
  const [[, proof = {}] = []] = await readRecords(file)
  const text = (name: string): string => String(proof[name] ?? '')
  return {
    ...{ address: text('address'), domain: text('domain'), timestamp: text('timestamp') || '0' },
    payload: text('payload'),
    signature: decodeBase64(text('signature')),
    stateInit: decodeBase64(text('state_init'))
  }
}

async function proveWallet(market: MarketClient, file: string, dataFolder: string): Promise<LoginRequest> {
  const key = readKeyFile(resolve(file))
  const wallet = walletOf(await openChainOf(dataFolder), key)
  const { payload, domain } = await callUnary(market, 'CreateLogin', {})
  return createTonProof(wallet, key, { domain, payload, now: Math.floor(Date.now() / 1000) })
}

async function listAll(market: MarketClient): Promise<readonly Supply__Output[]> {
  return (await callUnary(market, 'ListSupplies', {})).supplies
}

function show(supplies: readonly Supply__Output[], options: MarketOptions): void {
  const records = supplies.map((one) => toRecord(one, FIELDS))
  printRecords(records, options, {
    names: FIELDS.map(({ name }) => name),
    show: () => {
      if (supplies.length === 0) return print('the registry has listed no host of this provider yet')
      const sorted = supplies.toSorted(listedFirst)
      const heading = ['HOST', 'PROVIDER', 'DECLARED', 'ATTESTED', 'MODEL', 'REGION', 'MEASURED']
      print(...table([heading, ...sorted.map(rowOf)]))
      const contradicted = sorted.filter(({ contradictions }) => contradictions.length > 0)
      if (contradicted.length > 0) print('')
      for (const { hostId, contradictions } of contradicted) {
        print(`${hostId.toString('hex').slice(0, 12)}  contradicted: ${contradictions.join('; ')}`)
      }
    }
  })
}

function rowOf({ hostId, provider, declared, attested, measured }: Supply__Output): readonly string[] {
  return [
    hostId.toString('hex').slice(0, 12),
    provider,
    declared === null ? 'nothing' : `${declared.gpus} × ${declared.gpu}, ${declared.vramGib} GiB`,
    gpusOf(attested),
    attested?.model ?? '',
    attested?.region ?? '',
    [...speedOf(measured), `up ${(measured?.uptimePermille ?? 0) / 10} %`].join(', ')
  ]
}

/** Of one request at a time; none is measured before the first. */
function speedOf(measured: Supply__Output['measured']): readonly string[] {
  if (measured === null || measured.requests === '0') return []
  return [`${Math.round(Number(measured.speedMilli) / 1000)} tokens/s`]
}

function listedFirst(a: Supply__Output, b: Supply__Output): number {
  return Number(b.attested?.listed ?? false) - Number(a.attested?.listed ?? false)
}

function gpusOf(attested: Supply__Output['attested']): string {
  if (attested === null) return ''
  if (!attested.listed) return 'not listed now'
  const gpus = attested.gpus === 0 ? 'no GPU proven' : `${attested.gpus} × ${attested.gpuArchitecture}`
  return `${gpus} (${attested.tee}, ${attested.verdict})`
}

function showOne({ hostId, provider, wallet, declared, attested, measured, contradictions }: Supply__Output): void {
  print(`${bold(hostId.toString('hex'))}  ${provider}${wallet === '' ? '' : `, paid to ${wallet}`}`, '')
  const rows: readonly (readonly [string, string, string, string])[] = [
    ['', 'DECLARED', 'ATTESTED', 'MEASURED'],
    ['GPU', declared === null ? '' : `${declared.gpus} × ${declared.gpu}`, gpusOf(attested), ''],
    ['VRAM', declared === null ? '' : `${declared.vramGib} GiB`, '', ''],
    ['model', declared?.models.join(' ') || 'any', attested?.model ?? '', ''],
    ['region', declared?.region ?? '', attested?.region ?? '', ''],
    ['uptime', `${(declared?.uptimePermille ?? 0) / 10} %`, '', `${(measured?.uptimePermille ?? 0) / 10} %`],
    [
      'speed',
      '',
      '',
      speedOf(measured)
        .map((speed) => `${speed} a request`)
        .join('')
    ],
    ['requests', '', '', `${measured?.requests ?? 0}, ${measured?.failures ?? 0} failed`]
  ]
  print(...table(rows))
  for (const contradiction of contradictions) print('', `contradicted: ${contradiction}`)
  if (declared === null) print('', dim('Not planned with until it is declared: `bombyx supply declare`.'))
}

function camel(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
