import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { concatBytes, encodeHex, encodeUtf8 } from '../../../attestation/encoding.ts'
import { parseDstackEventLog } from '../../../attestation/tdx/dstack-log.ts'
import { replayEventLog } from '../../../attestation/tdx/event-log.ts'
import type { MeasuredApp } from '../../../services/host/collector.ts'
import { linuxFiles } from '../../../services/host/kernel-files.ts'
import { LINUX_TSM_PATHS, openTsmCollector } from '../../../services/host/tsm-collector.ts'
import { TDX_PATHS, TdxKernel } from '../../fakes/tdx-kernel.ts'

const APP: MeasuredApp = {
  appId: new Uint8Array(20).fill(1),
  composeHash: new Uint8Array(32).fill(2),
  model: new Uint8Array(9).fill(3),
  gpuMode: undefined,
  instanceId: new Uint8Array(20).fill(4)
}
const REPORT_DATA = new Uint8Array(64).fill(7)

let kernel: TdxKernel
beforeEach(() => {
  kernel = new TdxKernel()
})
const open = () => openTsmCollector(TDX_PATHS, kernel)
const measured = async () => {
  const collector = open()
  await collector.measure(APP)
  return collector
}
const registerOf = (log: Uint8Array): string => encodeHex(replayEventLog(parseDstackEventLog(log))[3])

test('evidence is a quote over the report data, the firmware’s log, and one that RTMR3 replays from', async () => {
  const { quote, eventLog } = await (await measured()).collect(REPORT_DATA)
  expect(quote).toEqual(concatBytes(encodeUtf8('quote over '), REPORT_DATA))
  expect(eventLog.map(({ format }) => format)).toEqual(['ccel', 'dstack'])
  expect(eventLog[0]?.data).toEqual(encodeUtf8('ccel'))
  const { events } = parseDstackEventLog(eventLog[1]!.data)
  expect(events.map(({ name, authenticated }) => [name, authenticated])).toEqual([
    ['app-id', true],
    ['compose-hash', true],
    ['model', true],
    ['instance-id', true]
  ])
  expect(registerOf(eventLog[1]!.data)).toBe(encodeHex(kernel.files.get(TDX_PATHS.rtmr3)!))
  expect(kernel.folders.size).toBe(0)
})

test('an agent that starts again in the same boot extends nothing and gives the same log', async () => {
  const first = await (await measured()).collect(REPORT_DATA)
  const register = encodeHex(kernel.files.get(TDX_PATHS.rtmr3)!)
  const again = open()
  await again.measure({ ...APP, instanceId: new Uint8Array(20).fill(9) })
  expect((await again.collect(REPORT_DATA)).eventLog[1]).toEqual(first.eventLog[1])
  expect(encodeHex(kernel.files.get(TDX_PATHS.rtmr3)!)).toBe(register)
})

test('a report that another process wrote to is asked for again', async () => {
  const collector = await measured()
  kernel.interference = 2
  expect((await collector.collect(REPORT_DATA)).quote.byteLength).toBeGreaterThan(64)
})

describe('refused', () => {
  const refusals: readonly (readonly [string, string, () => unknown])[] = [
    ['a kernel without the register', 'TSM_UNAVAILABLE', () => kernel.files.delete(TDX_PATHS.rtmr3)],
    ['a register of another length', 'TSM_REFUSED', () => kernel.files.set(TDX_PATHS.rtmr3, new Uint8Array(32))],
    [
      'a register that nobody’s log explains',
      'TSM_REFUSED',
      () => kernel.files.set(TDX_PATHS.rtmr3, new Uint8Array(48).fill(1))
    ],
    ['a register that does not grow', 'TSM_REFUSED', () => (kernel.extends = false)],
    ['a log that is none', 'EVENT_LOG_MALFORMED', () => kernel.files.set(TDX_PATHS.log, encodeUtf8('{'))]
  ]
  test.each(refusals)('to measure: %s', async (_, code, break_) => {
    break_()
    await expect(open().measure(APP)).rejects.toMatchObject({ code })
  })

  test.each(['appId', 'composeHash', 'model'] as const)('to measure: another %s in the same boot', async (member) => {
    await measured()
    const other = { ...APP, [member]: new Uint8Array(32).fill(8) }
    await expect(open().measure(other)).rejects.toMatchObject({ code: 'TSM_REFUSED' })
  })

  const failures: readonly (readonly [string, string, () => unknown])[] = [
    ['a kernel without configfs-tsm', 'TSM_UNAVAILABLE', () => (kernel.hasTsm = false)],
    ['another provider', 'TSM_REFUSED', () => (kernel.provider = 'sev_guest')],
    ['a report that others keep writing to', 'TSM_REFUSED', () => (kernel.interference = 99)],
    ['no firmware log', 'TSM_UNAVAILABLE', () => kernel.files.delete(TDX_PATHS.ccel)]
  ]
  test.each(failures)('to quote: %s', async (_, code, break_) => {
    const collector = await measured()
    break_()
    await expect(collector.collect(REPORT_DATA)).rejects.toMatchObject({ code })
    expect(kernel.folders.size).toBe(0)
  })

  test('to quote before measuring, or over other than 64 bytes', async () => {
    await expect(open().collect(REPORT_DATA)).rejects.toThrow(TypeError)
    await expect((await measured()).collect(new Uint8Array(32))).rejects.toThrow(TypeError)
  })

  test('on a machine that is no TDX guest, with what is missing', async () => {
    const nowhere = {
      ...LINUX_TSM_PATHS,
      rtmr3: join(tmpdir(), 'no-such-register'),
      log: join(tmpdir(), 'no-such-log')
    }
    await expect(openTsmCollector(nowhere).measure(APP)).rejects.toMatchObject({ code: 'TSM_UNAVAILABLE' })
  })
})

test('the real files are read, written and kept from others', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bombyx-files-'))
  await linuxFiles.makeFolder(join(folder, 'report'))
  await writeFile(join(folder, 'attribute'), '')
  await linuxFiles.write(join(folder, 'attribute'), REPORT_DATA)
  expect(await linuxFiles.read(join(folder, 'attribute'))).toEqual(await readFile(join(folder, 'attribute')))
  await linuxFiles.store(join(folder, 'deep', 'log.json'), REPORT_DATA)
  expect((await stat(join(folder, 'deep', 'log.json'))).mode & 0o077).toBe(0)
  await linuxFiles.removeFolder(join(folder, 'report'))
  await rm(folder, { recursive: true })
})
