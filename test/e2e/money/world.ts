import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { type Chain, openChain } from '../../../contracts/chain.ts'
import { accountOf, escrowAddress } from '../../../contracts/escrow/terms.ts'
import type { ClientEvent } from '../../../services/client/start.ts'
import { type Database, openDatabase } from '../../../services/runtime/database.ts'
import { type ClientProcess, startClient } from '../../soak/client.ts'
import { startTestNetwork, type TestNetwork } from '../network.ts'
import { Moments } from './moments.ts'
import { Sight } from './sight.ts'
import { watchFolder, watchMarket } from './watch.ts'

export const VICTIMS = ['market', 'relay', 'host-1', 'host-2', 'client', 'chain', 'database'] as const
export type Victim = (typeof VICTIMS)[number]

/** The network of `npm start`, with the client that pays in a process of its own, and a hand on each process. */
export interface MoneyWorld extends AsyncDisposable {
  readonly network: TestNetwork
  readonly database: Database
  readonly chain: Chain
  /** Of the client's local endpoint. */
  readonly url: string
  readonly clientFolder: string
  readonly vouchersFolder: string
  readonly sight: Sight
  readonly moments: Moments
  /** Kills with SIGKILL, and after a while starts the same again on its data and at its address. */
  strike(victim: Victim, downMs: number): Promise<void>
  /** When everybody runs again. */
  mended(): Promise<unknown>
}

const REQUEST_SECONDS = 20
const MOST_STARTS = 5

export async function openMoneyWorld(): Promise<MoneyWorld> {
  await using stack = new AsyncDisposableStack()
  const network = stack.use(await startTestNetwork())
  const database = stack.use(await openDatabase({ url: await databaseUrl(network) }, { connections: 2 }))
  const [sight, moments] = [new Sight(), new Moments()]
  const escrow = accountOf(escrowAddress(network.payment.terms)).toString('hex')
  const vouchersFolder = join(network.dataFolder, `vouchers-${escrow.slice(0, 16)}`)
  stack.use(await watchMarket(database, moments))
  stack.use(await watchFolder(vouchersFolder, (name) => name.endsWith('.json') && moments.tell('voucher written')))
  const chainFolder = join(network.dataFolder, 'chain')
  stack.use(await watchFolder(chainFolder, (name) => name === 'journal' && moments.tell('block written')))
  const clientFolder = join(network.dataFolder, 'payer')
  const payer = stack.use(
    await openPayer(network, clientFolder, { onEvent: onEventOf(sight, moments), deaths: sight.deaths })
  )
  const strike = hands({ network, database, payer })
  const mending = new Map<Victim, Promise<void>>()
  const owned = stack.move()
  return {
    ...{ network, database, sight, moments, clientFolder, vouchersFolder },
    chain: openChain({ network: 'local', endpoint: network.addresses.chain }),
    url: `http://${payer.authority}`,
    async strike(victim, downMs) {
      await mending.get(victim)
      const mended = strike(victim, downMs)
      mending.set(victim, mended)
      await mended
    },
    mended: () => Promise.all(mending.values()),
    [Symbol.asyncDispose]: () => owned.disposeAsync()
  }
}

async function databaseUrl({ dataFolder, events }: TestNetwork): Promise<string> {
  const password = await readFile(join(dataFolder, 'postgres-password'), 'utf8')
  const ready = events.find((event) => event.kind === 'process-ready' && event.name === 'database')
  if (ready?.kind !== 'process-ready') throw new Error('no database')
  return `postgresql://bombyx:${password}@${ready.authority}/postgres`
}

function onEventOf(sight: Sight, moments: Moments): (event: ClientEvent) => void {
  return (event) => {
    sight.take(event, Date.now())
    if (event.kind === 'receipt-verified') moments.tell('delivery')
    if (event.kind === 'voucher-given') moments.tell('voucher given')
  }
}

interface Payer extends AsyncDisposable {
  readonly authority: string
  restart(downMs: number): Promise<void>
}

async function openPayer(
  { addresses }: TestNetwork,
  dataFolder: string,
  { onEvent, deaths }: { readonly onEvent: (event: ClientEvent) => void; readonly deaths: number[] }
): Promise<Payer> {
  const { relay, policyFile, escrowFile } = addresses
  const wish = { relay, policyFile, requestSeconds: REQUEST_SECONDS, dataFolder, escrowFile }
  let client: ClientProcess = await startClient(wish, onEvent)
  const { authority } = client
  return {
    authority,
    async restart(downMs) {
      deaths.push(Date.now())
      process.kill(client.pid, 'SIGKILL')
      await client.ended
      await sleep(downMs)
      client = await startClient({ ...wish, listen: authority }, onEvent)
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]()
  }
}

type Running = TestNetwork['processes'][number]

interface Hands {
  readonly network: TestNetwork
  readonly database: Database
  readonly payer: Payer
}

function hands({ network, database, payer }: Hands): (victim: Victim, downMs: number) => Promise<void> {
  return async (victim, downMs) => {
    if (victim === 'client') return payer.restart(downMs)
    if (victim === 'database') return crashDatabase(database)
    const running = network.processes.find(({ name }) => name === victim)
    if (running === undefined) throw new Error(`no process ${victim}`)
    process.kill(running.pid, 'SIGKILL')
    await running.ended
    await sleep(downMs)
    await startAgain(running)
  }
}

/** As a supervisor would: what it needs may be down as well. */
async function startAgain(running: Running): Promise<void> {
  for (let start = 1; ; start++) {
    try {
      return await running.restart()
    } catch (error) {
      if (start === MOST_STARTS) throw error
      await sleep(500)
    }
  }
}

/** A server process that dies of SIGKILL takes all others with it, and PostgreSQL recovers from its log. */
async function crashDatabase({ sql: db }: Database): Promise<void> {
  const { rows } = await sql<{ pid: number }>`
    select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()
    order by random() limit 1`.execute(db)
  for (const { pid } of rows) process.kill(pid, 'SIGKILL')
  for (let tries = 0; tries < 200; tries++) {
    await sleep(50)
    if (
      await sql`select 1`.execute(db).then(
        () => true,
        () => false
      )
    )
      return
  }
  throw new Error('the database does not come back')
}
