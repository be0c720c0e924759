import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { OpenAI } from 'openai'
import { BASE_URL, type BombyxClient, type ClientEvent, createClient } from '../../client/start.ts'
import { readNetworkFile } from '../../runtime/network-file.ts'
import { DATA_OPTION } from '../access/network.ts'
import { POLICY_OPTION_HELP, readPolicy } from '../evidence/policy.ts'
import { EXIT_HELP } from '../exit.ts'
import { stopSignal } from '../run/up.ts'
import { dim, print, printJson, printPiece, warn } from '../terminal/print.ts'

const EXAMPLES = `
Examples:
  bombyx ask "What is a Merkle tree?"
  bombyx ask "Summarise this" --relay relay.example:443 --policy production --model Qwen/Qwen3-8B
  bombyx ask "Hello" --json | jq .receipt

The answer goes to standard output, what was checked to standard error. Without --relay, --policy and --model they are
those of the network that is up on this machine; the policy for another relay is production. BOMBYX_TOKEN is the relay's API key.`

interface AskOptions {
  readonly relay?: string
  readonly policy?: string
  readonly model?: string
  readonly tlsCa?: string
  readonly data: string
  readonly json?: true
  readonly quiet?: true
}

export function addCommand(program: Command): void {
  program
    .command('ask')
    .description('Appraises hosts, agrees keys with them, sends one sealed prompt and checks the receipt.')
    .argument('<prompt>', 'what to ask')
    .option('--relay <authority>', 'host:port of a relay')
    .option('--policy <policy>', POLICY_OPTION_HELP)
    .option('--model <id>', 'the model to ask')
    .option('--tls-ca <file>', "PEM of the CA of the relay's certificate (default: the system's)")
    .option(...DATA_OPTION)
    .option('--json', 'print answer, host, verdict and receipt as one JSON object')
    .option('--quiet', 'nothing but the answer')
    .addHelpText('after', EXAMPLES + EXIT_HELP)
    .action(ask)
}

async function ask(prompt: string, options: AskOptions): Promise<void> {
  const { relay, policy, model } = await readWish(options)
  const apiKey = process.env['BOMBYX_TOKEN']
  const events: ClientEvent[] = []
  const onEvent = (event: ClientEvent): void => {
    events.push(event)
    if (options.json !== true && options.quiet !== true) tellBriefly(event)
  }
  await using client = createClient({
    relays: [relay],
    policy: await readPolicy(policy),
    dataFolder: join(resolve(options.data), 'client'),
    onEvent,
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(options.tlsCa === undefined ? {} : { tlsCa: resolve(options.tlsCa) })
  })
  const answer = await streamAnswer(client, { prompt, model, show: options.json !== true })
  if (options.json === true) printJson({ answer, model, ...outcome(client, events) })
}

async function readWish(options: AskOptions): Promise<{ relay: string; policy: string; model: string }> {
  const { relay, policy, model } = options
  // The policy of the network on this machine is for its own relay: it accepts virtual hosts.
  if (relay !== undefined && model !== undefined) return { relay, model, policy: policy ?? 'production' }
  const network = await readNetworkFile(resolve(options.data))
  const ownPolicy = relay === undefined || relay === network.relay ? network.policyFile : 'production'
  return { relay: relay ?? network.relay, policy: policy ?? ownPolicy, model: model ?? network.model }
}

interface Question {
  readonly prompt: string
  readonly model: string
  readonly show: boolean
}

async function streamAnswer(client: BombyxClient, { prompt, model, show }: Question): Promise<string> {
  const openai = new OpenAI({ fetch: client.fetch, baseURL: BASE_URL, apiKey: 'sealed instead', maxRetries: 0 })
  const messages = [{ role: 'user' as const, content: prompt }]
  const stream = await openai.chat.completions.create({ model, messages, stream: true }, { signal: stopSignal() })
  let answer = ''
  for await (const chunk of stream) {
    const text = chunk.choices[0]?.delta.content ?? ''
    answer += text
    if (show) printPiece(text)
  }
  if (show) print('')
  return answer
}

function tellBriefly(event: ClientEvent): void {
  if (event.kind === 'host-appraised') {
    const { status, tee, platform, findings } = event.result
    const reasons = findings.map(({ code }) => code).join(', ')
    warn(
      dim(
        `host ${event.host.hostId.slice(0, 12)}: ${status}, tee ${tee}, TCB ${platform?.tcbStatus ?? 'unknown'} ${reasons}`.trimEnd()
      )
    )
  }
  if (event.kind === 'session-opened')
    warn(dim(`session ${event.sessionId.slice(0, 12)}: ${event.suite}, ${event.legs.length} legs`))
  if (event.kind === 'receipt-verified') warn(dim(`receipt ${event.receiptId} verified`))
}

function outcome(client: BombyxClient, events: readonly ClientEvent[]) {
  const verified = events.find((event) => event.kind === 'receipt-verified')
  const receipt = verified === undefined ? undefined : client.receipt(verified.receiptId)
  return {
    keyset: verified?.host ?? null,
    verdict: receipt?.verdict ?? null,
    receipt: receipt === undefined ? null : JSON.parse(Buffer.from(receipt.bytes).toString('utf8'))
  }
}
