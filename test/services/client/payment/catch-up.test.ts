import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { generateEd25519, randomBytes } from '../../../../attestation/crypto.ts'
import { encodeHex } from '../../../../attestation/encoding.ts'
import type { UsageFields } from '../../../../attestation/receipt/usage.ts'
import { parseVoucher } from '../../../../attestation/receipt/voucher.ts'
import { type AwaitedStatement, isAskedFor } from '../../../../services/client/payment/awaited.ts'
import { coversInFolder, NO_COVER } from '../../../../services/client/payment/covers.ts'
import { ServiceError } from '../../../../services/runtime/errors.ts'
import { createGuestMaker } from '../../../fakes/guest.ts'
import { settle } from '../chat.ts'
import { guest, leg, PayingWorld, payee } from './paying-world.ts'

let w: PayingWorld
beforeEach(() => {
  w = new PayingWorld()
})

const name = encodeHex(payee)
const stranger = (await createGuestMaker())()

/** An answer that came with a receipt, and the statement that its host signed for it. */
function answer(price: bigint, change: Partial<UsageFields> = {}, by = guest) {
  const [sessionId, n, receiptHash] = [randomBytes(16), 7, randomBytes(32)]
  const counts = { prompt: 1, cached: 0, completion: 1, reasoning: 0 }
  const request = `${encodeHex(sessionId)}-${n}`
  const awaited: AwaitedStatement = {
    ...{ request, keysetDigest: guest.keyset.digest, receiptHash, counts, price, at: w.now }
  }
  const says = { sessionId, n, receiptHash, counts, keysetDigest: by.keyset.digest, epoch: by.keyset.epoch, ...change }
  const statement = w.statement(price, by.receiptKey, says)
  return { awaited, statement, found: { statement: statement.bytes, keyset: by.keyset.bytes } }
}

type Answer = ReturnType<typeof answer>

/** A client that was killed when these receipts were verified. */
async function killedWith(...answers: readonly Answer[]): Promise<void> {
  const payments = w.open()
  for (const { awaited } of answers) payments.awaits(leg, awaited)
  await payments.idle()
}

const owed = () => w.files.get(name)?.cover.owed
const waiting = () => w.files.get(name)?.awaited.map(({ request }) => request)
const codes = () => w.events.flatMap((event) => (event.kind === 'usage-refused' ? [event.code] : []))

