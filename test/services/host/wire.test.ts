import { describe, expect, test } from 'vitest'
import { sessionCodeNumber } from '../../../attestation/session/codes.ts'
import type { EnrolResponse__Output } from '../../../proto/gen/bombyx/v1/EnrolResponse.ts'
import type { HostSessionCall__Output } from '../../../proto/gen/bombyx/v1/HostSessionCall.ts'
import { backoffDelay } from '../../../services/host/backoff.ts'
import {
  challengeFromWire,
  declarationToWire,
  enrolmentFromWire,
  helloAnswerToWire,
  helloCallFromWire
} from '../../../services/host/wire.ts'

const bytes = (length: number) => Buffer.alloc(length, 1)
const hello = { callId: '9', hello: { hello: bytes(3), payerSignature: bytes(0) }, known: null }

describe('a call of a relay', () => {
  test('is a nonce of 32 bytes or a hello', () => {
    expect(helloCallFromWire({ nonce: bytes(32) })).toMatchObject({ kind: 'nonce' })
    expect(helloCallFromWire({ hello })).toMatchObject({ kind: 'hello', callId: 9n })
  })

  const refused: readonly (readonly [string, HostSessionCall__Output])[] = [
    ['both', { nonce: bytes(32), hello }],
    ['neither', {}],
    ['a hello without its bytes', { hello: { callId: '1', hello: null, known: null } }],
    ['a short nonce', { nonce: bytes(31) }]
  ]
  test.each(refused)('is never %s', (_, call) => {
    expect(() => helloCallFromWire(call)).toThrow(expect.objectContaining({ name: 'ServiceError' }))
  })
})

test('an answer goes back under its number', () => {
  const message = { accept: bytes(2), signature: bytes(64) }
  expect(helloAnswerToWire({ kind: 'accept', callId: 9n, message })).toEqual({
    accept: { callId: '9', accept: message }
  })
  const code = sessionCodeNumber('NO_CAPACITY')
  expect(helloAnswerToWire({ kind: 'refusal', callId: 9n, code: 'NO_CAPACITY' })).toEqual({
    refusal: { callId: '9', code }
  })
})

test('a challenge has its lengths', () => {
  const wire = { random: bytes(32), network: -239, seqno: 7, rootHash: bytes(32), genUtime: 5 }
  expect(challengeFromWire(wire)).toMatchObject({ network: -239, seqno: 7, genUtime: 5 })
  expect(() => challengeFromWire({ ...wire, random: bytes(31) })).toThrow('random')
  expect(() => challengeFromWire({ ...wire, rootHash: bytes(33) })).toThrow('root_hash')
})

test('prices are whole at 53 bits', () => {
  const price = 2n ** 53n - 1n
  const prices = { prompt: price, cached: 0n, completion: 1n, reasoning: 2n }
  expect(declarationToWire({ prices, region: 'r', slots: 3 })).toEqual({
    prices: { prompt: '9007199254740991', cached: '0', completion: '1', reasoning: '2' },
    region: 'r',
    slots: 3
  })
})

describe('an enrolment', () => {
  const enrolment = (status: string, attestAgainAt: string, result = '{}') =>
    enrolmentFromWire({
      hostId: bytes(16),
      attestAgainAt,
      verdict: {
        status,
        tee: 'tdx',
        tcbStatus: 'OutOfDate',
        appraisedAt: '1',
        notAfter: '2',
        result: Buffer.from(result),
        token: ''
      }
    } as EnrolResponse__Output)

  test.each([
    ['AFFIRMING', '5', true],
    ['WARNING', '5', true],
    ['CONTRAINDICATED', '0', false],
    ['CONTRAINDICATED', '5', false],
    ['AFFIRMING', '0', false],
    ['STATUS_UNSPECIFIED', '5', false]
  ])('that is %s until %s', (status, until, listed) => {
    expect(enrolment(status, until).listed).toBe(listed)
  })

  test('tells its findings, and nothing of a result that cannot be read', () => {
    const findings = [{ code: 'TCB_STATUS', claim: 'tcb', remedy: 'update BIOS' }, {}]
    expect(enrolment('WARNING', '5', JSON.stringify({ findings })).findings[0]).toEqual(findings[0])
    expect(enrolment('WARNING', '5', '{').findings).toEqual([])
    expect(enrolment('WARNING', '5', '{"findings":7}').findings).toEqual([])
  })

  test('without a verdict is none', () => {
    const wire = { hostId: bytes(16), verdict: null, attestAgainAt: '5' }
    expect(() => enrolmentFromWire(wire)).toThrow('without a verdict')
  })
})

test('waits double up to a limit, half of each left to chance', () => {
  const backoff = { firstMs: 100, mostMs: 1000 }
  expect([0, 1, 2, 3, 4, 400].map((attempt) => backoffDelay(backoff, attempt, 1))).toEqual([
    100, 200, 400, 800, 1000, 1000
  ])
  expect(backoffDelay(backoff, 2, 0)).toBe(200)
})
