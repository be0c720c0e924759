import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../../attestation/encoding.ts'
import { ServiceError } from '../../../../services/runtime/errors.ts'
import { SealedNetwork } from '../../../fakes/sealed-network.ts'
import { TestLog } from '../../../fakes/test-log.ts'
import { addHost, ask, MODEL, readError } from '../chat.ts'

const folders: string[] = []

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })))
})

/** One honest host whose attestation is in the log, under a policy that wants it there. */
async function startLogged() {
  const log = new TestLog('log.example/rules', [encodeUtf8('before')])
  const network = await SealedNetwork.create(log)
  const host = await addHost(network)
  network.logAttestation(host)
  return { network, host, log }
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bombyx-client-'))
  folders.push(folder)
  return folder
}

describe('a client whose policy wants a log', () => {
  test('uses a host whose attestation is in it, and shows where', async () => {
    const { network } = await startLogged()
    await using client = network.client()
    expect((await ask(client)).status).toBe(200)
    const inclusion = { origin: 'log.example/rules', leafIndex: 1n, treeSize: 2n, checkpointAt: network.clock() }
    expect(network.told('host-logged')).toMatchObject([{ ...inclusion, notBefore: null }])
    expect(client.verification(MODEL)).toMatchObject([{ trusted: true, log: inclusion, logRefusal: null }])
    const shown = await client.fetch('https://bombyx.invalid/v1/bombyx/verification')
    expect((await shown.json()) as unknown).toMatchObject({
      data: [{ trusted: true, log: { origin: 'log.example/rules', index: 1, tree_size: 2 }, log_refusal: null }]
    })
  })

  test('refuses one whose leaf is missing, before anything is agreed with it', async () => {
    const { network, host } = await startLogged()
    network.relay.found = (found) => found.map((one) => ({ ...one, log: null }))
    await using client = network.client()
    const error = await readError(await ask(client))
    expect(error).toMatchObject({ status: 502, code: 'HOSTS_REFUSED', hosts: [{ code: 'LOG_PROOF_MISSING' }] })
    expect(network.told('host-not-logged')).toMatchObject([{ code: 'LOG_PROOF_MISSING' }])
    expect([host.opened, network.told('session-opened')]).toEqual([[], []])
    expect(client.verification(MODEL)).toMatchObject([
      { trusted: false, log: null, logRefusal: { code: 'LOG_PROOF_MISSING' } }
    ])
  })

  test('refuses a head that is too old, and takes the host when there is a younger one', async () => {
    const { network } = await startLogged()
    network.relay.head = { age: 301 }
    await using client = network.client()
    expect((await readError(await ask(client))).hosts).toMatchObject([{ code: 'CHECKPOINT_STALE' }])
    network.relay.head = { age: 299 }
    expect((await ask(client)).status).toBe(200)
  })

  test('stops too when what it refuses is of another history', async () => {
    const { network, host, log } = await startLogged()
    await using client = network.client({ sessionSeconds: 1 })
    await ask(client)
    network.relay.log = log.fork(0, encodeUtf8('rewritten'))
    network.logAttestation(host)
    network.relay.head = { age: 1000 }
    network.time.seconds += 120
    expect(await readError(await ask(client))).toMatchObject({ status: 502, code: 'LOG_FORKED' })
  })

  test('refuses the leaf of another host', async () => {
    const { network, host } = await startLogged()
    network.logAttestation(host, { host: new Uint8Array(16) })
    await using client = network.client()
    expect((await readError(await ask(client))).hosts).toMatchObject([{ code: 'LEAF_MISMATCH' }])
  })

  test('shows no answer whose receipt names another place in the log', async () => {
    const { network, host } = await startLogged()
    await using client = network.client()
    for (const index of [0, null]) {
      host.logIndex = index
      expect((await readError(await ask(client))).code).toBe('RECEIPT_REFUSED')
    }
    host.logIndex = 1
    expect((await ask(client)).status).toBe(200)
  })

  test('asks that a log that has grown is shown to have only grown', async () => {
    const { network, log } = await startLogged()
    await using client = network.client({ sessionSeconds: 1 })
    await ask(client)
    log.append(encodeUtf8('after'))
    network.time.seconds += 120
    expect((await ask(client)).status).toBe(200)
    expect(network.asked.filter((call) => call.endsWith('GetLogConsistency'))).toHaveLength(1)
    network.relay.consistency = (proof) => proof.slice(1)
    log.append(encodeUtf8('more'))
    network.time.seconds += 120
    expect((await readError(await ask(client))).hosts).toMatchObject([{ code: 'LOG_INCONSISTENT' }])
  })

  test('goes to another relay when one cannot ask the log', async () => {
    const { network, log } = await startLogged()
    await using client = network.client({ sessionSeconds: 1, relays: ['relay-a:1', 'relay-b:1'] })
    await ask(client)
    log.append(encodeUtf8('after'))
    network.time.seconds += 120
    let failures = 1
    network.relay.consistency = (proof) => {
      if (failures-- > 0) throw new ServiceError('UNAVAILABLE', 'no log')
      return proof
    }
    expect((await ask(client)).status).toBe(200)
    const asked = network.asked.filter((call) => call.endsWith('GetLogConsistency'))
    expect(asked).toEqual(['relay-a:1 GetLogConsistency', 'relay-b:1 GetLogConsistency'])
  })

  test('stops for good when the log has signed two histories, and keeps both', async () => {
    const { network, host, log } = await startLogged()
    const dataFolder = await newFolder()
    await using client = network.client({ sessionSeconds: 1, dataFolder })
    await ask(client)
    const fork = log.fork(0, encodeUtf8('rewritten'))
    network.relay.log = fork
    network.logAttestation(host)
    network.time.seconds += 120
    expect(await readError(await ask(client))).toMatchObject({ status: 502, code: 'LOG_FORKED' })
    const [own = ''] = await readdir(dataFolder)
    const kept = (await readdir(join(dataFolder, own))).filter((name) => name.startsWith('fork-'))
    expect(kept.map((name) => name.replace(/^fork-[0-9a-f]+-/, ''))).toEqual(['first.note', 'second.note'])
    expect(network.told('log-forked')).toMatchObject([{ origin: 'log.example/rules' }])
    // Neither by the honest log nor by another client of the same data folder is it undone.
    network.relay.log = log
    expect((await readError(await ask(client))).code).toBe('LOG_FORKED')
    await using next = network.client({ dataFolder })
    expect((await readError(await ask(next))).code).toBe('LOG_FORKED')
  })

  test('ends sessions that are open when the log forks', async () => {
    const { network, log } = await startLogged()
    await using client = network.client()
    await ask(client)
    network.relay.log = log.fork(0, encodeUtf8('rewritten'))
    const other = await addHost(
      network,
      {},
      { keyset: { model: { id: 'other', engine: 'vllm', weights: new Uint8Array(32) } } }
    )
    network.logAttestation(other)
    await client.prepare('other').catch(() => {})
    expect((await readError(await ask(client))).code).toBe('LOG_FORKED')
  })
})

describe('a client whose policy wants none', () => {
  test('uses a host without a leaf, and says that nothing was asked of a log', async () => {
    const network = await SealedNetwork.create()
    await addHost(network)
    await using client = network.client()
    expect((await ask(client)).status).toBe(200)
    expect(network.told('host-logged')).toEqual([])
    expect(client.verification(MODEL)).toMatchObject([{ trusted: true, log: null, logRefusal: null }])
  })
})
