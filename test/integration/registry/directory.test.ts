import { sql } from 'kysely'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { RegistryClient } from '../../../proto/gen/bombyx/v1/Registry.ts'
import { openDatabase } from '../../../services/runtime/database.ts'
import { callUnary } from '../../../services/runtime/grpc-client.ts'
import { createGuestMaker, type Guest, type GuestMaker, newSubject } from '../../fakes/guest.ts'
import { attest, enrolProvider, type Network, startNetwork, startReplica, Watcher, withdrawal } from './network.ts'

let network: Network
let createGuest: GuestMaker
let acme: RegistryClient
let first: Guest
let second: Guest
let watcher: Watcher

beforeAll(async () => {
  createGuest = await createGuestMaker()
})
beforeEach(async () => {
  network = await startNetwork()
  acme = await enrolProvider(network, 'acme')
  const subject = newSubject()
  first = createGuest({ subject })
  second = createGuest({ subject })
  watcher = new Watcher(network.directory, { first, second })
  await expect.poll(() => watcher.lines).toEqual(['snapshot end'])
})
afterEach(async () => {
  acme.close()
  await watcher[Symbol.asyncDispose]()
  await network[Symbol.asyncDispose]()
})

/** Waits until the watcher has heard exactly this after the snapshot. Changes in quick succession may be told as one. */
async function hears(...lines: readonly string[]): Promise<void> {
  await expect.poll(() => watcher.lines.slice(1), { interval: 10 }).toEqual(lines)
}

