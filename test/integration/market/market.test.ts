import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomBytes } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { callUnary } from '../../../services/runtime/grpc-client.ts'
import { bombyx } from '../cli/run.ts'
import { declaration, startWorld, statementOf, type World } from './world.ts'

let world: World
const folder = mkdtempSync(join(tmpdir(), 'bombyx-market-'))

beforeAll(async () => {
  world = await startWorld()
  await callUnary(world.operator, 'PutOrganisation', { name: 'acme' })
  await callUnary(world.operator, 'PutOrganisation', { name: 'rival' })
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await world[Symbol.asyncDispose]()
})

async function keyOf(organisation: string) {
  const { secret, key } = await callUnary(world.operator, 'CreateKey', { organisation, name: 'laptop' })
  return { secret, id: key?.keyId ?? Buffer.alloc(0) }
}

const DEMAND = { model: 'test/model', queriesPerDay: 1000, inputTokens: 800, outputTokens: 200, billions: 8 }

describe('a caller', () => {
  it('without a good token is nobody, and a revoked key is none', async () => {
    const { secret, id } = await keyOf('acme')
    const own = await world.as(secret)
    await expect(callUnary(own, 'ListDemands', {})).resolves.toEqual({ demands: [] })
    await callUnary(world.operator, 'RevokeKey', { keyId: id })
    await expect(callUnary(own, 'ListDemands', {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    await expect(callUnary(await world.as('bmx_made-up'), 'ListDemands', {})).rejects.toMatchObject({
      code: 'UNAUTHENTICATED'
    })
    await expect(callUnary(await world.as('bombyx-enrol-made-up'), 'ListSupplies', {})).rejects.toMatchObject({
      code: 'UNAUTHENTICATED'
    })
    await expect(callUnary(world.operator, 'SetKey', { keyId: id })).rejects.toMatchObject({ code: 'KEY_REVOKED' })
  })

  it('of an organisation is no operator, no provider and no other organisation', async () => {
    const own = await world.as((await keyOf('acme')).secret)
    for (const call of [
      () => callUnary(own, 'PutOrganisation', { name: 'acme' }),
      () => callUnary(own, 'CreateKey', { organisation: 'acme', name: 'another' }),
      () => callUnary(own, 'ListSupplies', {}),
      () => callUnary(own, 'PutDemand', { ...DEMAND, organisation: 'rival' }),
      () => callUnary(own, 'GetBill', { organisation: 'rival' })
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'FORBIDDEN' })
    }
  })

  it('of an organisation neither sees nor changes the demands of another', async () => {
    const [acme, rival] = await Promise.all(['acme', 'rival'].map(async (name) => world.as((await keyOf(name)).secret)))
    const { demandId } = await callUnary(acme!, 'PutDemand', DEMAND)
    expect((await callUnary(rival!, 'ListDemands', {})).demands).toEqual([])
    for (const call of [
      () => callUnary(rival!, 'PutDemand', { ...DEMAND, demandId }),
      () => callUnary(rival!, 'RemoveDemand', { demandId })
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'NOT_FOUND' })
    }
    await callUnary(acme!, 'RemoveDemand', { demandId })
  })
})

describe('text that no database takes', () => {
  it.each([
    ['an organisation of a bill', () => callUnary(world.operator, 'GetBill', { organisation: '\0' })],
    ['an organisation of keys', () => callUnary(world.operator, 'ListKeys', { organisation: '\0' })],
    ['a model', () => callUnary(world.operator, 'PutDemand', { ...DEMAND, organisation: 'acme', model: '\0' })],
    ['a key', () => callUnary(world.operator, 'CreateKey', { organisation: 'acme', name: '\0' })],
    ['a payload', () => callUnary(world.operator, 'Login', { payload: '\0' })]
  ])('is refused as %s', async (_what, call) => {
    await expect(call()).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })
})

describe('a limit', () => {
  it.each([
    ['requests', { requestsPerMinute: 2 ** 31 }],
    ['tokens', { tokensPerDay: String(2n ** 63n) }],
    ['nanoTON', { nanotonPerMonth: String(2n ** 63n) }]
  ])('of more %s than the database keeps is refused', async (_what, limits) => {
    const refused = { code: 'ARGUMENT_INVALID' }
    await expect(callUnary(world.operator, 'PutOrganisation', { name: 'acme', limits })).rejects.toMatchObject(refused)
    const scope = { limits }
    await expect(
      callUnary(world.operator, 'CreateKey', { organisation: 'acme', name: 'k', scope })
    ).rejects.toMatchObject(refused)
  })
})

describe('a demand', () => {
  it.each([
    ['of no queries', { queriesPerDay: 0 }],
    ['without tokens', { inputTokens: 0, outputTokens: 0 }],
    ['whose peak is below its average', { peakFactor: 0.5 }],
    ['of a model with more active weights than weights', { activeBillions: 9 }],
    ['of a policy that nobody knows', { minimumPolicy: 'perfect' }],
    ['without a model', { model: '' }]
  ])('%s is refused', async (_what, change) => {
    await expect(
      callUnary(world.operator, 'PutDemand', { ...DEMAND, organisation: 'acme', ...change })
    ).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })

  it('of nobody is refused', async () => {
    await expect(callUnary(world.operator, 'PutDemand', { ...DEMAND, organisation: 'nobody' })).rejects.toMatchObject({
      code: 'ORGANISATION_UNKNOWN'
    })
  })
})

describe('a supply', () => {
  it('is declared beside what is attested and measured; what evidence contradicts is refused with both values', async () => {
    const { registry, market } = await world.provider('one')
    const { id, guest } = await world.enrol(registry, 2)
    for (const [change, said] of [
      [{ gpus: 1 }, '1 GPUs declared, 2 attested'],
      [{ gpus: 2, gpu: 'B200' }, 'B200 (BLACKWELL) declared, HOPPER attested'],
      [{ gpus: 2, vramGib: 500 }, '500 GiB declared, 2 × H100 have 188'],
      [{ gpus: 2, region: 'us' }, 'region "us" declared, "eu" by its agent'],
      [{ gpus: 2, models: ['other/model'] }, 'models other/model declared, test/model attested'],
      [{ gpus: 2, prices: { prompt: 99, cached: 10, completion: 400, reasoning: 400 } }, 'prompt at 99 nanoTON']
    ] as const) {
      const refused = callUnary(market, 'PutSupply', declaration(id, change))
      await expect(refused).rejects.toMatchObject({
        code: 'DECLARATION_CONTRADICTED',
        message: expect.stringContaining(said)
      })
    }
    await callUnary(world.metering, 'StoreUsage', {
      statements: [statementOf(guest, 1), statementOf(guest, 2, { finish: 'failed' })]
    })
    const supply = await callUnary(market, 'PutSupply', declaration(id, { gpus: 2, vramGib: 160 }))
    expect(supply).toMatchObject({
      declared: { gpus: 2, vramGib: 160 },
      attested: { listed: true, gpus: 2, gpuArchitecture: 'HOPPER', model: 'test/model', region: 'eu' },
      measured: { requests: '2', failures: '1', speedMilli: '300000', uptimePermille: 1000 },
      contradictions: []
    })
  })

  it("of another's host, or of one that was never listed, is refused", async () => {
    const [one, other] = [await world.provider('two'), await world.provider('three')]
    const { id } = await world.enrol(one.registry)
    for (const call of [
      () => callUnary(other.market, 'PutSupply', declaration(id)),
      () => callUnary(other.market, 'RemoveSupply', { hostId: id }),
      () => callUnary(one.market, 'PutSupply', declaration(randomBytes(16)))
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'NOT_FOUND' })
    }
    const own = await callUnary(one.market, 'ListSupplies', {})
    expect(own.supplies.map(({ provider }) => provider)).toEqual(['two'])
  })
})

