import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { ServiceError } from '../runtime/errors.ts'
import type { CollectedEvidence, Collector } from './collector.ts'
import { type KernelFiles, linuxFiles } from './kernel-files.ts'
import { extendRtmr3, type RtmrPaths } from './rtmr3.ts'

/** Where Linux keeps what a TDX guest attests with. */
export interface TsmPaths extends RtmrPaths {
  /** configfs-tsm (Linux 6.7): a folder made in it is one report. */
  readonly reports: string
  /** The firmware's event log, as the ACPI table CCEL holds it. */
  readonly ccel: string
}

export const LINUX_TSM_PATHS: TsmPaths = {
  reports: '/sys/kernel/config/tsm/report',
  ccel: '/sys/firmware/acpi/tables/data/CCEL',
  rtmr3: '/sys/devices/virtual/misc/tdx_guest/measurements/rtmr3:sha384',
  log: '/run/bombyx/rtmr3.json'
}

const PROVIDER = 'tdx_guest'
const REPORT_DATA_LENGTH = 64
/** Another process that writes to the same report is a fault, yet one that passes. */
const ATTEMPTS = 3

/** Evidence of the TDX module under a Linux guest. Refuses (TSM_UNAVAILABLE, TSM_REFUSED) with what is missing. */
export function openTsmCollector(paths: TsmPaths, files: KernelFiles = linuxFiles): Collector {
  let runtimeLog: Uint8Array | undefined
  return {
    tee: 'tdx',
    measure: async (app) => {
      runtimeLog = await extendRtmr3(paths, files, app)
    },
    collect: async (reportData): Promise<CollectedEvidence> => {
      if (runtimeLog === undefined) throw new TypeError('measure comes before collect')
      const quote = await requestReport(paths.reports, files, reportData)
      const ccel = await readOrRefuse(paths.ccel, files, 'the firmware left no event log (CCEL) here')
      return {
        quote,
        eventLog: [
          { format: 'ccel', data: ccel },
          { format: 'dstack', data: runtimeLog }
        ]
      }
    }
  }
}

/**
 * One report through configfs-tsm: a folder of its own, `inblob` in, `outblob` out. `generation` counts the writes to
 * the folder, so that it tells whether the answer is to what was asked here.
 */
async function requestReport(reports: string, files: KernelFiles, reportData: Uint8Array): Promise<Uint8Array> {
  if (reportData.byteLength !== REPORT_DATA_LENGTH) throw new TypeError('report data is 64 bytes')
  const folder = join(reports, `bombyx-${randomBytes(8).toString('hex')}`)
  await makeFolder(folder, files)
  try {
    await checkProvider(folder, files)
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const before = await readGeneration(folder, files)
      await files.write(join(folder, 'inblob'), reportData)
      const outblob = await readOrRefuse(join(folder, 'outblob'), files, 'the TDX module gave no quote')
      const after = await readGeneration(folder, files)
      if (after === before + 1 && outblob.byteLength > 0) return outblob
    }
    throw new ServiceError('TSM_REFUSED', 'another process keeps writing to the report of this one')
  } finally {
    await files.removeFolder(folder).catch(() => undefined)
  }
}

async function makeFolder(folder: string, files: KernelFiles): Promise<void> {
  try {
    await files.makeFolder(folder)
  } catch (cause) {
    const message = 'configfs-tsm is not here: a TDX guest with Linux 6.7 or later, and configfs mounted, is wanted'
    throw new ServiceError('TSM_UNAVAILABLE', message, { cause })
  }
}

async function checkProvider(folder: string, files: KernelFiles): Promise<void> {
  const provider = Buffer.from(await readOrRefuse(join(folder, 'provider'), files, 'the report names no provider'))
  const name = provider.toString('utf8').trim()
  if (name !== PROVIDER) throw new ServiceError('TSM_REFUSED', `provider ${name}, ${PROVIDER} wanted`)
}

async function readGeneration(folder: string, files: KernelFiles): Promise<number> {
  const bytes = await readOrRefuse(join(folder, 'generation'), files, 'the report counts no generations')
  const text = Buffer.from(bytes).toString('utf8').trim()
  if (!/^\d{1,15}$/.test(text)) throw new ServiceError('TSM_REFUSED', 'the report counts its generations strangely')
  return Number(text)
}

async function readOrRefuse(path: string, files: KernelFiles, problem: string): Promise<Uint8Array> {
  try {
    return await files.read(path)
  } catch (cause) {
    throw new ServiceError('TSM_UNAVAILABLE', problem, { cause })
  }
}