describe('a watcher', () => {
  it('hears of a host, then of its new keyset, and only then that the old one goes', async () => {
    await attest(acme, first)
    await hears('listed first')
    await attest(acme, second)
    await hears('listed first', 'listed second', 'delisted first replaced')
  })

  it('that comes later gets a snapshot of what is listed', async () => {
    await attest(acme, first)
    await attest(acme, createGuest())
    await attest(acme, second)
    await expect.poll(() => watcher.listed.has('second')).toBe(true)
    await using late = new Watcher(network.directory, { first, second })
    await expect.poll(() => late.lines.at(-1)).toBe('snapshot end')
    expect(late.listed.size).toBe(2)
    expect(late.listed.has('second')).toBe(true)
  })

  it('hears of a lapse in the moment that the verdict ends', async () => {
    network.verifier.answer = { kind: 'accept', status: 'AFFIRMING', life: 3 }
    const { hostId, verdict } = await attest(acme, first)
    await hears('listed first')
    await hears('listed first', 'delisted first lapsed')
    const late = Date.now() - Number(verdict!.notAfter) * 1000
    expect(late).toBeGreaterThanOrEqual(0)
    expect(late).toBeLessThan(2000)
    const record = await callUnary(network.admin, 'GetHost', { hostId })
    expect(record).toMatchObject({ state: 'LAPSED', reason: 'LAPSED', changedAt: verdict!.notAfter })
  })

  it('hears at once of a refused appraisal, and of the good one that heals it', async () => {
    const { hostId } = await attest(acme, first)
    await hears('listed first')
    network.verifier.answer = { kind: 'refuse' }
    const refused = await attest(acme, second)
    expect(refused).toMatchObject({ hostId, attestAgainAt: '0', verdict: { status: 'CONTRAINDICATED' } })
    await hears('listed first', 'delisted first quarantined')
    const record = await callUnary(network.admin, 'GetHost', { hostId })
    expect(record).toMatchObject({ state: 'QUARANTINED', reason: 'EVIDENCE_REFUSED' })
    network.verifier.answer = { kind: 'accept', status: 'AFFIRMING', life: 3600 }
    await attest(acme, second)
    await hears('listed first', 'delisted first quarantined', 'listed second')
  })

  it('hears nothing of refused evidence that no quote proves: whoever has the token could have made it', async () => {
    const { hostId } = await attest(acme, first)
    await hears('listed first')
    network.verifier.answer = { kind: 'refuse', unproven: true }
    for (const guest of [second, first]) {
      const refused = await attest(acme, guest)
      expect(refused).toMatchObject({ attestAgainAt: '0', verdict: { status: 'CONTRAINDICATED' } })
      expect(refused.hostId).toHaveLength(0)
    }
    const record = await callUnary(network.admin, 'GetHost', { hostId })
    expect(record).toMatchObject({ state: 'LISTED', host: { verdict: { status: 'AFFIRMING' } } })
    network.verifier.answer = { kind: 'accept', status: 'AFFIRMING', life: 3600 }
    await attest(acme, second)
    await hears('listed first', 'listed second', 'delisted first replaced')
  })

  it("hears of an operator's quarantine, which no evidence lifts", async () => {
    const { hostId } = await attest(acme, first)
    await hears('listed first')
    const record = await callUnary(network.admin, 'QuarantineHost', { hostId, reason: 'looks wrong' })
    expect(record).toMatchObject({ state: 'QUARANTINED', reason: 'looks wrong' })
    await hears('listed first', 'delisted first quarantined')
    await attest(acme, second)
    await callUnary(acme, 'Withdraw', withdrawal(second))
    await expect(callUnary(network.admin, 'GetHost', { hostId })).resolves.toMatchObject({ state: 'QUARANTINED' })
    expect(await callUnary(network.admin, 'LiftQuarantine', { hostId })).toMatchObject({ state: 'LISTED', reason: '' })
    await hears('listed first', 'delisted first quarantined', 'listed second')
  })

  it('does not hear of a host whose quarantine is lifted against its evidence', async () => {
    const { hostId } = await attest(acme, first)
    await hears('listed first')
    network.verifier.answer = { kind: 'refuse' }
    await attest(acme, first)
    const record = await callUnary(network.admin, 'LiftQuarantine', { hostId })
    expect(record).toMatchObject({ state: 'QUARANTINED', reason: 'EVIDENCE_REFUSED' })
    await callUnary(acme, 'Withdraw', withdrawal(first))
    await hears('listed first', 'delisted first quarantined')
  })

  it('hears of a withdrawal', async () => {
    await attest(acme, first)
    await hears('listed first')
    await callUnary(acme, 'Withdraw', withdrawal(first))
    await hears('listed first', 'delisted first withdrawn')
  })

  it('of another replica hears the same', async () => {
    await using replica = await startReplica(network)
    await using there = new Watcher(replica.directory, { first, second })
    await expect.poll(() => there.lines).toEqual(['snapshot end'])
    const { hostId } = await attest(acme, first)
    await hears('listed first')
    await expect.poll(() => there.listed.has('first')).toBe(true)
    await callUnary(replica.admin, 'QuarantineHost', { hostId, reason: 'seen from there' })
    const story = ['listed first', 'delisted first quarantined']
    await hears(...story)
    await expect.poll(() => there.lines.slice(1)).toEqual(story)
  })

  it('misses nothing when the database drops the connection that tells of changes', async () => {
    await attest(acme, first)
    await hears('listed first')
    await using database = await openDatabase({ url: network.databaseUrl })
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where query like 'LISTEN%' and datname = current_database()`.execute(
      database.sql
    )
    await attest(acme, second)
    await hears('listed first', 'listed second', 'delisted first replaced')
  })

  it('is told to come again when its replica stops', async () => {
    const replica = await startReplica(network)
    await using there = new Watcher(replica.directory)
    await expect.poll(() => there.lines).toEqual(['snapshot end'])
    await replica[Symbol.asyncDispose]()
    await expect.poll(() => there.lines.at(-1)).toBe('ended UNAVAILABLE')
  })
})

describe('an operator', () => {
  it('sees all hosts, the quarantined and lapsed too', async () => {
    const { hostId } = await attest(acme, first)
    await callUnary(network.admin, 'QuarantineHost', { hostId, reason: 'x' })
    network.verifier.answer = { kind: 'accept', status: 'AFFIRMING', life: 1 }
    await attest(acme, createGuest())
    await expect
      .poll(async () => (await callUnary(network.admin, 'ListHosts', {})).hosts.map(({ state }) => state), {
        timeout: 3000
      })
      .toEqual(['QUARANTINED', 'LAPSED'])
  })

  it.each([
    ['a host that is not there', { hostId: new Uint8Array(16), reason: 'x' }, 'NOT_FOUND'],
    ['no reason', { hostId: new Uint8Array(16), reason: '' }, 'ARGUMENT_INVALID'],
    ['half an id', { hostId: new Uint8Array(8), reason: 'x' }, 'ARGUMENT_INVALID']
  ])('quarantines nothing with %s', async (_what, request, code) => {
    await expect(callUnary(network.admin, 'QuarantineHost', request)).rejects.toMatchObject({ code })
  })
})
