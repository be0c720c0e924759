import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { createIdentity, type HostIdentity } from '../../../services/host/identity.ts'
import { MOST_UNACKNOWLEDGED, type StatementSender, UsageLedger } from '../../../services/host/usage-ledger.ts'

const [earlier, identity] = [1, 2].map((now) =>
  createIdentity(
    {
      epoch: new Uint8Array(16),
      subject: `bombyx:host:${'00'.repeat(16)}`,
      model: { id: 'a', engine: 'b', weights: new Uint8Array(32) },
      gpus: [],
      switches: []
    },
    now
  )
) as [HostIdentity, HostIdentity]
const statement = (seq: number): Uint8Array => Uint8Array.of(seq & 0xff)

function setUp() {
  const clock = { now: 0 }
  const ledger = new UsageLedger(
    () => clock.now,
    () => {}
  )
  const sent: number[] = []
  const sender: StatementSender = { identity, send: (seq) => void sent.push(seq) }
  return { clock, ledger, sent, sender }
}

describe('statements', () => {
  test('are numbered from 1 without gaps, sent once, and forgotten when they are stored', () => {
    const { ledger, sent, sender } = setUp()
    ledger.attach(sender)
    for (let at = 0; at < 3; at++) ledger.record(statement, sender)
    expect(sent).toEqual([1, 2, 3])
    ledger.acknowledge(2, sender)
    expect(ledger.unacknowledged).toBe(1)
    ledger.attach(sender)
    expect(sent).toEqual([1, 2, 3, 3])
  })

  test('go by any relay when the one they came by is gone, and wait while there is none', () => {
    const { ledger, sent, sender } = setUp()
    const gone: StatementSender = {
      identity,
      send: () => {
        throw new Error('this relay is gone')
      }
    }
    ledger.record(statement, gone)
    const detach = ledger.attach(sender)
    ledger.record(statement, gone)
    expect(sent).toEqual([1, 2])
    detach()
    ledger.record(statement, sender)
    expect(sent).toEqual([1, 2])
  })

  test('are sent again after five seconds, by the relays in turn', () => {
    const { clock, ledger, sent, sender } = setUp()
    const other: number[] = []
    ledger.attach(sender)
    ledger.attach({ identity, send: (seq) => void other.push(seq) })
    ledger.record(statement, sender)
    clock.now = 4999
    ledger.resend()
    expect([sent, other]).toEqual([[1], []])
    clock.now = 5000
    ledger.resend()
    clock.now = 10_000
    ledger.resend()
    expect([...sent, ...other]).toEqual([1, 1, 1])
    expect(other).toHaveLength(1)
  })

  test('are signed by the keyset of the link that carries them, so that none is left to a keyset that is gone', () => {
    const { clock, ledger } = setUp()
    const carried: [HostIdentity, number | undefined][] = []
    const sign = vi.fn((seq: number, signer: HostIdentity) => Uint8Array.of(seq, signer === earlier ? 1 : 2))
    const as = (signer: HostIdentity): StatementSender => ({
      identity: signer,
      send: (_, bytes) => void carried.push([signer, bytes[1]])
    })
    const before = as(earlier)
    const detach = ledger.attach(before)
    ledger.record(sign, before)
    clock.now = 5000
    ledger.resend()
    expect(sign).toHaveBeenCalledTimes(1)
    detach()
    ledger.attach(as(identity))
    expect(carried).toEqual([
      [earlier, 1],
      [earlier, 1],
      [identity, 2]
    ])
  })

  test('are not forgotten on the word of a relay that was not sent them', () => {
    const { clock, ledger, sent, sender } = setUp()
    const hostile: StatementSender = { identity, send: (seq) => void (seq > 2 && sent.push(-seq)) }
    ledger.attach(sender)
    ledger.attach(hostile)
    ledger.record(statement, sender)
    ledger.record(statement, sender)
    ledger.record(statement, hostile)
    ledger.acknowledge(3, hostile)
    expect([ledger.unacknowledged, sent]).toEqual([2, [1, 2, -3]])
    clock.now = 5000
    ledger.resend()
    ledger.acknowledge(3, sender)
    expect(ledger.unacknowledged).toBe(0)
  })

  test('fill the ledger, which a relay that acknowledges too much does not empty', () => {
    const { ledger, sender } = setUp()
    ledger.attach(sender)
    for (let at = 0; at < MOST_UNACKNOWLEDGED; at++) ledger.record(statement, sender)
    expect(ledger.full).toBe(true)
    ledger.acknowledge(MOST_UNACKNOWLEDGED + 1, sender)
    expect(ledger.full).toBe(true)
    ledger.acknowledge(1, sender)
    expect(ledger.full).toBe(false)
  })

  test('settle when the last is stored', async () => {
    const { ledger, sender } = setUp()
    ledger.attach(sender)
    await ledger.settled()
    ledger.record(statement, sender)
    const settled = ledger.settled().then(() => 'settled')
    expect(await Promise.race([settled, Promise.resolve('waiting')])).toBe('waiting')
    ledger.acknowledge(1, sender)
    expect(await settled).toBe('settled')
  })

  test('are never lost, whatever order acknowledgements come in', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constant('record' as const), fc.nat(40)), { maxLength: 60 }), (steps) => {
        const { ledger, sender } = setUp()
        ledger.attach(sender)
        let [recorded, stored] = [0, 0]
        for (const step of steps) {
          if (step === 'record') {
            ledger.record(statement, sender)
            recorded++
          } else {
            ledger.acknowledge(step, sender)
            if (step <= recorded) stored = Math.max(stored, step)
          }
          expect(ledger.unacknowledged).toBe(recorded - stored)
        }
      })
    )
  })
})
