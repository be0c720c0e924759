import { resolve } from 'node:path'
import { Argument, type Command } from 'commander'
import { PLANE_SERVICES, type PlaneService, startPlane } from '../../network/start.ts'
import { configError } from '../../runtime/env.ts'
import { dim, print, warn } from '../terminal/print.ts'
import { stopSignal } from './up.ts'

const EXAMPLES = `
Examples:
  bombyx serve log verifier registry market relay
      The whole plane between clients and hosts, on free ports of loopback.
  BOMBYX_REGISTRY=registry:7071 BOMBYX_MARKET=market:7073 BOMBYX_TLS_CERT=… BOMBYX_TLS_KEY=… \\
    bombyx serve relay --listen relay=0.0.0.0:443
      One relay of several.

Each service runs in a process of its own with this command's environment; those that run together are told of one
another. DATABASE_URL names the PostgreSQL to use; without it one is run from the data folder.
Addresses other than loopback are refused without TLS files.`

type Listen = Readonly<Partial<Record<PlaneService, string>>>

interface ServeOptions {
  readonly listen?: Listen
  readonly data: string
}

export function addCommand(program: Command): void {
  program
    .command('serve')
    .description('Runs services until it is stopped; ends when one of them ends.')
    .addArgument(new Argument('<service...>', 'which').choices(PLANE_SERVICES))
    .option('--listen <service=address>', 'where one listens; may be repeated', collectListen)
    .option('--data <folder>', 'where the embedded database lives', '.bombyx')
    .addHelpText('after', EXAMPLES)
    .action(serve)
}

async function serve(services: readonly PlaneService[], options: ServeOptions): Promise<void> {
  const stop = stopSignal()
  const environment = definedOnly(process.env)
  const databaseUrl = environment['DATABASE_URL']
  await using plane = await startPlane({
    services,
    env: () => environment,
    listen: options.listen ?? {},
    dataFolder: resolve(options.data),
    logs: { onLine: (_, line) => warn(line) },
    onReady: ({ name, authority }) => print(`${name.padEnd(10)} ${authority}`),
    ...(databaseUrl === undefined ? {} : { databaseUrl })
  })
  print(dim('Ctrl-C ends them.'))
  const stopped = new Promise<undefined>((done) => stop.addEventListener('abort', () => done(undefined)))
  if (stop.aborted) return
  const ended = [...plane.processes.values()].map((process) => process.ended.then(() => process.name))
  const failed = await Promise.race([stopped, ...ended])
  if (failed === undefined) return
  warn(`${failed} ended unexpectedly`)
  process.exitCode = 1
}

function collectListen(value: string, before: Listen | undefined): Listen {
  const [service = '', address = ''] = value.split(/=(.*)/s)
  const known = PLANE_SERVICES.find((name) => name === service)
  if (known === undefined || address === '') throw configError('--listen', `service=host:port is wanted, not ${value}`)
  return { ...before, [known]: address }
}

function definedOnly(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  )
}
