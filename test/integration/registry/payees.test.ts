import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomBytes } from '../../../attestation/crypto.ts'
import type { RegistryClient } from '../../../proto/gen/bombyx/v1/Registry.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import { codeOf } from '../../../services/runtime/errors.ts'
import { callUnary, connect } from '../../../services/runtime/grpc-client.ts'
import { createGuestMaker, type Guest, type GuestMaker } from '../../fakes/guest.ts'
import { attest, type Network, type Replica, startNetwork, startReplica, withdrawal } from './network.ts'

let network: Network
let replica: Replica
let createGuest: GuestMaker
let acme: RegistryClient
let other: RegistryClient
let acmeElsewhere: RegistryClient

beforeAll(async () => {
  createGuest = await createGuestMaker()
  network = await startNetwork()
  replica = await startReplica(network)
  const [own = '', others = ''] = await Promise.all(
    ['acme', 'other'].map(async (name) => (await callUnary(network.admin, 'CreateProvider', { name })).enrolmentToken)
  )
  acme = await connect(bombyxV1.Registry, network.authority, { token: own })
  other = await connect(bombyxV1.Registry, network.authority, { token: others })
  acmeElsewhere = await connect(bombyxV1.Registry, replica.authority, { token: own })
})
afterAll(async () => {
  for (const client of [acme, other, acmeElsewhere]) client.close()
  await replica[Symbol.asyncDispose]()
  await network[Symbol.asyncDispose]()
})

const newPayee = (): Buffer => Buffer.from(randomBytes(32))
const again = (before: Guest): Guest => createGuest({ subject: before.keyset.subject })

async function codeOfEnrolment(guest: Guest, payee: Buffer, registry = acme): Promise<string> {
  return attest(registry, guest, payee).then(
    () => 'ENROLLED',
    (error: unknown) => codeOf(error) ?? 'NO_CODE'
  )
}

describe('a payee', () => {
  it('is one host’s among its provider’s: a second one is refused, and the first stays', async () => {
    const payee = newPayee()
    const { hostId } = await attest(acme, createGuest(), payee)
    expect(await codeOfEnrolment(createGuest(), payee)).toBe('PAYEE_TAKEN')
    expect((await callUnary(network.admin, 'GetHost', { hostId })).state).toBe('LISTED')
    expect((await callUnary(network.admin, 'GetHost', { hostId })).host?.declaration?.payee).toEqual(payee)
  })

  it('is not taken from anybody by a provider that names it: nobody can prove that one is its own', async () => {
    const payee = newPayee()
    expect(await codeOfEnrolment(createGuest(), payee, other)).toBe('ENROLLED')
    expect(await codeOfEnrolment(createGuest(), payee)).toBe('ENROLLED')
  })

  it('stays with a host that attests again, and hosts that nobody pays have none', async () => {
    const [payee, guest] = [newPayee(), createGuest()]
    for (const one of [guest, again(guest)]) expect(await codeOfEnrolment(one, payee)).toBe('ENROLLED')
    for (const one of [createGuest(), createGuest()]) {
      expect(await codeOfEnrolment(one, Buffer.alloc(0))).toBe('ENROLLED')
    }
  })

  it('stays with a host that an operator has quarantined', async () => {
    const payee = newPayee()
    const { hostId } = await attest(acme, createGuest(), payee)
    await callUnary(network.admin, 'QuarantineHost', { hostId, reason: 'looks wrong' })
    expect(await codeOfEnrolment(createGuest(), payee)).toBe('PAYEE_TAKEN')
  })

  it.each<readonly [string, (guest: Guest) => Promise<unknown>]>([
    ['withdraws', (guest) => callUnary(acme, 'Withdraw', withdrawal(guest))],
    ['attests with another', (guest) => attest(acme, again(guest), newPayee())],
    ['attests with none', (guest) => attest(acme, again(guest))]
  ])('is free when its host %s', async (_what, leave) => {
    const [payee, guest] = [newPayee(), createGuest()]
    await attest(acme, guest, payee)
    await leave(guest)
    expect(await codeOfEnrolment(createGuest(), payee)).toBe('ENROLLED')
  })

  it('is free when its host lapses, which then cannot have it back', async () => {
    const [payee, guest] = [newPayee(), createGuest()]
    network.verifier.answer = { kind: 'accept', status: 'AFFIRMING', life: 1 }
    await attest(acme, guest, payee)
    network.verifier.answer = { kind: 'accept', status: 'AFFIRMING', life: 3600 }
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    expect(await codeOfEnrolment(createGuest(), payee)).toBe('ENROLLED')
    expect(await codeOfEnrolment(again(guest), payee)).toBe('PAYEE_TAKEN')
  })

  it('goes with the devices of a host that is started anew under another name', async () => {
    const payee = newPayee()
    const gpus = [{ arch: 'HOPPER' as const, certificateSha256: randomBytes(32) }]
    await attest(acme, createGuest({ gpus }), payee)
    expect(await codeOfEnrolment(createGuest({ gpus }), payee)).toBe('ENROLLED')
  })

  it('is not claimed by evidence that is refused', async () => {
    const [payee, guest] = [newPayee(), createGuest()]
    await attest(acme, guest)
    network.verifier.answer = { kind: 'refuse' }
    await attest(acme, again(guest), payee)
    network.verifier.answer = { kind: 'accept', status: 'AFFIRMING', life: 3600 }
    expect(await codeOfEnrolment(createGuest(), payee)).toBe('ENROLLED')
  })

  it('of two hosts that bring it at once, in two replicas, goes to one', async () => {
    for (let round = 0; round < 10; round++) {
      const payee = newPayee()
      const outcomes = [codeOfEnrolment(createGuest(), payee), codeOfEnrolment(createGuest(), payee, acmeElsewhere)]
      expect((await Promise.all(outcomes)).sort()).toEqual(['ENROLLED', 'PAYEE_TAKEN'])
    }
  })
})
