import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Policy, parsePolicy } from '../../attestation/policy.ts'
import { parseVerifierKey } from '../../attestation/tlog/note-key.ts'
import { BASE_URL, type BombyxClient, createClient } from '../../services/client/start.ts'
import { type HostileRelay, startHostileRelay } from '../fakes/hostile-relay.ts'
import { MODEL, startTestNetwork, type TestNetwork } from './network.ts'

let network: TestNetwork
let relay: HostileRelay
let policy: Policy

beforeAll(async () => {
  network = await startTestNetwork()
  relay = await startHostileRelay(network.addresses.relay)
  policy = parsePolicy(await readFile(network.addresses.policyFile))
}, 120_000)

afterAll(async () => {
  await relay[Symbol.asyncDispose]()
  await network[Symbol.asyncDispose]()
})

function ask(client: BombyxClient): Promise<Response> {
  const body = JSON.stringify({ model: MODEL, messages: [{ role: 'user', content: 'What spins silk?' }] })
  return client.fetch(`${BASE_URL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body
  })
}

async function refusals(client: BombyxClient): Promise<readonly string[]> {
  const { error } = (await (await ask(client)).json()) as {
    error: { bombyx: { hosts?: readonly { readonly code: string }[] } }
  }
  return (error.bombyx.hosts ?? []).map(({ code }) => code)
}

describe('the network of npm start', () => {
  it('has a policy that wants its own log, and an answer whose receipt names the place there', async () => {
    if (policy.log.kind === 'none') throw new Error('no log')
    expect(policy.log.key).toEqual(parseVerifierKey(network.addresses.logKey))
    await using client = createClient({ relays: [relay.authority], policy })
    const answer = await ask(client)
    expect(answer.status).toBe(200)
    const [host] = client
      .verification(MODEL)
      .filter(({ keysetDigest }) => keysetDigest === answer.headers.get('x-bombyx-host'))
    const receipt = client.receipt(answer.headers.get('x-bombyx-receipt') ?? '')
    const { event_log } = JSON.parse(Buffer.from(receipt?.bytes ?? []).toString()) as {
      event_log: readonly { readonly type: string; readonly log_index?: number }[]
    }
    const named = event_log.find(({ type }) => type === 'attestation')?.log_index
    expect(BigInt(named ?? -1)).toBe(host?.log?.leafIndex)
  })

  it('refuses a host whose leaf is missing, or whose proof is', async () => {
    for (const part of ['leaf', 'logProof'] as const) {
      relay.tamper({ hosts: ({ hosts }) => ({ hosts: hosts.map((host) => ({ ...host, [part]: Buffer.alloc(0) })) }) })
      await using client = createClient({ relays: [relay.authority], policy })
      expect(new Set(await refusals(client))).toEqual(new Set(['LOG_PROOF_MISSING']))
    }
    relay.tamper({})
  })

  it('refuses a host that is shown with the leaf of another', async () => {
    relay.tamper({
      hosts: ({ hosts }) => ({
        hosts: hosts.map((host, at) => {
          const other = hosts[(at + 1) % hosts.length] ?? host
          return { ...host, leaf: other.leaf, logProof: other.logProof }
        })
      })
    })
    await using client = createClient({ relays: [relay.authority], policy })
    expect(new Set(await refusals(client))).toEqual(new Set(['LEAF_MISMATCH']))
    relay.tamper({})
  })

  it('keeps the heads that it has seen in its data folder, for the next run and for auditors', async () => {
    const dataFolder = join(network.dataFolder, 'another-client')
    for (const _ of [1, 2]) {
      await using client = createClient({ relays: [relay.authority], policy, dataFolder })
      expect((await ask(client)).status).toBe(200)
    }
    const [log = ''] = await readdir(dataFolder)
    expect((await readdir(join(dataFolder, log))).toSorted()).toEqual(['head.note', 'seen.jsonl'])
  })
})
