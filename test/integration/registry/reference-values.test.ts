import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ed25519PrivateKey, type PrivateKey, sha256 } from '../../../attestation/crypto.ts'
import { encodeHex, encodeUtf8 } from '../../../attestation/encoding.ts'
import { leafHash } from '../../../attestation/tlog/hash.ts'
import { encodeLeaf, type ReferenceValueLeaf } from '../../../attestation/tlog/leaf.ts'
import { parseLogProof, verifyLogProof } from '../../../attestation/tlog/log-proof.ts'
import { signReferenceValue } from '../../../attestation/tlog/reference-value.ts'
import { callUnary } from '../../../services/runtime/grpc-client.ts'
import { createTestDatabase } from '../../fakes/database.ts'
import { createGuestMaker } from '../../fakes/guest.ts'
import { numberedLeaf, startTestLog, type TestLog } from '../../fakes/log.ts'
import { attest, enrolProvider, type Network, startNetwork } from './network.ts'

let log: TestLog
let network: Network

beforeAll(async () => {
  const databaseUrl = await createTestDatabase()
  log = await startTestLog(databaseUrl)
  network = await startNetwork({ databaseUrl, log: log.service.authority })
})
afterAll(async () => {
  await network[Symbol.asyncDispose]()
  await log[Symbol.asyncDispose]()
})

const key = ed25519PrivateKey(sha256(encodeUtf8('release')))

function releaseLeaf(label: string, keys: readonly PrivateKey[] = [key]): ReferenceValueLeaf {
  const statement = {
    kind: 'release',
    registers: [{ name: 'mr_td', value: new Uint8Array(48) }],
    digests: [],
    sourceRepository: 'https://example.org/image',
    sourceCommit: '0'.repeat(40),
    recipeDigest: new Uint8Array(32)
  } as const
  return signReferenceValue({ kind: 'reference-value', v: 1, label, statement }, keys)
}

async function add(leaf: Uint8Array): Promise<string> {
  return encodeHex((await callUnary(network.admin, 'AddReferenceValue', { leaf: Buffer.from(leaf) })).leafHash)
}

async function list() {
  return (await callUnary(network.directory, 'ListReferenceValues', {})).values
}

describe('a reference value', () => {
  it('is put into the log once, and is listed with its place and a proof of when', async () => {
    const leaf = encodeLeaf(releaseLeaf('image 1'))
    expect(await add(leaf)).toBe(encodeHex(leafHash(leaf)))
    await add(leaf)
    await expect.poll(async () => (await list())[0]?.proof.byteLength, { timeout: 10_000 }).toBeGreaterThan(0)
    const [value, ...others] = await list()
    expect(others).toEqual([])
    const proof = parseLogProof(value!.proof)
    expect([String(proof.leafIndex), encodeHex(value!.leaf)]).toEqual([value!.logIndex, encodeHex(leaf)])
    expect(verifyLogProof(proof, leaf, log.trust).timestamp).not.toBeNull()
  })

  it('goes to the verifier with every appraisal', async () => {
    const leaf = encodeLeaf(releaseLeaf('image 2'))
    await add(leaf)
    const acme = await enrolProvider(network, 'acme')
    await attest(acme, (await createGuestMaker())())
    acme.close()
    expect(network.verifier.referenceValues.map((one) => encodeHex(one))).toContain(encodeHex(leaf))
  })

  const signed = releaseLeaf('image 3')
  const forged = signed.signatures.map((one) => ({ ...one, signature: new Uint8Array(64) }))
  const refused: readonly (readonly [string, string, () => Uint8Array])[] = [
    ['bytes that are no leaf', 'LEAF_MALFORMED', () => encodeUtf8('{}')],
    ['a leaf of another kind', 'ARGUMENT_INVALID', () => numberedLeaf(1)],
    ['no signature', 'ARGUMENT_INVALID', () => encodeLeaf(releaseLeaf('image 3', []))],
    ['a signature that is wrong', 'ARGUMENT_INVALID', () => encodeLeaf({ ...signed, signatures: forged })],
    [
      'one that is right beside one that is wrong',
      'ARGUMENT_INVALID',
      () =>
        encodeLeaf({
          ...signed,
          signatures: [...signed.signatures, { key: new Uint8Array(32), signature: new Uint8Array(64) }]
        })
    ]
  ]
  it.each(refused)('is refused with %s', async (_, code, leaf) => {
    const before = (await list()).length
    await expect(add(leaf())).rejects.toMatchObject({ code })
    expect(await list()).toHaveLength(before)
  })

  it('has nowhere to go without a log', async () => {
    await using bare = await startNetwork()
    const leaf = Buffer.from(encodeLeaf(signed))
    await expect(callUnary(bare.admin, 'AddReferenceValue', { leaf })).rejects.toMatchObject({ code: 'LOG_MISSING' })
  })
})
