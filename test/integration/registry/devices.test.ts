import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomBytes } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { parseKeyset } from '../../../attestation/session/keyset.ts'
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
let otherElsewhere: RegistryClient

beforeAll(async () => {
  createGuest = await createGuestMaker()
  network = await startNetwork()
  replica = await startReplica(network)
  const tokens = await Promise.all(
    ['acme', 'other'].map(async (name) => (await callUnary(network.admin, 'CreateProvider', { name })).enrolmentToken)
  )
  const connectAs = (authority: string, token: string) => connect(bombyxV1.Registry, authority, { token })
  acme = await connectAs(network.authority, tokens[0]!)
  other = await connectAs(network.authority, tokens[1]!)
  acmeElsewhere = await connectAs(replica.authority, tokens[0]!)
  otherElsewhere = await connectAs(replica.authority, tokens[1]!)
})
afterAll(async () => {
  for (const client of [acme, other, acmeElsewhere, otherElsewhere]) client.close()
  await replica[Symbol.asyncDispose]()
  await network[Symbol.asyncDispose]()
})

const newGpu = (): Uint8Array => randomBytes(32)

/** A guest with these GPUs, of the host before where one is named. */
function guestWith(gpus: readonly Uint8Array[], before?: Guest): Guest {
  return createGuest({
    gpus: gpus.map((certificateSha256) => ({ arch: 'HOPPER', certificateSha256 })),
    ...(before === undefined ? {} : { subject: before.keyset.subject })
  })
}

async function stateOf(hostId: Buffer): Promise<string> {
  return (await callUnary(network.admin, 'GetHost', { hostId })).state
}

async function codeOfEnrolment(registry: RegistryClient, guest: Guest): Promise<string> {
  return attest(registry, guest).then(
    () => 'ENROLLED',
    (error: unknown) => codeOf(error) ?? 'NO_CODE'
  )
}

describe('a device', () => {
  it('is in one host at a time: what another provider brings is refused, and pushes nobody out', async () => {
    const [gpu, second] = [newGpu(), newGpu()]
    const { hostId } = await attest(acme, guestWith([gpu, second]))
    expect(await codeOfEnrolment(other, guestWith([second]))).toBe('DEVICE_TAKEN')
    expect(await stateOf(hostId)).toBe('LISTED')
  })

  it('stays with a host that attests again', async () => {
    const gpu = newGpu()
    const guest = guestWith([gpu])
    const { hostId } = await attest(acme, guest)
    expect((await attest(acme, guestWith([gpu], guest))).hostId).toEqual(hostId)
    expect(await codeOfEnrolment(other, guestWith([gpu]))).toBe('DEVICE_TAKEN')
  })

  it.each([
    ['withdraws', (guest: Guest) => callUnary(acme, 'Withdraw', withdrawal(guest))],
    ['attests without it', (guest: Guest) => attest(acme, guestWith([newGpu()], guest))]
  ])('is free when its host %s', async (_what, leave) => {
    const gpu = newGpu()
    const guest = guestWith([gpu])
    await attest(acme, guest)
    await leave(guest)
    expect(await codeOfEnrolment(other, guestWith([gpu]))).toBe('ENROLLED')
  })

  it('is free when its host lapses', async () => {
    const gpu = newGpu()
    network.verifier.answer = { kind: 'accept', status: 'AFFIRMING', life: 1 }
    await attest(acme, guestWith([gpu]))
    network.verifier.answer = { kind: 'accept', status: 'AFFIRMING', life: 3600 }
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    expect(await codeOfEnrolment(other, guestWith([gpu]))).toBe('ENROLLED')
  })

  it('moves with its provider, as after a crash, and the host before is no longer listed', async () => {
    const gpu = newGpu()
    const { hostId } = await attest(acme, guestWith([gpu]))
    const moved = await attest(acme, guestWith([gpu]))
    expect(await stateOf(hostId)).toBe('LAPSED')
    expect(await stateOf(moved.hostId)).toBe('LISTED')
  })

  it('does not get its provider out of a quarantine', async () => {
    const gpu = newGpu()
    const { hostId } = await attest(acme, guestWith([gpu]))
    await callUnary(network.admin, 'QuarantineHost', { hostId, reason: 'looks wrong' })
    expect(await codeOfEnrolment(acme, guestWith([gpu]))).toBe('DEVICE_TAKEN')
    await callUnary(network.admin, 'LiftQuarantine', { hostId })
    expect(await stateOf(hostId)).toBe('LISTED')
  })

  it('does not come back to a host that withdrew, whatever an operator does with it since', async () => {
    const gpu = newGpu()
    const guest = guestWith([gpu])
    const { hostId } = await attest(acme, guest)
    await callUnary(acme, 'Withdraw', withdrawal(guest))
    await attest(other, guestWith([gpu]))
    await callUnary(network.admin, 'QuarantineHost', { hostId, reason: 'looks wrong' })
    await callUnary(network.admin, 'LiftQuarantine', { hostId })
    expect(await stateOf(hostId)).toBe('LAPSED')
  })

  it('is not claimed by evidence that is refused', async () => {
    const gpu = newGpu()
    const guest = guestWith([newGpu()])
    await attest(acme, guest)
    network.verifier.answer = { kind: 'refuse' }
    await attest(acme, guestWith([gpu], guest))
    network.verifier.answer = { kind: 'accept', status: 'AFFIRMING', life: 3600 }
    expect(await codeOfEnrolment(other, guestWith([gpu]))).toBe('ENROLLED')
  })

  it('of two who bring it at once, in two replicas, goes to one', async () => {
    for (let round = 0; round < 10; round++) {
      const gpu = newGpu()
      const outcomes = await Promise.all([
        codeOfEnrolment(acme, guestWith([gpu])),
        codeOfEnrolment(otherElsewhere, guestWith([gpu]))
      ])
      expect(outcomes.sort()).toEqual(['DEVICE_TAKEN', 'ENROLLED'])
    }
  })
})

it('whatever is brought at once, no two listed hosts have a device in common, and none waits for ever', async () => {
  const gpus = Array.from({ length: 4 }, newGpu)
  const enrolment = fc.record({
    registry: fc.constantFrom(0, 1, 2, 3),
    host: fc.nat(2),
    gpus: fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 3 })
  })
  const hosts = new Map<string, Guest>()
  await fc.assert(
    fc.asyncProperty(fc.array(enrolment, { minLength: 2, maxLength: 6 }), async (enrolments) => {
      const registries = [acme, other, acmeElsewhere, otherElsewhere]
      await Promise.all(
        enrolments.map(({ registry, host, gpus: brought }) => {
          const name = `${registry % 2} ${host}`
          const guest = guestWith(
            brought.map((at) => gpus[at]!),
            hosts.get(name)
          )
          hosts.set(name, hosts.get(name) ?? guest)
          return codeOfEnrolment(registries[registry]!, guest).then((code) =>
            expect(['ENROLLED', 'DEVICE_TAKEN']).toContain(code)
          )
        })
      )
      const { hosts: records } = await callUnary(network.admin, 'ListHosts', {})
      const listed = records
        .filter(({ state }) => state === 'LISTED')
        .flatMap(({ host }) => parseKeyset(host!.keyset).gpus)
      const named = listed.map(({ certificateSha256 }) => encodeHex(certificateSha256))
      expect(new Set(named).size).toBe(named.length)
    }),
    { numRuns: 25 }
  )
})
