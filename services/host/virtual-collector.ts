import { readFile } from 'node:fs/promises'
import { virtualEventLog } from '../../attestation/virtual/event-log.ts'
import { parseVirtualPlatform } from '../../attestation/virtual/files.ts'
import { quoteVirtual } from '../../attestation/virtual/quote.ts'
import { ServiceError } from '../runtime/errors.ts'
import type { Collector, MeasuredApp } from './collector.ts'

/**
 * Evidence of the software TEE: the true formats, under a root that only a policy which names it accepts. `path` is the
 * platform file that whoever holds the root made.
 */
export async function openVirtualCollector(path: string): Promise<Collector> {
  const platform = parseVirtualPlatform(await readVirtualFile(path, 'BOMBYX_COLLECTOR'))
  let app: MeasuredApp | undefined
  return {
    tee: 'virtual',
    measure: async (measured) => {
      app = measured
    },
    collect: async (reportData) => {
      if (app === undefined) throw new TypeError('measure comes before collect')
      const { gpuMode, ...rest } = app
      const log = virtualEventLog(gpuMode === undefined ? rest : { ...rest, gpuMode })
      return {
        quote: quoteVirtual(platform, { reportData, rtmrs: log.rtmrs }),
        eventLog: [
          { format: 'ccel', data: log.ccel },
          { format: 'dstack', data: log.dstack }
        ]
      }
    }
  }
}

/** Refuses with CONFIG_INVALID and the setting's name. */
export async function readVirtualFile(path: string, setting: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw new ServiceError('CONFIG_INVALID', `${setting}: ${path} cannot be read`, { cause })
  }
}
