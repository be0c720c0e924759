import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AttestationError } from '../../../attestation/errors.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import { ServiceError } from '../../../services/runtime/errors.ts'
import { authorise } from '../../../services/runtime/grpc.ts'
import { callStream, callUnary, connect } from '../../../services/runtime/grpc-client.ts'
import { hashToken, parseTokens } from '../../../services/runtime/tokens.ts'
import { type Probe, startProbe } from './grpc-probe.ts'

let probe: Probe
beforeEach(async () => {
  probe = await startProbe()
})
afterEach(() => probe[Symbol.asyncDispose]())

describe('what a handler throws', () => {
  it.each<[string, () => never, string, string]>([
    ['of a service keeps its code', () => refuse(new ServiceError('SUBJECT_TAKEN', 'taken')), 'SUBJECT_TAKEN', 'taken'],
    [
      'of the trust core keeps its code',
      () => refuse(new AttestationError('PCK_REVOKED', 'gone')),
      'PCK_REVOKED',
      'gone'
    ],
    ['of anybody else is INTERNAL', () => refuse(new Error('sesame')), 'INTERNAL', 'internal error'],
    ['that is no error is INTERNAL', () => refuse('sesame'), 'INTERNAL', 'internal error']
  ])('%s', async (_what, handler, code, message) => {
    probe.appraise = handler
    await expect(probe.appraiseOnce()).rejects.toMatchObject({ name: 'ServiceError', code, message })
    expect(probe.lines.join('')).not.toContain('sesame')
    expect(probe.lines.some((line) => line.includes('"level":"error"'))).toBe(code === 'INTERNAL')
  })

  it('before its first await is a status too', async () => {
    await expect(callUnary(probe.verifier, 'GetKeys', {})).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  it('in a stream ends the stream with its code', async () => {
    probe.watch = async function* () {
      yield { snapshotEnd: {} }
      throw new ServiceError('DATABASE_UNAVAILABLE', 'gone')
    }
    const events: string[] = []
    const reading = (async () => {
      for await (const event of callStream(probe.directory, 'Watch', {})) events.push(event.event ?? '')
    })()
    await expect(reading).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
    expect(events).toEqual(['snapshotEnd'])
  })

  it('is counted by its code', async () => {
    probe.appraise = () => refuse(new ServiceError('SUBJECT_TAKEN', 'taken'))
    await expect(probe.appraiseOnce()).rejects.toThrow()
    expect(await probe.metrics.text()).toMatch(
      /call_seconds_count\{.*method="\/bombyx.v1.Verifier\/Appraise",code="SUBJECT_TAKEN"\} [1-9]/
    )
  })
})

describe('a caller', () => {
  it('that gives up is known to the handler', async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>()
    probe.appraise = (call) =>
      new Promise(() => call.signal.addEventListener('abort', () => resolve(call.signal.reason)))
    await expect(probe.appraiseOnce({ signal: AbortSignal.timeout(30) })).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect(promise).resolves.toMatchObject({ code: 'CANCELLED' })
  })

  it('that gave up before calling does not call', async () => {
    await expect(probe.appraiseOnce({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(probe.lines).toEqual([])
  })

  it('has its deadline told to the handler, and kept', async () => {
    let deadline = 0
    probe.appraise = (call) => {
      deadline = call.deadline
      return new Promise(() => {})
    }
    const startedAt = Date.now()
    await expect(probe.appraiseOnce({ deadlineMs: 60 })).rejects.toMatchObject({ code: 'DEADLINE_PASSED' })
    expect(deadline - startedAt).toBeGreaterThanOrEqual(55)
    expect(deadline - startedAt).toBeLessThan(1000)
  })

  it('that leaves a stream ends its handler', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    probe.watch = async function* (call) {
      call.signal.addEventListener('abort', () => resolve())
      yield { snapshotEnd: {} }
      await promise
    }
    for await (const _ of callStream(probe.directory, 'Watch', {})) break
    await promise
  })

  it('that sends more than a message may hold is refused', async () => {
    const bundle = Buffer.alloc(5 * 1024 * 1024)
    await expect(callUnary(probe.verifier, 'Appraise', { bundle })).rejects.toMatchObject({ code: 'TOO_LARGE' })
    const fmspc = Buffer.alloc(4 * 1024 * 1024)
    await expect(callUnary(probe.verifier, 'GetCollateral', { fmspc })).resolves.toEqual({ collateral: fmspc })
  })

  it('reads a stream at its own pace: the handler is not asked for more than fits', async () => {
    let made = 0
    probe.watch = async function* () {
      for (; made < 2000; made++) yield { listed: { keyset: Buffer.alloc(60_000) } }
    }
    let read = 0
    for await (const _ of callStream(probe.directory, 'Watch', {})) {
      read += 1
      if (read === 1) await new Promise((resolve) => setTimeout(resolve, 200))
      if (read === 1) expect(made).toBeLessThan(1000)
    }
    expect(read).toBe(2000)
  })
})

describe('a bearer token', () => {
  const tokens = parseTokens(`${hashToken('right')} operator`)

  it.each([
    ['right', 'right', 'operator'],
    ['wrong', 'wrong', 'UNAUTHENTICATED'],
    ['missing', undefined, 'UNAUTHENTICATED']
  ])('that is %s', async (_what, token, expected) => {
    let name = ''
    probe.appraise = (call) => {
      name = authorise(tokens, call)
    }
    const client = await connect(bombyxV1.Verifier, probe.server.authority, token === undefined ? {} : { token })
    const outcome = await callUnary(client, 'Appraise', {}).then(
      () => name,
      (error: ServiceError) => error.code
    )
    expect(outcome).toBe(expected)
    expect(probe.lines.join('')).not.toContain('Bearer')
    client.close()
  })

  it('is not asked for where none is configured', async () => {
    let name = ''
    probe.appraise = (call) => {
      name = authorise(undefined, call)
    }
    await probe.appraiseOnce()
    expect(name).toBe('local')
  })
})

function refuse(error: unknown): never {
  throw error
}
