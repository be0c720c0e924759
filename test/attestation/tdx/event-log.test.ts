import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sha384 } from '../../../attestation/crypto.ts'
import { concatBytes, decodeHex, encodeHex, encodeUtf8 } from '../../../attestation/encoding.ts'
import { AttestationError } from '../../../attestation/errors.ts'
import { encodeJcs } from '../../../attestation/jcs.ts'
import { parseCcel } from '../../../attestation/tdx/ccel.ts'
import {
  type DstackVersion,
  dstackEventDigest,
  encodeDstackEventLog,
  parseDstackEventLog
} from '../../../attestation/tdx/dstack-log.ts'
import {
  type EventLog,
  joinEventLogs,
  type Rtmrs,
  replayEventLog,
  verifyEventLog
} from '../../../attestation/tdx/event-log.ts'
import { parseTdxQuote } from '../../../attestation/tdx/quote.ts'
import { type CcelEvent, EVENT_TYPE, encodeCcel } from '../../../attestation/virtual/ccel.ts'
import { HAS_VECTORS, VECTORS, WHERE } from './vectors.ts'

const RUNTIME = 0x0800_0001
const refusal = (code: string) => expect.objectContaining({ name: 'AttestationError', code })
const boot = (...events: readonly CcelEvent[]) => parseCcel(encodeCcel(events))
const json = (value: unknown) => parseDstackEventLog(encodeUtf8(JSON.stringify(value)))
const hash = (...parts: readonly Uint8Array[]) => sha384(concatBytes(...parts))
const ZERO = new Uint8Array(48)

const ACTION: CcelEvent = { rtmr: 1, type: EVENT_TYPE.efiAction, data: encodeUtf8('Exit Boot Services') }
const SEPARATOR: CcelEvent = { rtmr: 0, type: EVENT_TYPE.separator, data: new Uint8Array(4) }
const KERNEL: CcelEvent = { rtmr: 1, type: EVENT_TYPE.eventTag, data: encodeUtf8('kernel'), digest: sha384(ZERO) }
const APP = { name: 'app-id', payload: Uint8Array.of(1, 2, 3), version: 2 } as const

describe('a CCEL', () => {
  test('replays each register from zero, in order', () => {
    const [rtmr0, rtmr1, rtmr2, rtmr3] = replayEventLog(boot(SEPARATOR, ACTION, KERNEL))
    expect(rtmr0).toEqual(hash(ZERO, sha384(SEPARATOR.data)))
    expect(rtmr1).toEqual(hash(hash(ZERO, sha384(ACTION.data)), sha384(ZERO)))
    expect([rtmr2, rtmr3]).toEqual([ZERO, ZERO])
  })

  test('says which data is authentic: what its digest is the hash of', () => {
    expect(boot(ACTION, KERNEL).events.map(({ authenticated }) => authenticated)).toEqual([true, false])
  })

  test('does not extend by EV_NO_ACTION', () => {
    const noted = { ...ACTION, type: EVENT_TYPE.noAction }
    expect(replayEventLog(boot(noted, ACTION))).toEqual(replayEventLog(boot(ACTION)))
    expect(boot(noted).events[0]?.authenticated).toBe(false)
    expect(verifyEventLog(boot(noted, ACTION), replayEventLog(boot(ACTION))).events).toHaveLength(1)
  })

  test('may end without padding, in ones, or in zeros', () => {
    const padded = encodeCcel([ACTION])
    const end = padded.lastIndexOf('s'.charCodeAt(0)) + 1
    const bare = padded.subarray(0, end)
    for (const log of [bare, padded, concatBytes(bare, new Uint8Array(100))]) {
      expect(parseCcel(log).events).toHaveLength(1)
    }
  })

  test.each([
    ['nothing', () => new Uint8Array(0)],
    ['another first event', () => changed(encodeCcel([ACTION]), 4, 4)],
    ['another specification', () => changed(encodeCcel([ACTION]), 32, 0x54)],
    ['no SHA-384', () => changed(encodeCcel([ACTION]), 60, 0x0b)],
    ['a digest of an algorithm not announced', () => changed(encodeCcel([ACTION]), 65 + 12, 0x0b)],
    ['no digest', () => changed(encodeCcel([ACTION]), 65 + 8, 0)],
    ['a thousand digests', () => changed(encodeCcel([ACTION]), 65 + 9, 4)],
    ['a fifth register', () => changed(encodeCcel([ACTION]), 65, 5)],
    ['data past its end', () => changed(encodeCcel([ACTION]), 65 + 64, 0xff)],
    ['padding with something in it', () => changed(encodeCcel([ACTION]), 4095, 0)],
    ['more than 4 MiB', () => new Uint8Array(4 * 1024 * 1024 + 1)]
  ])('with %s is refused', (_, make) => {
    expect(() => parseCcel(make())).toThrow(refusal('EVENT_LOG_MALFORMED'))
  })
})

