import { readFile } from 'node:fs/promises'
import { parsePolicy } from '../../attestation/policy.ts'
import { type ClientEvent, startProxy } from '../../services/client/start.ts'

/** What the client's process is told, as JSON. */
export interface ClientWish {
  readonly relay: string
  readonly policyFile: string
  readonly requestSeconds: number
  /** `host:port`; a free port of loopback where absent. */
  readonly listen?: string
  readonly dataFolder?: string
  /** Who pays; nobody where absent. */
  readonly escrowFile?: string
}

/** What the client's process says to the one that watches it. */
export type ClientReport =
  | { readonly kind: 'ready'; readonly authority: string }
  | { readonly kind: 'event'; readonly event: ClientEvent }

const wish = JSON.parse(process.argv[2] ?? '') as ClientWish
const { relay, policyFile, requestSeconds, listen = '127.0.0.1:0', dataFolder, escrowFile } = wish
const tell = (report: ClientReport): void => void process.send?.(report)

const proxy = await startProxy(
  {
    relays: [relay],
    policy: parsePolicy(await readFile(policyFile)),
    listen,
    hostNames: [],
    origins: [],
    requestSeconds,
    ...(dataFolder === undefined ? {} : { dataFolder }),
    ...(escrowFile === undefined ? {} : { escrowFile })
  },
  { onEvent: (event) => tell({ kind: 'event', event }) }
)
process.once('disconnect', () => process.exit(0))
tell({ kind: 'ready', authority: proxy.authority })
