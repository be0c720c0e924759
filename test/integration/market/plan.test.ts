import { afterAll, beforeAll, expect, test } from 'vitest'
import { callUnary } from '../../../services/runtime/grpc-client.ts'
import { declaration, type EnrolledHost, startWorld, statementOf, type World } from './world.ts'

let world: World
let host: EnrolledHost

beforeAll(async () => {
  world = await startWorld()
  await callUnary(world.operator, 'PutOrganisation', { name: 'acme' })
  const demand = { organisation: 'acme', model: 'test/model', queriesPerDay: 1000, inputTokens: 800, outputTokens: 200 }
  await callUnary(world.operator, 'PutDemand', demand)
  host = await world.enrol((await world.provider('one')).registry)
})
afterAll(() => world[Symbol.asyncDispose]())

const plan = () => callUnary(world.operator, 'GetPlan', { seconds: 1 })

test('nothing is planned with a host that nobody declared', async () => {
  const { hosts, demands } = await plan()
  expect([hosts, demands]).toMatchObject([[], [{ servedQueriesPerDay: '0', unmetBecause: 'no-host' }]])
})

test('nothing is planned of a model that nobody has measured, and whose size nobody has said', async () => {
  await callUnary(world.operator, 'PutSupply', declaration(host.id))
  expect(await plan()).toMatchObject({
    hosts: [{ model: '', speedMilli: '0', measuredBy: '0' }],
    demands: [{ servedQueriesPerDay: '0', unmetBecause: 'unknown-model' }]
  })
})

test('one answer is enough: its speed, in every slot of the host', async () => {
  await callUnary(world.metering, 'StoreUsage', { statements: [statementOf(host.guest, 1)] })
  const { supplies } = await callUnary(world.operator, 'ListSupplies', {})
  const slots = supplies[0]?.attested?.slots ?? 0
  expect(await plan()).toMatchObject({
    hosts: [{ model: 'test/model', moves: false, speedMilli: String(1_500_000 * slots), measuredBy: '1' }],
    demands: [{ servedQueriesPerDay: '1000', unmetBecause: '' }]
  })
})

test('data sheets bound what is believed, where a size is said', async () => {
  const dense = { model: 'test/model', queriesPerDay: 1, inputTokens: 1, outputTokens: 1, billions: 70 }
  await callUnary(world.operator, 'PutDemand', { ...dense, organisation: 'acme' })
  await callUnary(world.metering, 'StoreUsage', { statements: [statementOf(host.guest, 2, { durationMs: 1 })] })
  const { hosts } = await plan()
  expect(Number(hosts[0]?.speedMilli)).toBeLessThan(3_000_000)
})
