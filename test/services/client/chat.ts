import type { BhttpRequest } from '../../../attestation/session/bhttp.ts'
import type { BombyxClient } from '../../../services/client/client.ts'
import type { FakeAnswer, HostScript } from '../../fakes/host-script.ts'
import { FakeHost } from '../../fakes/inference-host.ts'
import { SealedNetwork } from '../../fakes/sealed-network.ts'
import type { EvidenceChanges } from '../../fakes/virtual-evidence.ts'

export const MODEL = 'Qwen/Qwen3-8B'
export const CHAT = 'https://bombyx.invalid/v1/chat/completions'
export const ANSWER = '{"id":"chatcmpl-1","choices":[{"message":{"content":"hello"}}]}'
export const EVENTS: readonly string[] = [
  'data: {"choices":[{"delta":{"content":"hel"}}]}\n\n',
  'data: {"choices":[{"delta":{"content":"lo"}}]}\n\n',
  'data: [DONE]\n\n'
]

/** A stand-in for vLLM that answers every chat the same way. */
export function answerChat(request: BhttpRequest): FakeAnswer {
  const { stream } = JSON.parse(Buffer.from(request.content).toString()) as { stream?: boolean }
  return stream === true ? { events: EVENTS } : { status: 200, body: ANSWER }
}

/** A network of so many honest hosts; `scripts` changes what the first ones do. */
export async function startNetwork(hosts = 1, ...scripts: readonly Partial<HostScript>[]): Promise<SealedNetwork> {
  const network = await SealedNetwork.create()
  for (let at = 0; at < hosts; at++) await addHost(network, scripts[at])
  return network
}

export async function addHost(
  network: SealedNetwork,
  script: Partial<HostScript> = {},
  changes: EvidenceChanges = {}
): Promise<FakeHost> {
  const options = { clock: network.clock, script: { answer: answerChat, ...script }, changes }
  const host = await FakeHost.create(network.root, options)
  network.hosts.push(host)
  return host
}

export function ask(client: BombyxClient, fields: object = {}, init: RequestInit = {}): Promise<Response> {
  const body = JSON.stringify({ model: MODEL, messages: [{ role: 'user', content: 'a secret word' }], ...fields })
  return client.fetch(CHAT, { method: 'POST', headers: { 'content-type': 'application/json' }, body, ...init })
}

/** What OpenAI's SDKs read of an error. */
export async function readError(response: Response): Promise<{
  readonly status: number
  readonly code: string
  readonly message: string
  readonly hosts: readonly { readonly host: string; readonly code: string; readonly reason: string }[]
}> {
  const { error } = (await response.json()) as {
    error: { code: string; message: string; bombyx: { code: string; hosts?: [] } }
  }
  return { status: response.status, code: error.bombyx.code, message: error.message, hosts: error.bombyx.hosts ?? [] }
}

/** Lets everything that is under way in this process happen. */
export async function settle(turns = 20): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
}
