import { resolve } from 'node:path'
import { styleText } from 'node:util'
import { OpenAI } from 'openai'
import { dim, tell } from './account/account.ts'
import { MoneyAccount } from './account/money.ts'
import type { NetworkConfig } from './config.ts'
import { type Network, type NetworkEvent, startNetwork } from './start.ts'

export interface UpContext {
  readonly write: (text: string) => void
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
}

/**
 * Brings the network up, asks once through the official OpenAI SDK, and tells what happens. Stays up until the signal,
 * unless `once`. Returns the exit status.
 */
export async function runUp(config: NetworkConfig, { write, signal }: UpContext): Promise<number> {
  const account = createAccount(write)
  write(`${styleText('bold', 'Bombyx')}  ${dim(`everything on this machine, data in ${config.dataFolder}`)}\n\n`)
  await using network = await startNetwork(config, account.onEvent)
  if (signal.aborted) return 0
  await ask(network, config, account)
  if (config.once) return 0
  write(invitation(network, config))
  const ended = new Promise<undefined>((resolve) => signal.addEventListener('abort', () => resolve(undefined)))
  if (signal.aborted) return 0
  const failed = await Promise.race([ended, network.failed])
  write(
    failed === undefined
      ? '\nStopping.\n'
      : `\n${failed} ended unexpectedly; its log is in ${config.dataFolder}/logs.\n`
  )
  return failed === undefined ? 0 : 1
}

interface Account {
  readonly onEvent: (event: NetworkEvent) => void
  readonly onText: (text: string) => void
  /** Tells of the request as the relay saw it, which comes at its own time; further requests are counted, and not told of. */
  endRequest(): Promise<void>
  /** Tells of the log's anchor and of the money, and ends the account. */
  end(network: Network): Promise<void>
}

const RELAYED_LIMIT_MS = 2_000
/** The local chain takes the first anchor at once, later ones after a while. */
const ANCHORED_LIMIT_MS = 5_000

function createAccount(write: (text: string) => void): Account {
  const relayed = Promise.withResolvers<NetworkEvent | undefined>()
  const anchored = Promise.withResolvers<NetworkEvent | undefined>()
  const money = new MoneyAccount()
  let telling = true
  const say = (event: NetworkEvent | undefined): void => {
    if (event === undefined) return
    for (const line of tell(event)) write(`${line}\n`)
    if (event.kind === 'answer-started') write('  ')
  }
  return {
    onEvent: (event) => {
      if (event.kind === 'relayed') relayed.resolve(event)
      else if (event.kind === 'head-anchored') anchored.resolve(event)
      else if (telling) say(event)
      money.onEvent(event)
    },
    onText: (text) => write(text.replaceAll('\n', '\n  ')),
    endRequest: async () => {
      setTimeout(() => relayed.resolve(undefined), RELAYED_LIMIT_MS).unref()
      say(await relayed.promise)
      telling = false
    },
    end: async ({ payment, addresses }) => {
      setTimeout(() => anchored.resolve(undefined), ANCHORED_LIMIT_MS).unref()
      say(await anchored.promise)
      say(await money.settled(payment, addresses.chain))
    }
  }
}

/** So that the money's table has a few answers. */
const FURTHER_PROMPTS = ['Who is paid for this answer?', 'And who sees the money?']

async function ask(network: Network, { prompt, model }: NetworkConfig, account: Account): Promise<void> {
  const openai = new OpenAI({ baseURL: `${network.proxy.url}/v1`, apiKey: 'unused', maxRetries: 0 })
  const messages = [{ role: 'user' as const, content: prompt }]
  const stream = await openai.chat.completions.create({ model, messages, stream: true })
  for await (const chunk of stream) account.onText(chunk.choices[0]?.delta.content ?? '')
  await account.endRequest()
  await Promise.all(
    FURTHER_PROMPTS.map((content) => openai.chat.completions.create({ model, messages: [{ role: 'user', content }] }))
  )
  await account.end(network)
}

function invitation({ proxy }: Network, { model, dataFolder }: NetworkConfig): string {
  const data = dataFolder === resolve('.bombyx') ? '' : ` --data ${dataFolder}`
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello!' }], stream: true })
  return `
${styleText('bold', 'Up.')} Any OpenAI client works with ${styleText('bold', `${proxy.url}/v1`)}. Try:

  curl -N ${proxy.url}/v1/chat/completions -H 'content-type: application/json' \\
    -d '${body}'
  curl ${proxy.url}/v1/bombyx/verification
  npx bombyx hosts list${data}
  npx bombyx audit log --explain${data}

${dim('services/market/walkthrough.md: providers, a demand and an escrow of your own, to the last nanoTON.')}
${dim('Ctrl-C ends everything.')}
`
}
