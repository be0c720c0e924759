import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PRODUCTION_POLICY } from '../../../attestation/policy.ts'
import { createClient } from '../../../services/client/client.ts'
import { hashToken } from '../../../services/runtime/tokens.ts'
import { ask, MODEL, readError } from '../../services/client/chat.ts'
import { startWorld } from '../relay/world.ts'

test('a real relay’s answers: no such model, and none at all', async () => {
  await using world = await startWorld()
  await using client = createClient({ relays: [world.relay.authority], policy: PRODUCTION_POLICY })
  expect(await client.models()).toEqual([])
  expect(await readError(await ask(client))).toMatchObject({ status: 404, code: 'MODEL_NOT_SERVED' })
})

test('an API key is wanted where the relay has keys', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bombyx-keys-'))
  try {
    const apiKeys = join(folder, 'keys')
    await writeFile(apiKeys, `${hashToken('good')} alice\n`)
    await using world = await startWorld({ apiKeys })
    const options = { relays: [world.relay.authority], policy: PRODUCTION_POLICY }
    await using stranger = createClient({ ...options, apiKey: 'bad' })
    expect(await readError(await ask(stranger))).toMatchObject({ status: 401, code: 'RELAY_UNAUTHORIZED' })
    await using alice = createClient({ ...options, apiKey: 'good' })
    expect(await readError(await ask(alice))).toMatchObject({ status: 404, code: 'MODEL_NOT_SERVED' })
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a host whose evidence the policy refuses gets no hello', async () => {
  await using world = await startWorld()
  const host = await world.host()
  await using client = createClient({ relays: [world.relay.authority], policy: PRODUCTION_POLICY })
  const { id: model } = host.keyset.model
  expect(await client.models()).toEqual([model])
  const error = await readError(await ask(client, { model }))
  expect(error).toMatchObject({ status: 502, code: 'HOSTS_REFUSED' })
  expect(error.hosts).toHaveLength(1)
})

test('a relay that is not there is passed over', async () => {
  await using world = await startWorld()
  const relays = ['127.0.0.1:1', world.relay.authority]
  await using client = createClient({ relays, policy: PRODUCTION_POLICY })
  expect(await readError(await ask(client))).toMatchObject({ code: 'MODEL_NOT_SERVED' })
  await using alone = createClient({ relays: ['127.0.0.1:1'], policy: PRODUCTION_POLICY })
  expect(await readError(await ask(alone, { model: MODEL }))).toMatchObject({ status: 503, code: 'RELAY_UNAVAILABLE' })
})

test('a CA file that cannot be read is named, and nothing is dialled', async () => {
  const tlsCa = '/no/such/file.pem'
  await using client = createClient({ relays: ['127.0.0.1:1'], policy: PRODUCTION_POLICY, tlsCa })
  const error = await readError(await ask(client))
  expect(error.code).toBe('RELAY_UNAVAILABLE')
  expect(error.message).toContain(tlsCa)
})