describe('a client that was killed before it heard what its host wants', () => {
  test('asks the market for the statements when it runs again, and pays for each once', async () => {
    const [one, other] = [answer(1000n), answer(500n)]
    await killedWith(one, other)
    w.stored = [one.found, other.found]
    const payments = w.open()
    await payments.catchUp(true)
    expect(w.sums()).toEqual([1500n])
    expect(w.given.at(-1)).toMatchObject({ keysetDigest: guest.keyset.digest })
    expect(w.given.at(-1)?.voucher?.covered).toHaveLength(2)
    await payments.catchUp(true)
    await w.open().catchUp(true)
    expect([w.sums(), waiting(), w.asked.length]).toEqual([[1500n], [], 1])
  })

  test('asks again later for what the market does not have yet, and pays what it has', async () => {
    const [one, other] = [answer(1000n), answer(500n)]
    await killedWith(one, other)
    w.stored = [other.found]
    await w.open().catchUp(true)
    expect([owed(), waiting()]).toEqual([500n, [one.awaited.request]])
    w.stored = undefined
    await w.open().catchUp(true)
    w.stored = [one.found, other.found]
    await w.open().catchUp(true)
    expect([owed(), waiting()]).toEqual([1500n, []])
    expect(w.sums()).toEqual([500n, 1500n])
  })

  test('pays once for an answer, however many of its statements a relay has', async () => {
    const [one, other] = [answer(1000n), answer(500n)]
    await killedWith(one, other)
    const { sessionId, receiptHash } = one.statement
    const again = answer(1000n, { sessionId, receiptHash }).found
    const forged = answer(1000n, { sessionId, receiptHash }, { ...guest, receiptKey: generateEd25519() }).found
    w.stored = [one.found, one.found, again, other.found, again, forged]
    await w.open().catchUp(true)
    expect([w.sums(), owed(), waiting()]).toEqual([[1500n], 1500n, []])
    // What comes after the one that proves itself is not looked at.
    expect(codes()).toEqual([])
    expect(w.given.at(-1)?.voucher?.covered).toHaveLength(2)
  })

  test('is written down from its receipt on, however slow a host is to take a voucher', async () => {
    const [one, other] = [answer(1000n), answer(500n)]
    const payments = w.open()
    w.answering = new Promise(() => {})
    payments.owe(leg, one.statement)
    await settle()
    payments.awaits(leg, other.awaited)
    await settle()
    expect([owed(), waiting()]).toEqual([1000n, [other.awaited.request]])
  })

  test('is written down also of a payee of whom the market cannot be asked yet, and paid when it can', async () => {
    const one = answer(1000n)
    w.kept = undefined
    const payments = w.open()
    payments.awaits(leg, one.awaited)
    payments.owe(leg, one.statement)
    await payments.idle()
    expect([owed(), waiting(), w.sums()]).toEqual([0n, [one.awaited.request], []])
    w.kept = [w.voucher(3000n)]
    w.stored = [one.found]
    await w.open().catchUp(true)
    expect([owed(), waiting(), w.sums()]).toEqual([4000n, [], [4000n]])
  })

  test('is awaited also of a host that was lost with the answer, once it was met', async () => {
    const one = answer(1000n)
    const payments = w.open()
    await Promise.all([payments.meet([leg]), payments.meet([leg])])
    expect(w.given).toHaveLength(1)
    w.lose = 'all'
    payments.awaits(leg, one.awaited)
    await payments.idle()
    expect(waiting()).toEqual([one.awaited.request])
  })

  test('pays once for a statement that comes in both ways', async () => {
    const one = answer(1000n)
    const payments = w.open()
    payments.awaits(leg, one.awaited)
    await payments.idle()
    w.stored = [one.found]
    await payments.catchUp(true)
    payments.owe(leg, one.statement)
    await payments.idle()
    expect(w.sums()).toEqual([1000n])
  })

  test('asks for nothing that came in time', async () => {
    const one = answer(1000n)
    const payments = w.open()
    payments.awaits(leg, one.awaited)
    payments.owe(leg, one.statement)
    await payments.idle()
    await payments.catchUp(true)
    expect([w.sums(), w.asked]).toEqual([[1000n], []])
  })

  test('is told the truth by the market where a relay made a statement up', async () => {
    const one = answer(1000n)
    const payments = w.open()
    payments.awaits(leg, one.awaited)
    payments.owe(leg, answer(1000n, {}, { ...guest, receiptKey: generateEd25519() }).statement)
    await payments.idle()
    expect(w.sums()).toEqual([])
    w.stored = [one.found]
    await payments.catchUp(true)
    expect(w.sums()).toEqual([1000n])
  })

  test('at any write pays once, and nothing that it was not asked for', async () => {
    for (let crash = 0; crash < 4; crash++) {
      w = new PayingWorld()
      const answers = [answer(100n), answer(10n)]
      await killedWith(...answers)
      w.stored = answers.map(({ found }) => found)
      const set = w.files.set.bind(w.files)
      let writes = 0
      w.files.set = (key, cover) => {
        if (writes++ >= crash) throw new ServiceError('INTERNAL', 'killed')
        return set(key, cover)
      }
      await w.open().catchUp(true)
      w.files.set = set
      await w.open().catchUp(true)
      const last = w.open()
      last.owe(leg, w.statement(1n))
      await last.idle()
      expect([owed(), w.sums().at(-1)]).toEqual([111n, 111n])
    }
  })
})

