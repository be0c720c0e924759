import type { Command } from 'commander'

export interface CommandModule {
  addCommand(program: Command): void
}

/** Each command's code is loaded only when it runs: `verify` needs no gRPC, no database and no client. */
export const COMMANDS: Readonly<
  Record<string, { readonly summary: string; readonly load: () => Promise<CommandModule> }>
> = {
  up: { summary: 'bring up everything on this machine, send one sealed prompt', load: () => import('./run/up.ts') },
  ask: { summary: 'send one sealed prompt', load: () => import('./prompt/ask.ts') },
  proxy: { summary: 'run the local OpenAI endpoint in front of a relay', load: () => import('./prompt/proxy.ts') },
  verify: {
    summary: 'appraise a TDX quote or an evidence bundle, offline',
    load: () => import('./evidence/verify.ts')
  },
  collateral: { summary: "fetch Intel's collateral for a platform", load: () => import('./evidence/collateral.ts') },
  provider: { summary: 'who may enrol hosts', load: () => import('./hosts/provider.ts') },
  hosts: { summary: 'list, show and quarantine hosts', load: () => import('./hosts/hosts.ts') },
  host: { summary: 'run the agent of a GPU host', load: () => import('./run/host.ts') },
  reference: {
    summary: 'sign released measurements into the log, revoke them, list them',
    load: () => import('./evidence/reference.ts')
  },
  log: { summary: "make a log's key, ask how a log is, write one as files", load: () => import('./tlog/log.ts') },
  audit: { summary: 'check what the log and the chain say', load: () => import('./tlog/audit.ts') },
  serve: { summary: 'run any set of the services', load: () => import('./run/serve.ts') },
  chain: { summary: 'run the local TON chain alone', load: () => import('./run/chain.ts') },
  doctor: { summary: 'what this machine can attest with, and what is missing', load: () => import('./run/doctor.ts') },
  org: { summary: 'organisations and their limits', load: () => import('./accounts/org.ts') },
  key: { summary: "organisations' API keys: make, scope, revoke", load: () => import('./accounts/key.ts') },
  demand: { summary: 'register what will be asked for', load: () => import('./supply/demand.ts') },
  supply: { summary: 'declare hosts, beside what is attested and measured', load: () => import('./supply/supply.ts') },
  market: { summary: 'who should hold what', load: () => import('./supply/market.ts') },
  bill: {
    summary: 'what was used and what it costs; hold it against own receipts',
    load: () => import('./bill/bill.ts')
  },
  pay: {
    summary: "a consumer's escrow: deposit, reserve, release, change its key, close",
    load: () => import('./pay/pay.ts')
  },
  earn: {
    summary: "a provider's earnings: what is vouchered, claim it, export it",
    load: () => import('./earn/earn.ts')
  },
  wallet: { summary: "a wallet's key file: make one, its balance, send", load: () => import('./pay/wallet.ts') },
  token: { summary: 'make API keys', load: () => import('./accounts/token.ts') },
  conformance: { summary: 'verify one case of a conformance suite', load: () => import('./evidence/conformance.ts') },
  completion: { summary: 'print a script that completes commands in a shell', load: () => import('./completion.ts') }
}
