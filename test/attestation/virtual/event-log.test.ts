import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { sha384 } from '../../../attestation/crypto.ts'
import { encodeUtf8 } from '../../../attestation/encoding.ts'
import { parseCcel } from '../../../attestation/tdx/ccel.ts'
import { parseDstackEventLog } from '../../../attestation/tdx/dstack-log.ts'
import { joinEventLogs, verifyEventLog } from '../../../attestation/tdx/event-log.ts'
import { encodeCcel } from '../../../attestation/virtual/ccel.ts'
import { VIRTUAL_BOOT, virtualEventLog } from '../../../attestation/virtual/event-log.ts'

const REAL_CCEL = fileURLToPath(new URL('../../../../shared/vectors/eventlog/cos-113-ccel.bin', import.meta.url))

const APP = {
  appId: new Uint8Array(20).fill(1),
  composeHash: new Uint8Array(32).fill(2),
  model: encodeUtf8('{"engine":"vllm"}'),
  instanceId: new Uint8Array(20).fill(3)
}

describe('the logs of a virtual guest', () => {
  const log = virtualEventLog(APP)
  const parsed = joinEventLogs([parseCcel(log.ccel), parseDstackEventLog(log.dstack)])

  test('account for all four registers', () => {
    expect([...verifyEventLog(parsed, log.rtmrs).covered].sort()).toEqual([0, 1, 2, 3])
  })

  test('replay, computed by hand, to the registers given with them', () => {
    const rtmr2 = sha384(new Uint8Array(48), sha384(encodeUtf8('Bombyx Virtual kernel command line')))
    expect(log.rtmrs[2]).toEqual(rtmr2)
    const modelEvent = '{"name":"model","payload":"7b22656e67696e65223a22766c6c6d227d","type":134217729}'
    expect(parsed.events.find(({ name }) => name === 'model')!.digest).toEqual(sha384(encodeUtf8(modelEvent)))
  })

  test('name the application in authentic events', () => {
    const { runtimeEvents } = verifyEventLog(parsed, log.rtmrs)
    expect(Object.fromEntries(runtimeEvents)).toEqual({
      'app-id': APP.appId,
      'compose-hash': APP.composeHash,
      model: APP.model,
      'instance-id': APP.instanceId
    })
  })

  test('do not pass the kernel’s name off as its measurement', () => {
    const kernel = parsed.events.filter(({ rtmr, authenticated }) => rtmr === 1 && !authenticated)
    expect(kernel).toHaveLength(1)
  })

  test('of another model do not fit', () => {
    const other = virtualEventLog({ ...APP, model: encodeUtf8('{"engine":"other"}') })
    expect(other.rtmrs[3]).not.toEqual(log.rtmrs[3])
    expect(other.rtmrs.slice(0, 3)).toEqual(log.rtmrs.slice(0, 3))
  })
})

test.skipIf(!existsSync(REAL_CCEL))('a virtual CCEL begins with the Spec ID event of a real one', () => {
  const real = new Uint8Array(readFileSync(REAL_CCEL))
  // 32 bytes of header, and the event of 33.
  expect(encodeCcel(VIRTUAL_BOOT).subarray(0, 65)).toEqual(real.subarray(0, 65))
})
