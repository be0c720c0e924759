import { describe, expect, it } from 'vitest'
import { AttestationError } from '../../../attestation/errors.ts'
import { ServiceError } from '../../../services/runtime/errors.ts'
import { createLogger, describeError, type LoggerOptions } from '../../../services/runtime/log.ts'

function capture(options: LoggerOptions = {}) {
  const lines: string[] = []
  return { lines, logger: createLogger('relay', { ...options, write: (line) => lines.push(line) }) }
}

describe('a log', () => {
  it('is one JSON object a line', () => {
    const { lines, logger } = capture()
    logger.info('ready', { authority: '127.0.0.1:1' })
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0]!)).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      service: 'relay',
      message: 'ready',
      authority: '127.0.0.1:1'
    })
  })

  it('for people is one plain line', () => {
    const { lines, logger } = capture({ pretty: true })
    logger.warn('host refused', { code: 'PCK_REVOKED' })
    expect(lines).toEqual([expect.stringMatching(/^[\d:.]{12} warn {2}relay host refused code=PCK_REVOKED\n$/)])
  })

  it('for people holds nothing that a terminal would obey, whatever a model is called', () => {
    const { lines, logger } = capture({ pretty: true })
    logger.info('request finished', { model: 'a\u001b[2J\nb\u202ec' })
    expect(lines).toEqual([expect.stringMatching(/ model=a\ufffd\[2J\ufffdb\ufffdc\n$/)])
  })

  it('leaves out what is below its level', () => {
    const { lines, logger } = capture({ level: 'warn' })
    logger.info('unheard')
    logger.error('heard')
    expect(lines).toHaveLength(1)
  })

  it.each<[string, unknown]>([
    ['an error that quotes input', new SyntaxError('Unexpected token, "sesame" is not JSON')],
    ['a wrapped one', new ServiceError('INTERNAL', 'failed', { cause: new Error('sesame') })],
    [
      'one wrapped twice',
      new ServiceError('INTERNAL', 'a', {
        cause: new AttestationError('JCS_MALFORMED', 'b', { cause: new Error('sesame') })
      })
    ],
    ['a thrown string', 'sesame'],
    ['an error of many lines', new Error('first\nsesame at noon\n  sesame')]
  ])('never repeats the message of %s', (_what, error) => {
    const { lines, logger } = capture()
    logger.error('failed', {}, error)
    expect(lines[0]).not.toContain('sesame')
  })

  it('says code, message and cause of our own errors', () => {
    const cause = Object.assign(new Error('secret'), { code: 'ECONNREFUSED' })
    expect(describeError(new ServiceError('UNAVAILABLE', 'the verifier does not answer', { cause }))).toEqual({
      errorCode: 'UNAVAILABLE',
      error: 'the verifier does not answer',
      'cause.error': 'Error ECONNREFUSED',
      'cause.frames': expect.stringContaining('log.test.ts')
    })
  })
})