describe('the commands', () => {
  it('take and give CSV and JSON', async () => {
    const place = ['--market', world.authority]
    const made = await bombyx(['org', 'create', 'commands', '--tokens-per-day', '5000', ...place, '--json'])
    expect(made).toMatchObject({ status: 0 })
    expect(JSON.parse(made.stdout)).toEqual([
      { name: 'commands', requests_per_minute: 0, tokens_per_day: '5000', nanoton_per_month: '0' }
    ])
    const key = JSON.parse(
      (await bombyx(['key', 'create', 'commands', 'ci', '--models', 'a,b', ...place, '--json'])).stdout
    )
    expect(key).toMatchObject({ organisation: 'commands', models: ['a', 'b'], minimum_policy: 'listed' })
    const env = { BOMBYX_TOKEN: key.secret }
    const added = await bombyx(
      ['demand', 'add', '--model', 'a', '--queries-per-day', '10', '--input-tokens', '1', ...place],
      { env }
    )
    expect(added).toMatchObject({ status: 0, stderr: '' })
    const csv = (await bombyx(['demand', 'list', '--csv', ...place], { env })).stdout
    expect(csv.split('\n')[1]).toMatch(/^[0-9a-f]{32},commands,a,,0,0,10,1,0,1,0,0,,listed$/)
    const other = await bombyx(['supply', 'list', ...place], { env })
    expect(other).toMatchObject({ status: 10, stderr: expect.stringContaining('FORBIDDEN') })
  })

  it('take back the CSV that they gave, of demands and of supply', async () => {
    const { registry, token } = await world.provider('round')
    const { id } = await world.enrol(registry)
    await world.enrol(registry)
    const place = ['--market', world.authority]
    const env = { BOMBYX_TOKEN: token }
    const declared = ['--gpu', 'H100', '--gpus', '1', '--vram-gib', '80', '--uptime-permille', '970']
    expect(await bombyx(['supply', 'declare', encodeHex(id), ...declared, ...place], { env })).toMatchObject({
      status: 0
    })
    for (const [what, bearer] of [
      ['supply', env],
      ['demand', {}]
    ] as const) {
      const list = () => bombyx([what, 'list', '--csv', ...place], { env: bearer })
      const { stdout } = await list()
      const file = `${folder}/${what}.csv`
      writeFileSync(file, stdout)
      expect(await bombyx([what, 'import', file, ...place], { env: bearer })).toMatchObject({ status: 0, stderr: '' })
      expect((await list()).stdout).toBe(stdout)
    }
  })

  it.each([
    [['demand', 'show', 'ffffffffffff'], 1, 'NOT_FOUND: nothing here begins with ffffffffffff'],
    [['demand', 'shw'], 30, "ARGUMENT_INVALID: unknown command 'shw' (Did you mean show?) (--help says how)"],
    [['demand', 'show'], 30, "ARGUMENT_INVALID: missing required argument 'id' (--help says how)"],
    [['org', 'set', 'nobody'], 10, 'ORGANISATION_UNKNOWN: there is no organisation "nobody"'],
    [['org', 'create', 'acme'], 30, 'ARGUMENT_INVALID: acme is there'],
    [['market', 'plan', '--seconds', '-1'], 30, 'ARGUMENT_INVALID: option']
  ])('%j ends with status %i and one line', async (args, status, said) => {
    const failed = await bombyx([...args, '--market', world.authority])
    expect(failed).toMatchObject({ status, stderr: expect.stringMatching(/^bombyx: .*\n$/) })
    expect(failed.stderr).toContain(`bombyx: ${said}`)
  })
})
