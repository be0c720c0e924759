import { readFile } from 'node:fs/promises'
import { parsePolicy } from '../../attestation/policy.ts'
import { type ClientEvent, startProxy } from '../../services/client/start.ts'

/** What the client's process says to the one that watches it. */
export type ClientReport =
  | { readonly kind: 'ready'; readonly url: string }
  | { readonly kind: 'event'; readonly event: ClientEvent }

const [relay = '', policyFile = '', requestSeconds = ''] = process.argv.slice(2)
const tell = (report: ClientReport): void => void process.send?.(report)

const proxy = await startProxy(
  {
    relays: [relay],
    policy: parsePolicy(await readFile(policyFile)),
    listen: '127.0.0.1:0',
    hostNames: [],
    origins: [],
    requestSeconds: Number(requestSeconds)
  },
  { onEvent: (event) => tell({ kind: 'event', event }) }
)
process.once('disconnect', () => process.exit(0))
tell({ kind: 'ready', url: proxy.url })
