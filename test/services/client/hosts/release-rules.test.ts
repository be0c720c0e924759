import { expect, test } from 'vitest'
import { ed25519PrivateKey, ed25519PublicBytes, sha256 } from '../../../../attestation/crypto.ts'
import { encodeHex, encodeUtf8 } from '../../../../attestation/encoding.ts'
import type { ReferenceValueEvidence } from '../../../../attestation/releases.ts'
import { leafHash } from '../../../../attestation/tlog/hash.ts'
import { encodeLeaf, type ReferenceValueLeaf } from '../../../../attestation/tlog/leaf.ts'
import { signReferenceValue } from '../../../../attestation/tlog/reference-value.ts'
import type { FakeHost } from '../../../fakes/inference-host.ts'
import { SealedNetwork } from '../../../fakes/sealed-network.ts'
import { TestLog } from '../../../fakes/test-log.ts'
import { policyWith, readEvidence } from '../../../fakes/virtual-evidence.ts'
import { addHost, ask, readError } from '../chat.ts'

const DELAY = 3600
const key = ed25519PrivateKey(sha256(encodeUtf8('release')))

function sign(statement: ReferenceValueLeaf['statement']): Uint8Array {
  return encodeLeaf(signReferenceValue({ kind: 'reference-value', v: 1, label: 'image', statement }, [key]))
}

function releaseOf(host: FakeHost): Uint8Array {
  const { body } = readEvidence(host.evidence).bundle.quote
  if (body.kind === 'sgx') throw new Error('a TD is wanted')
  return sign({
    kind: 'release',
    registers: [{ name: 'mr_td', value: body.mrTd }],
    digests: [],
    sourceRepository: 'https://example.org/image',
    sourceCommit: '0'.repeat(40),
    recipeDigest: new Uint8Array(32)
  })
}

/** A host whose image was released `age` seconds ago, and a policy that takes released images after an hour. */
async function startReleased(age: number) {
  const log = new TestLog('log.example/releases')
  const network = await SealedNetwork.create(log)
  const host = await addHost(network)
  const leaf = releaseOf(host)
  const index = log.append(leaf)
  const release: ReferenceValueEvidence = { leaf, proof: log.prove(index, { at: network.clock() - age }) }
  network.relay.referenceValues = [release]
  network.logAttestation(host)
  const policy = policyWith(network.policy, {
    name: 'virtual-released',
    releases: { keys: [encodeHex(ed25519PublicBytes(key))], delay_seconds: DELAY },
    reference_values: { mr_td: 'released' }
  })
  return { network, host, log, release, policy }
}

test('a client takes a host whose image was released long enough ago', async () => {
  const { network, policy } = await startReleased(DELAY)
  await using client = network.client({ policy })
  expect((await ask(client)).status).toBe(200)
})

test('a client refuses one whose release is too young, or not known to its relay', async () => {
  const { network, policy } = await startReleased(DELAY - 1)
  await using client = network.client({ policy })
  expect((await readError(await ask(client))).hosts).toMatchObject([{ code: 'RELEASE_UNKNOWN' }])
  network.relay.referenceValues = []
  expect((await readError(await ask(client))).hosts).toMatchObject([{ code: 'RELEASE_UNKNOWN' }])
})

test('a revocation counts at once, for hosts that were checked before too', async () => {
  const { network, policy, release } = await startReleased(DELAY)
  await using client = network.client({ policy, sessionSeconds: 60 })
  expect((await ask(client)).status).toBe(200)
  const statement = { kind: 'revocation', releaseLeaf: leafHash(release.leaf), reason: 'leaked' } as const
  network.relay.referenceValues = [release, { leaf: sign(statement), proof: new Uint8Array(0) }]
  network.time.seconds += 121
  expect((await readError(await ask(client))).hosts).toMatchObject([{ code: 'RELEASE_UNKNOWN' }])
})

test('a release that another history of the log has does not count', async () => {
  const { network, host, policy, log } = await startReleased(DELAY)
  await using client = network.client({ policy, sessionSeconds: 60 })
  expect((await ask(client)).status).toBe(200)
  const fork = log.fork(0, encodeUtf8('another history'))
  const leaf = releaseOf(host)
  const index = fork.append(leaf)
  fork.append(encodeUtf8('and more'))
  network.relay.referenceValues = [{ leaf, proof: fork.prove(index, { at: network.clock() - DELAY }) }]
  network.time.seconds += 121
  expect((await readError(await ask(client))).hosts).toMatchObject([{ code: 'RELEASE_UNKNOWN' }])
})

test('a client whose policy wants no released values asks for none', async () => {
  const { network } = await startReleased(0)
  await using client = network.client()
  expect((await ask(client)).status).toBe(200)
  expect(network.asked.filter((call) => call.endsWith('ListReferenceValues'))).toEqual([])
})
