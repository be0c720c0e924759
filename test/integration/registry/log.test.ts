import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { subjectId } from '../../../attestation/attestation-leaf.ts'
import { sha256 } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { type LogLeaf, parseLeaf } from '../../../attestation/tlog/leaf.ts'
import { parseLogProof, verifyLogProof } from '../../../attestation/tlog/log-proof.ts'
import type { RegistryClient } from '../../../proto/gen/bombyx/v1/Registry.ts'
import { createLogStore } from '../../../services/log/store.ts'
import { openDatabase } from '../../../services/runtime/database.ts'
import { callUnary } from '../../../services/runtime/grpc-client.ts'
import { createTestDatabase } from '../../fakes/database.ts'
import { createGuestMaker, type Guest, newSubject } from '../../fakes/guest.ts'
import { startTestLog, type TestLog } from '../../fakes/log.ts'
import { FAKE_COLLATERAL, FAKE_POLICY } from '../../fakes/verifier.ts'
import { attest, enrolProvider, type Network, startNetwork, startReplica, Watcher } from './network.ts'

const createGuest = await createGuestMaker()

let databaseUrl: string
let log: TestLog
let network: Network
let acme: RegistryClient
let first: Guest
let second: Guest
let watcher: Watcher

beforeEach(async () => {
  databaseUrl = await createTestDatabase()
  log = await startTestLog(databaseUrl)
  network = await startNetwork({ databaseUrl, log: log.service.authority })
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
  await log[Symbol.asyncDispose]()
})

/** What the log holds, as the hash of each leaf that is asked for proves it. */
async function logged(leaf: Uint8Array): Promise<bigint> {
  const { proof } = await callUnary(log.client, 'GetProof', { index: await indexOf(leaf) })
  const read = parseLogProof(proof)
  verifyLogProof(read, leaf, log.trust)
  return read.leafIndex
}

async function indexOf(leaf: Uint8Array): Promise<string> {
  const { hosts } = await callUnary(network.admin, 'ListHosts', {})
  return hosts.find(({ host }) => encodeHex(host!.leaf) === encodeHex(leaf))!.host!.logIndex!
}

async function leafOf(hostId: Uint8Array): Promise<Uint8Array> {
  return (await callUnary(network.admin, 'GetHost', { hostId })).host!.leaf
}

/** The leaves of the log, in order, from its own entries. */
async function leaves(): Promise<readonly LogLeaf[]> {
  await using database = await openDatabase({ url: databaseUrl })
  const store = createLogStore(database)
  const { size } = (await store.newestCheckpoint(0))!
  return size === 0n ? [] : (await store.readEntries(0n, Number(size))).map(parseLeaf)
}

/** The same log again, where it was. */
async function restartLog(): Promise<void> {
  const { config, service } = log
  await log[Symbol.asyncDispose]()
  log = await startTestLog(databaseUrl, { key: config.key, listen: service.authority })
}

describe('a host that enrols where there is a log', () => {
  it('is told where its attestation is, and watchers get leaf and index', async () => {
    const { hostId, logIndex } = await attest(acme, first)
    const leaf = await leafOf(hostId)
    expect(String(await logged(leaf))).toBe(logIndex)
    const read = parseLeaf(leaf)
    expect(read).toMatchObject({ kind: 'attestation', host: subjectId(first.keyset.subject) })
    await expect.poll(() => watcher.lines.slice(1)).toEqual(['listed first'])
  })

  it('has all that its leaf names in the log', async () => {
    const { hostId } = await attest(acme, first)
    const leaf = parseLeaf(await leafOf(hostId))
    if (leaf.kind !== 'attestation') throw new Error(leaf.kind)
    const { evidenceDigest, collateralDigest, policyDigest } = leaf
    const blobs = await Promise.all(
      [evidenceDigest, collateralDigest, policyDigest].map(
        async (digest) => (await callUnary(log.client, 'GetBlob', { digest: Buffer.from(digest) })).content
      )
    )
    expect(sha256(blobs[0]!)).toEqual(evidenceDigest)
    expect(blobs.slice(1).map((blob) => encodeHex(blob))).toEqual(
      [FAKE_COLLATERAL, FAKE_POLICY].map((one) => encodeHex(one))
    )
  })

  it('has the policy told once, before the first attestation under it', async () => {
    await attest(acme, first)
    await attest(acme, createGuest())
    expect((await leaves()).map(({ kind }) => kind)).toEqual(['policy', 'attestation', 'attestation'])
  })

  it('is not listed while the log does not take its leaf, and is as soon as it does', async () => {
    await log[Symbol.asyncDispose]()
    await expect(attest(acme, first)).rejects.toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }))
    const [record] = (await callUnary(network.admin, 'ListHosts', {})).hosts
    expect([record!.state, record!.host!.logIndex, watcher.lines.slice(1)]).toEqual(['PENDING', undefined, []])
    await restartLog()
    await expect.poll(() => watcher.lines.slice(1), { timeout: 10_000 }).toEqual(['listed first'])
  })

  it('stays listed under its last evidence while the log is away, and no longer than that holds', async () => {
    network.verifier.answer = { kind: 'accept', status: 'AFFIRMING', life: 4 }
    await attest(acme, first)
    await expect.poll(() => watcher.lines.slice(1)).toEqual(['listed first'])
    await log[Symbol.asyncDispose]()
    await expect(attest(acme, second)).rejects.toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }))
    expect(watcher.lines.slice(1)).toEqual(['listed first'])
    await expect
      .poll(() => watcher.lines.slice(1), { timeout: 6000 })
      .toEqual(['listed first', 'delisted first lapsed'])
    await restartLog()
  })

  it('is replaced by its next keyset once that is in the log', async () => {
    await attest(acme, first)
    await attest(acme, second)
    await expect
      .poll(() => watcher.lines.slice(1))
      .toEqual(['listed first', 'listed second', 'delisted first replaced'])
  })

  it('is listed by every replica, whichever has the log’s answer', async () => {
    await using replica = await startReplica({ ...network, log: log.service.authority })
    await using other = new Watcher(replica.directory, { first })
    await attest(acme, first)
    await expect.poll(() => other.lines.at(-1)).toBe('listed first')
  })
})

describe('the log', () => {
  it('is told of quarantines and their ends, whoever imposed them, with a code and no words', async () => {
    const { hostId } = await attest(acme, first)
    await callUnary(network.admin, 'QuarantineHost', { hostId, reason: 'owner reported a break-in' })
    await callUnary(network.admin, 'LiftQuarantine', { hostId })
    network.verifier.answer = { kind: 'refuse' }
    await attest(acme, second)
    const changes = async () =>
      (await leaves()).flatMap((leaf) => (leaf.kind === 'quarantine' ? [{ host: leaf.host, ...leaf.change }] : []))
    await expect.poll(async () => (await changes()).length).toBe(3)
    const host = subjectId(first.keyset.subject)
    expect(await changes()).toMatchObject([
      { host, kind: 'imposed', reason: 'OPERATOR' },
      { host, kind: 'lifted' },
      { host, kind: 'imposed', reason: 'EVIDENCE_REFUSED' }
    ])
  })

  it('is told nothing of evidence that leaves no trace', async () => {
    network.verifier.answer = { kind: 'refuse' }
    const { logIndex, hostId } = await attest(acme, first)
    expect([logIndex, hostId.byteLength]).toEqual([undefined, 0])
    expect(await leaves()).toEqual([])
  })
})
