import { Metadata, status } from '@grpc/grpc-js'
import { describe, expect, it } from 'vitest'
import { ATTESTATION_ERRORS, AttestationError } from '../../../attestation/errors.ts'
import { type BombyxErrorCode, isBombyxCode, SERVICE_ERRORS, ServiceError } from '../../../services/runtime/errors.ts'
import { fromStatus, toStatus } from '../../../services/runtime/status.ts'

const CODES = [...Object.keys(SERVICE_ERRORS), ...Object.keys(ATTESTATION_ERRORS)].filter(isBombyxCode)

function grpcError(code: status, trailers: Record<string, string> = {}): Error {
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(trailers)) metadata.set(name, value)
  return Object.assign(new Error('wire'), { code, details: 'as sent', metadata })
}

describe('a refusal on the wire', () => {
  it.each(CODES)('%s arrives as itself', (code) => {
    const sent = toStatus(new ServiceError(code, 'why'))
    const received = fromStatus(sent)
    expect([received.code, received.message]).toEqual([code, 'why'])
    expect(sent.code).not.toBe(status.OK)
  })

  it('of the trust core keeps its code', () => {
    const sent = toStatus(new AttestationError('PCK_REVOKED', 'revoked'))
    expect(sent.code).toBe(status.PERMISSION_DENIED)
    expect(fromStatus(sent).code).toBe('PCK_REVOKED')
  })

  it('of the outside says nothing but INTERNAL', () => {
    const secret = new Error('the prompt was: sesame')
    const sent = toStatus(secret)
    expect([sent.code, sent.details]).toEqual([status.INTERNAL, 'internal error'])
    expect(JSON.stringify([sent.message, sent.metadata.getMap()])).not.toContain('sesame')
    expect(sent.cause).toBe(secret)
  })

  it.each<[string, Error, BombyxErrorCode]>([
    ['a dead server', grpcError(status.UNAVAILABLE), 'UNAVAILABLE'],
    ['a missed deadline', grpcError(status.DEADLINE_EXCEEDED), 'DEADLINE_PASSED'],
    ['an unknown method', grpcError(status.UNIMPLEMENTED), 'UNIMPLEMENTED'],
    ['a status without a meaning here', grpcError(status.DATA_LOSS), 'INTERNAL'],
    ['a code that there is not', grpcError(status.UNAVAILABLE, { 'bombyx-code': 'MADE_UP' }), 'UNAVAILABLE'],
    [
      'a member of every object for a code',
      grpcError(status.UNAVAILABLE, { 'bombyx-code': 'constructor' }),
      'UNAVAILABLE'
    ],
    ['what is no status at all', new TypeError('x'), 'INTERNAL']
  ])('%s is read as a code', (_what, error, code) => {
    expect(fromStatus(error).code).toBe(code)
  })

  it('of nobody there says why, and nothing around it', () => {
    const why = 'connect ECONNREFUSED 127.0.0.1:1'
    const details = `No connection established. Last error: Error: ${why}. Resolution note: `
    const error = Object.assign(grpcError(status.UNAVAILABLE), { details })
    expect(fromStatus(error).message).toBe(`no connection: ${why}`)
  })
})