describe('what the market has is not paid for', () => {
  test.each<readonly [string, () => Answer['found'], string]>([
    ['by another host', () => answerAs({}, stranger).found, 'USAGE_REFUSED'],
    [
      'of another host, with the keyset of the right one',
      () => ({ ...answerAs({}, stranger).found, keyset: guest.keyset.bytes }),
      'USAGE_REFUSED'
    ],
    ['that nobody signed', () => answerAs({}, { ...guest, receiptKey: generateEd25519() }).found, 'USAGE_REFUSED'],
    ['for another receipt', () => answerAs({ receiptHash: randomBytes(32) }).found, 'USAGE_REFUSED'],
    ['without a receipt', () => answerAs({ receiptHash: null }).found, 'USAGE_REFUSED'],
    [
      'with other counts than the receipt',
      () => answerAs({ counts: { prompt: 2, cached: 0, completion: 1, reasoning: 0 } }).found,
      'USAGE_REFUSED'
    ],
    ['at another price than was accepted', () => answerAs({ price: 1001n }).found, 'USAGE_REFUSED'],
    ['in another form', () => ({ ...answerAs({}).found, statement: new Uint8Array(9) }), 'USAGE_MALFORMED'],
    ['under a keyset in another form', () => ({ ...answerAs({}).found, keyset: new Uint8Array(9) }), 'KEYSET_MALFORMED']
  ])('%s', async (_, make, code) => {
    last = answer(1000n)
    await killedWith(last)
    w.stored = [make()]
    await w.open().catchUp(true)
    expect([w.sums(), codes(), waiting()]).toEqual([[], [code], [last.awaited.request]])
  })

  test('where nobody has asked for it', async () => {
    await killedWith(answer(1000n))
    w.stored = [answer(500n).found]
    await w.open().catchUp(true)
    expect([w.sums(), codes()]).toEqual([[], []])
  })
})

let last: Answer

/** What the market says of the same request. */
function answerAs(change: Partial<UsageFields>, by = guest): Answer {
  const { request, receiptHash } = last.awaited
  const sessionId = Buffer.from(request.slice(0, 32), 'hex')
  return answer(1000n, { sessionId: new Uint8Array(sessionId), receiptHash, ...change }, by)
}

test('a statement is asked for less and less often, and given up after a week', async () => {
  const one = answer(1000n)
  const minutes = Array.from({ length: 70 }, (_, minute) => minute).filter((minute) =>
    isAskedFor(one.awaited, w.now + minute * 60 + 5)
  )
  expect(minutes).toEqual([1, 2, 4, 8, 16, 32, 64])
  await killedWith(one)
  w.now += 7 * 86_400
  await w.open().catchUp(true)
  expect(waiting()).toEqual([one.awaited.request])
  w.now += 1
  await w.open().catchUp(true)
  expect(waiting()).toEqual([])
})

test('256 are asked for at once, and 1024 are remembered of a payee', async () => {
  const many = Array.from({ length: 1030 }, () => answer(1n))
  await killedWith(...many)
  expect(waiting()).toEqual(many.slice(6).map(({ awaited }) => awaited.request))
  await w.open().catchUp(true)
  expect(w.asked.map((asked) => asked.length)).toEqual([256])
})

test('a cover with what it awaits reads back, one that was written before anything was awaited, and nothing else', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bombyx-covers-'))
  const store = coversInFolder(folder)
  const cover = { ...NO_COVER, vouchered: 5n, awaited: [answer(1000n).awaited] }
  await store.write(name, cover)
  expect(await store.read(name)).toEqual(cover)
  expect(await store.payees()).toEqual([name])
  const {
    awaited: _,
    is_begun: __,
    host: ___,
    ...older
  } = JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8'))
  await writeFile(join(folder, `${name}.json`), JSON.stringify(older))
  expect(await store.read(name)).toEqual({ ...cover, awaited: [] })
  await writeFile(join(folder, `${name}.json`), '{"owed":"1"}')
  await expect(store.read(name)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  await rm(folder, { recursive: true })
})

test('vouchers that are recovered drop what was awaited: it may be in them', async () => {
  const before = w.open()
  before.owe(leg, w.statement(1n))
  before.awaits(leg, answer(1000n).awaited)
  await before.idle()
  w.kept = [w.voucher(7000n)]
  w.status = { reason: 'credit', cumulative: 6000n, vouchered: 7000n }
  await w.open().settle([leg], { maxPrice: 1n, isPatient: false, until: AbortSignal.timeout(20) })
  expect([owed(), waiting(), parseVoucher(w.given.at(-1)!.voucher!.voucher).cumulative]).toEqual([7000n, [], 7000n])
})

test('a disk that takes and gives nothing keeps a client from paying, and from nothing else', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bombyx-covers-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'file'), '')
  const broken = coversInFolder(join(folder, 'file'))
  for (const step of [() => broken.payees(), () => broken.read(name), () => broken.write(name, NO_COVER)]) {
    await expect(step()).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  }
  w.files.keys = () => {
    throw new ServiceError('CONFIG_INVALID', 'no folder')
  }
  await w.open().catchUp(true)
})
