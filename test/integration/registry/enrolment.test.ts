import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateEd25519, sha256 } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import type { RegistryClient } from '../../../proto/gen/bombyx/v1/Registry.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import { callUnary, connect } from '../../../services/runtime/grpc-client.ts'
import { createGuestMaker, type GuestMaker } from '../../fakes/guest.ts'
import { FAKE_COLLATERAL, startRefusingVerifier } from '../../fakes/verifier.ts'
import {
  attest,
  DECLARATION,
  enrolProvider,
  type Network,
  quoteFor,
  startNetwork,
  startReplica,
  withdrawal
} from './network.ts'

let network: Network
let createGuest: GuestMaker
let acme: RegistryClient
let other: RegistryClient
let clock = 0

beforeAll(async () => {
  createGuest = await createGuestMaker()
  network = await startNetwork({ now: () => new Date(Date.now() + clock) })
  acme = await enrolProvider(network, 'acme')
  other = await enrolProvider(network, 'other')
})
afterAll(async () => {
  acme.close()
  other.close()
  await network[Symbol.asyncDispose]()
})

describe('a provider', () => {
  it('is made once under its name', async () => {
    const again = callUnary(network.admin, 'CreateProvider', { name: 'acme' })
    await expect(again).rejects.toMatchObject({ code: 'PROVIDER_EXISTS' })
  })

  it.each(['', 'Acme', 'a b', '-a', 'a'.repeat(65)])('is not made under the name %j', async (name) => {
    const made = callUnary(network.admin, 'CreateProvider', { name })
    await expect(made).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })

  it.each([
    ['no token', {}],
    ['a made-up token', { token: 'bombyx-enrol-guess' }]
  ])('with %s gets no challenge', async (_what, dial) => {
    const stranger = await connect(bombyxV1.Registry, network.authority, dial)
    await expect(callUnary(stranger, 'Challenge', {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    stranger.close()
  })

  it('has a challenge without a beacon: all is zero but what is random', async () => {
    const [first, second] = await Promise.all([callUnary(acme, 'Challenge', {}), callUnary(acme, 'Challenge', {})])
    expect(first).toMatchObject({ network: 0, seqno: 0, genUtime: 0, rootHash: Buffer.alloc(32) })
    expect(first.random).toHaveLength(32)
    expect(first.random.equals(second.random)).toBe(false)
  })
})

describe('good evidence', () => {
  it('lists the host, and can be fetched by its digest', async () => {
    const guest = createGuest()
    const challenge = await callUnary(acme, 'Challenge', {})
    const bundle = quoteFor(guest, challenge)
    const answer = await callUnary(acme, 'Enrol', { bundle, declaration: DECLARATION })
    expect(answer.verdict?.status).toBe('AFFIRMING')
    const wait = Number(answer.attestAgainAt) - Date.now() / 1000
    expect(wait).toBeGreaterThan(535)
    expect(wait).toBeLessThan(601)
    const record = await callUnary(network.admin, 'GetHost', { hostId: answer.hostId })
    expect(record).toMatchObject({ state: 'LISTED', reason: '', host: { provider: 'acme', declaration: { slots: 8 } } })
    expect(new Uint8Array(record.host!.keyset)).toEqual(guest.keyset.bytes)
    const blob = await callUnary(network.blobs, 'GetBlob', { digest: record.host!.bundleDigest })
    expect(new Uint8Array(blob.content)).toEqual(bundle)
    expect(new Uint8Array(record.host!.bundleDigest)).toEqual(sha256(bundle))
    const collateral = await callUnary(network.blobs, 'GetBlob', { digest: record.host!.collateralDigest })
    expect(new Uint8Array(collateral.content)).toEqual(FAKE_COLLATERAL)
  })

  it('with warnings lists the host too', async () => {
    network.verifier.answer = { kind: 'accept', status: 'WARNING', life: 60 }
    const answer = await attest(acme, createGuest())
    network.verifier.answer = { kind: 'accept', status: 'AFFIRMING', life: 3600 }
    const record = await callUnary(network.admin, 'GetHost', { hostId: answer.hostId })
    expect(record).toMatchObject({ state: 'LISTED', host: { verdict: { status: 'WARNING' } } })
  })

  it('keeps the host its id from one attestation to the next', async () => {
    const guest = createGuest()
    const first = await attest(acme, guest)
    const second = await attest(acme, createGuest({ subject: guest.keyset.subject }))
    expect(second.hostId).toEqual(first.hostId)
  })

  it('of one new subject at once, in two replicas, makes one host', async () => {
    await using replica = await startReplica(network)
    const guest = createGuest()
    const token = (await callUnary(network.admin, 'CreateProvider', { name: 'twice' })).enrolmentToken
    const registries = await Promise.all(
      [network.authority, replica.authority].map((authority) => connect(bombyxV1.Registry, authority, { token }))
    )
    const answers = await Promise.all(registries.map((registry) => attest(registry, guest)))
    expect(answers[1]!.hostId).toEqual(answers[0]!.hostId)
    for (const registry of registries) registry.close()
  })
})

describe('evidence is refused', () => {
  it.each([
    [
      'over a nonce that nobody gave',
      async () => ({ ...(await callUnary(acme, 'Challenge', {})), random: Buffer.alloc(32) })
    ],
    ["over another provider's nonce", () => callUnary(other, 'Challenge', {})]
  ])('%s', async (_what, challenge) => {
    const bundle = createGuest().quote(await challenge())
    const enrolled = callUnary(acme, 'Enrol', { bundle, declaration: DECLARATION })
    await expect(enrolled).rejects.toMatchObject({ code: 'CHALLENGE_UNKNOWN' })
  })

  it('over a nonce that was used', async () => {
    const bundle = createGuest().quote(await callUnary(acme, 'Challenge', {}))
    const request = { bundle, declaration: DECLARATION }
    await callUnary(acme, 'Enrol', request)
    await expect(callUnary(acme, 'Enrol', request)).rejects.toMatchObject({ code: 'CHALLENGE_UNKNOWN' })
  })

  it('over a nonce that was used in vain, by two at once', async () => {
    const bundle = createGuest().quote(await callUnary(acme, 'Challenge', {}))
    const both = [1, 2].map(() => callUnary(acme, 'Enrol', { bundle, declaration: DECLARATION }))
    const outcomes = (await Promise.allSettled(both)).map(({ status }) => status)
    expect(outcomes.sort()).toEqual(['fulfilled', 'rejected'])
  })

  it('over a nonce of more than five minutes ago', async () => {
    const bundle = createGuest().quote(await callUnary(acme, 'Challenge', {}))
    clock = 300_000
    const enrolled = callUnary(acme, 'Enrol', { bundle, declaration: DECLARATION })
    await expect(enrolled).rejects.toMatchObject({ code: 'CHALLENGE_LAPSED' })
    clock = 0
  })

  it("of another provider's subject, before anybody appraises it", async () => {
    const guest = createGuest()
    const { hostId } = await attest(acme, guest)
    network.verifier.answer = { kind: 'refuse' }
    const takeover = attest(other, createGuest({ subject: guest.keyset.subject }))
    await expect(takeover).rejects.toMatchObject({ code: 'SUBJECT_TAKEN' })
    network.verifier.answer = { kind: 'accept', status: 'AFFIRMING', life: 3600 }
    await expect(callUnary(network.admin, 'GetHost', { hostId })).resolves.toMatchObject({ state: 'LISTED' })
  })

  it.each([
    ['is no bundle', { bundle: Buffer.from('{}'), declaration: DECLARATION }, 'BUNDLE_MALFORMED'],
    ['comes without a declaration', { bundle: Buffer.from('{}') }, 'ARGUMENT_INVALID']
  ])('that %s', async (_what, request, code) => {
    await expect(callUnary(acme, 'Enrol', request)).rejects.toMatchObject({ code })
  })

  it('by the verifier: an answer that says so, and no trace of a host that was not known', async () => {
    await using verifier = await startRefusingVerifier()
    await using replica = await startReplica({ ...network, verifier })
    const registry = await enrolProvider(replica, 'unlucky')
    const guest = createGuest()
    const answer = await attest(registry, guest)
    expect(answer).toMatchObject({
      hostId: Buffer.alloc(0),
      attestAgainAt: '0',
      verdict: { status: 'CONTRAINDICATED' }
    })
    const { hosts } = await callUnary(replica.admin, 'ListHosts', {})
    expect(hosts.map(({ host }) => encodeHex(host!.keyset))).not.toContain(encodeHex(guest.keyset.bytes))
    // So the subject is still anybody's.
    await expect(attest(acme, guest)).resolves.toMatchObject({ verdict: { status: 'AFFIRMING' } })
    registry.close()
  })

  it('when the verifier cannot tell, with its reason, and changes nothing', async () => {
    const guest = createGuest()
    const { hostId } = await attest(acme, guest)
    network.verifier.answer = { kind: 'fail' }
    await expect(attest(acme, guest)).rejects.toMatchObject({ code: 'COLLATERAL_UNAVAILABLE' })
    network.verifier.answer = { kind: 'accept', status: 'AFFIRMING', life: 3600 }
    await expect(callUnary(network.admin, 'GetHost', { hostId })).resolves.toMatchObject({ state: 'LISTED' })
  })
})

describe('a withdrawal', () => {
  it('takes the host off the list, once and again', async () => {
    const guest = createGuest()
    const { hostId } = await attest(acme, guest)
    await callUnary(acme, 'Withdraw', withdrawal(guest))
    await callUnary(acme, 'Withdraw', withdrawal(guest))
    const record = await callUnary(network.admin, 'GetHost', { hostId })
    expect(record).toMatchObject({ state: 'WITHDRAWN', reason: 'WITHDRAWN' })
    await attest(acme, guest)
    await expect(callUnary(network.admin, 'GetHost', { hostId })).resolves.toMatchObject({ state: 'LISTED' })
  })

  it.each([
    ['signed by another key', 'FORBIDDEN', () => acme, generateEd25519()],
    ['of another provider', 'NOT_FOUND', () => other, undefined]
  ])('%s is refused', async (_what, code, registry, key) => {
    const guest = createGuest()
    const { hostId } = await attest(acme, guest)
    const withdrawn = callUnary(registry(), 'Withdraw', withdrawal(guest, key))
    await expect(withdrawn).rejects.toMatchObject({ code })
    await expect(callUnary(network.admin, 'GetHost', { hostId })).resolves.toMatchObject({ state: 'LISTED' })
  })
})

describe('blobs', () => {
  it.each([
    ['that are not held', new Uint8Array(32), 'NOT_FOUND'],
    ['under half a digest', new Uint8Array(16), 'ARGUMENT_INVALID']
  ])('%s are not found', async (_what, digest, code) => {
    await expect(callUnary(network.blobs, 'GetBlob', { digest })).rejects.toMatchObject({ code })
  })
})