describe('a dstack log', () => {
  test.each<[DstackVersion, string]>([
    [1, 'little-endian type, name and payload'],
    [2, 'JCS of name, payload and type']
  ])('of version %s has the digest of %s', (version) => {
    const preimage =
      version === 1
        ? concatBytes(Uint8Array.of(1, 0, 0, 8), encodeUtf8(':app-id:'), APP.payload)
        : encodeUtf8('{"name":"app-id","payload":"010203","type":134217729}')
    expect(dstackEventDigest({ ...APP, version })).toEqual(sha384(preimage))
    const [event] = parseDstackEventLog(encodeDstackEventLog([{ ...APP, version }])).events
    expect(event).toMatchObject({ rtmr: 3, name: 'app-id', data: APP.payload, authenticated: true })
  })

  test('of the first version 2 is authentic too', () => {
    const digest = sha384(encodeJcs({ event: 'app-id', event_type: RUNTIME, payload: '010203', version: 2 }))
    const entry = { imr: 3, event_type: RUNTIME, event: 'app-id', event_payload: '010203', version: 2 }
    expect(json([{ ...entry, digest: encodeHex(digest) }]).events[0]?.authenticated).toBe(true)
    expect(json([{ ...entry, digest: encodeHex(digest), version: 1 }]).events[0]?.authenticated).toBe(false)
  })

  test('may leave out the digest of a runtime event, and of no other', () => {
    const entry = { imr: 3, event_type: RUNTIME, digest: '', event: 'app-id', event_payload: '010203' }
    expect(json([entry]).events[0]?.digest).toEqual(dstackEventDigest({ ...APP, version: 1 }))
    expect(() => json([{ ...entry, event_type: 4 }])).toThrow(refusal('EVENT_LOG_MALFORMED'))
  })

  test('is no word on a payload that its digest does not bind', () => {
    const digest = encodeHex(dstackEventDigest({ ...APP, version: 1 }))
    const entry = { imr: 3, event_type: RUNTIME, digest, event: 'app-id', event_payload: '010204' }
    expect(json([entry]).events[0]?.authenticated).toBe(false)
  })

  test('of version 1 is no word on a name with a colon, which has another reading', () => {
    const payload = encodeUtf8('evil:x')
    const digest = encodeHex(dstackEventDigest({ name: 'note', payload, version: 1 }))
    const read = (event: string, event_payload: string) =>
      json([{ imr: 3, event_type: RUNTIME, digest, event, event_payload }]).events[0]?.authenticated
    expect(read('note', encodeHex(payload))).toBe(true)
    expect(read('note:evil', encodeHex(encodeUtf8('x')))).toBe(false)
  })

  test.each<[string, unknown]>([
    ['is no list', {}],
    ['holds what is no event', [null]],
    ['names a fifth register', [{ imr: 4, event_type: 1, digest: '00'.repeat(48), event: '', event_payload: '' }]],
    [
      'has a register that is no number',
      [{ imr: '3', event_type: 1, digest: '00'.repeat(48), event: '', event_payload: '' }]
    ],
    ['has a short digest', [{ imr: 3, event_type: 1, digest: '00', event: '', event_payload: '' }]],
    ['has a payload that is not hex', [{ imr: 3, event_type: RUNTIME, digest: '', event: '', event_payload: 'xy' }]],
    ['has a name that is not text', [{ imr: 3, event_type: RUNTIME, digest: '', event: '\ud800', event_payload: '' }]],
    ['is of version 3', [{ imr: 3, event_type: RUNTIME, digest: '', event: 'a', event_payload: '', version: 3 }]]
  ])('that %s is refused', (_, value) => {
    expect(() => json(value)).toThrow(refusal('EVENT_LOG_MALFORMED'))
  })
})

