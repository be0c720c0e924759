import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Address, Cell, internal, loadMessage, loadTransaction } from '@ton/core'
import { TonClient } from '@ton/ton'
import { expect, onTestFinished, test } from 'vitest'
import { readKeyFile } from '../../../contracts/key-file.ts'
import { type LocalChain, openLocalChain } from '../../../contracts/local-chain/local-chain.ts'
import { placesOf } from '../../../contracts/local-chain/record.ts'
import { normalizedMessageHash } from '../../../contracts/message.ts'
import { NETWORK_IDS } from '../../../contracts/networks.ts'
import { readBlock } from '../../../contracts/state-proof/block.ts'
import { createWallet } from '../../../contracts/wallet.ts'

const CHILD = fileURLToPath(new URL('./killed-chain.ts', import.meta.url))
/** Steps of an entry (killed-chain.ts), and two entries: opening an empty folder writes two, and so do two messages. */
const STEPS = 2 * 4
const accepted: string[] = []

test('a chain killed at any step of its beginning begins again', async () => {
  for (let killAt = 1; killAt <= STEPS; killAt += 1) {
    const folder = temporaryFolder()
    expect(await sendUntilKilled({ folder, killAt, seqno: 0 })).toBe('SIGKILL')
    await using chain = await open(folder)
    expect(chain.tip).toMatchObject({ master: { seqno: 1 }, shard: { seqno: 1 } })
    checkLinks(chain)
  }
}, 240_000)

test('a chain killed at any step of later blocks has every message that it accepted, once, and nothing twice', async () => {
  const folder = temporaryFolder()
  await (await open(folder))[Symbol.asyncDispose]()
  let seqno = 0
  for (let killAt = 1; killAt <= STEPS; killAt += 1) {
    expect(await sendUntilKilled({ folder, killAt, seqno })).toBe('SIGKILL')
    await using chain = await open(folder)
    const delivered = readDelivered(chain)
    expect(new Set(delivered).size).toBe(delivered.length)
    // Whoever was told that a message was taken finds it; the one on its way when the process died may be there or not.
    expect(delivered.filter((hash) => accepted.includes(hash))).toEqual(accepted)
    expect(delivered.length - accepted.length).toBeLessThanOrEqual(1)
    accepted.splice(0, accepted.length, ...delivered)
    seqno = delivered.length
    expect(chain.tip.shard.seqno).toBe(seqno + 1)
    checkLinks(chain)
  }
  expect(seqno).toBeGreaterThanOrEqual(STEPS / 2)
}, 240_000)

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bombyx-kill-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

interface Script {
  readonly folder: string
  readonly killAt: number
  readonly seqno: number
}

/** Sends one message after the other until the chain is dead; those that it took are added to `accepted`. */
async function sendUntilKilled({ folder, killAt, seqno }: Script): Promise<string | null> {
  const child = fork(CHILD, {
    env: { BOMBYX_FOLDER: folder, BOMBYX_KILL_AT: String(killAt) },
    execArgv: ['--disable-warning=ExperimentalWarning']
  })
  const dead = once(child, 'exit').then(([, signal]: (string | null)[]) => signal ?? null)
  const ready = once(child, 'message').then(([message]: { endpoint: string }[]) => message?.endpoint)
  const endpoint = await Promise.race([ready, dead.then(() => undefined)])
  if (endpoint === undefined) return dead
  const client = new TonClient({ endpoint })
  const faucet = createWallet({ ...readKeyFile(join(folder, 'faucet.key')), networkId: NETWORK_IDS.local })
  for (let sent = seqno; ; sent += 1) {
    const boc = faucet.transfer({ seqno: sent, validUntil: 0xffffffff, messages: [payment(sent)] })
    try {
      await client.sendFile(Buffer.from(boc))
    } catch {
      break
    }
    accepted.push(hashOf(Cell.fromBoc(Buffer.from(boc))[0]!))
  }
  return dead
}

const payment = (seqno: number) =>
  internal({ to: new Address(0, Buffer.alloc(32, seqno + 1)), value: '0.1', bounce: false })

function open(folder: string): Promise<LocalChain> {
  return openLocalChain({ folder, now: Date.now, randomSeed: () => randomBytes(32) })
}

/** The messages that the faucet ran, by normalised hash, in the order in which it ran them. */
function readDelivered(chain: LocalChain): string[] {
  return chain.ledger.transactionsOf(chain.faucet.address.hash).map(({ at }) => {
    const transaction = loadTransaction(Cell.fromBoc(chain.readBytes(at))[0]!.beginParse())
    return Buffer.from(normalizedMessageHash(transaction.inMessage!)!).toString('hex')
  })
}

function hashOf(message: Cell): string {
  return Buffer.from(normalizedMessageHash(loadMessage(message.beginParse()))!).toString('hex')
}

/** Each block is of the number after the one before, and leaves the state that the next begins with. */
function checkLinks(chain: LocalChain): void {
  let before: Buffer | undefined
  for (let seqno = 1; seqno <= chain.tip.master.seqno; seqno += 1) {
    const { record, body } = chain.readBody(seqno)!
    const { offset, length } = placesOf(record).master
    const block = Cell.fromBoc(body.subarray(offset, offset + length))[0]!
    const facts = readBlock(block)
    expect(facts.seqno).toBe(seqno)
    expect(block.hash().toString('hex')).toBe(record.master.rootHash)
    const [from] = block.refs[2]!.refs
    if (before !== undefined) expect(from!.hash(0)).toEqual(before)
    before = Buffer.from(facts.stateHash)
  }
  expect(before).toEqual(Buffer.from(chain.tip.master.stateHash))
}