describe('verification', () => {
  const log = joinEventLogs([boot(SEPARATOR, ACTION), parseDstackEventLog(encodeDstackEventLog([APP]))])
  const rtmrs = replayEventLog(log)

  test('passes a log that replays, and says what it covers and holds', () => {
    const verified = verifyEventLog(log, rtmrs)
    expect([...verified.covered].sort()).toEqual([0, 1, 3])
    expect(verified.runtimeEvents.get('app-id')).toEqual(APP.payload)
  })

  test.each([0, 1, 3])('refuses another RTMR%s', (index) => {
    const other = rtmrs.map((rtmr, i) => (i === index ? sha384(rtmr) : rtmr)) as unknown as Rtmrs
    expect(() => verifyEventLog(log, other)).toThrow(refusal('EVENT_LOG_MISMATCH'))
  })

  test('says nothing of a register without events', () => {
    const [rtmr0, rtmr1, , rtmr3] = rtmrs
    expect(verifyEventLog(log, [rtmr0, rtmr1, sha384(ZERO), rtmr3]).covered.has(2)).toBe(false)
  })

  test.each<[string, (events: EventLog['events']) => EventLog['events']]>([
    ['an event less', (events) => events.slice(1)],
    ['an event twice', (events) => [...events, ...events.slice(-1)]],
    ['two events in the other order', ([a, b, ...rest]) => [b!, { ...a!, rtmr: b!.rtmr }, ...rest]]
  ])('refuses a log with %s', (_, change) => {
    const two = joinEventLogs([boot(ACTION, { ...ACTION, data: encodeUtf8('other') })])
    const events = change(two.events)
    expect(() => verifyEventLog({ events }, replayEventLog(two))).toThrow(refusal('EVENT_LOG_MISMATCH'))
  })

  test('refuses a second separator in a register, and not one in each', () => {
    expect(() => replayEventLog(boot(SEPARATOR, ACTION, SEPARATOR))).toThrow(refusal('EVENT_LOG_SEPARATOR_DOUBLED'))
    replayEventLog(boot(SEPARATOR, { ...SEPARATOR, rtmr: 1 }))
  })

  test.each([0x00, 0xff])('knows a separator of 0x%s by its digest, whatever the log calls it', (octet) => {
    const data = new Uint8Array(4).fill(octet)
    const renamed = { ...SEPARATOR, type: EVENT_TYPE.eventTag, data: encodeUtf8('x'), digest: sha384(data) }
    expect(() => replayEventLog(boot(SEPARATOR, renamed))).toThrow(refusal('EVENT_LOG_SEPARATOR_DOUBLED'))
  })

  test('takes the first runtime event of a name, only from RTMR3, only if authentic', () => {
    const entries = [
      { imr: 2, event_type: RUNTIME, digest: '', event: 'app-id', event_payload: '01' },
      { imr: 3, event_type: RUNTIME, digest: 'aa'.repeat(48), event: 'app-id', event_payload: '02' },
      { imr: 3, event_type: RUNTIME, digest: '', event: 'app-id', event_payload: '03' },
      { imr: 3, event_type: RUNTIME, digest: '', event: 'app-id', event_payload: '04' }
    ]
    const read = json(entries)
    expect(verifyEventLog(read, replayEventLog(read)).runtimeEvents.get('app-id')).toEqual(Uint8Array.of(3))
  })

  test('of a log with anything changed refuses, or leaves what is authentic as it was', () => {
    const bytes = encodeCcel([SEPARATOR, ACTION, KERNEL])
    const good = parseCcel(bytes)
    const turns = fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 3 })
    const authentic = ({ events }: EventLog) =>
      events
        .filter((event) => event.authenticated && event.type !== EVENT_TYPE.noAction)
        .map(({ data }) => encodeHex(data))
    fc.assert(
      fc.property(turns, (changes) => {
        const copy = Uint8Array.from(bytes)
        for (const [at, mask] of changes) copy[at] = (copy[at] ?? 0) ^ mask
        try {
          const { events } = verifyEventLog(parseCcel(copy), replayEventLog(good))
          return authentic({ events }).every((data) => authentic(good).includes(data))
        } catch (error) {
          return error instanceof AttestationError
        }
      }),
      { numRuns: 500 }
    )
  })

  test('of whatever bytes ends with a code', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.json(), (bytes, text) => {
        for (const parse of [
          () => parseCcel(bytes),
          () => parseDstackEventLog(bytes),
          () => parseDstackEventLog(encodeUtf8(text))
        ]) {
          try {
            parse()
          } catch (error) {
            if (!(error instanceof AttestationError)) throw error
          }
        }
      })
    )
  })
})

describe.skipIf(!HAS_VECTORS)(`logs of real machines${WHERE}`, () => {
  const file = (name: string) => new Uint8Array(readFileSync(new URL(`eventlog/${name}`, VECTORS)))
  const rtmrsOf = (quote: Uint8Array): Rtmrs => {
    const { body } = parseTdxQuote(quote)
    if (body.kind === 'sgx') throw new TypeError('not a TD')
    return body.rtmrs
  }

  test('the CCEL of COS-113 replays to its quote', () => {
    const verified = verifyEventLog(parseCcel(file('cos-113-ccel.bin')), rtmrsOf(file('cos-113-quote.bin')))
    expect([...verified.covered].sort()).toEqual([0, 1, 2])
  })

  test('the CCEL with a doubled separator is refused', () => {
    const log = parseCcel(file('dupe-separator-must-reject.bin'))
    expect(() => replayEventLog(log)).toThrow(refusal('EVENT_LOG_SEPARATOR_DOUBLED'))
  })

  test('the log of a dstack guest replays to its quote, and tells its app', () => {
    const { quote, event_log } = JSON.parse(Buffer.from(file('dstack-quote-report.json')).toString())
    const verified = verifyEventLog(parseDstackEventLog(encodeUtf8(event_log)), rtmrsOf(decodeHex(quote)))
    expect([...verified.covered].sort()).toEqual([0, 1, 2, 3])
    expect(encodeHex(verified.runtimeEvents.get('app-id')!)).toBe('3763bc34552cf3a27ff71ad5f7a90471562a1a2d')
    expect([...verified.runtimeEvents.keys()]).toContain('compose-hash')
  })
})

function changed(bytes: Uint8Array, at: number, octet: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[at] = octet
  return copy
}
