import type { KernelFiles } from './kernel-files.ts'
import { linuxFiles } from './kernel-files.ts'
import { LINUX_TSM_PATHS, type TsmPaths } from './tsm-collector.ts'

/** One thing that a host needs: whether it is here, what was found, and how to get it. */
export interface Inspection {
  readonly name: string
  readonly ok: boolean
  readonly found: string
  readonly remedy: string
}

/** Looks at what this machine could attest with as a TDX guest; changes nothing. */
export async function inspectGuest(
  paths: TsmPaths = LINUX_TSM_PATHS,
  files: KernelFiles = linuxFiles
): Promise<readonly Inspection[]> {
  const flags = await cpuFlags(files)
  const [register, log] = await Promise.all([isThere(paths.rtmr3, files), isThere(paths.ccel, files)])
  const reports = await isThere(`${paths.reports}/.`, files)
  return [
    {
      name: 'TDX guest',
      ok: flags.has('tdx_guest'),
      found: flags.has('tdx_guest')
        ? 'the processor says tdx_guest'
        : 'an ordinary machine: the processor does not say tdx_guest',
      remedy: 'start the measured image as a TDX guest; until then only the virtual TEE of `bombyx up` works here'
    },
    {
      name: 'quotes (configfs-tsm)',
      ok: reports,
      found: reports ? paths.reports : `nothing at ${paths.reports}`,
      remedy: 'Linux 6.7 or later with CONFIG_TDX_GUEST_DRIVER, and configfs mounted at /sys/kernel/config'
    },
    {
      name: 'RTMR3',
      ok: register,
      found: register ? paths.rtmr3 : `nothing at ${paths.rtmr3}`,
      remedy: 'Linux 6.16 or later, whose tdx_guest driver lets the guest extend its registers'
    },
    {
      name: 'firmware event log (CCEL)',
      ok: log,
      found: log ? paths.ccel : `nothing at ${paths.ccel}`,
      remedy: 'boot with TDVF firmware that leaves a CCEL table'
    }
  ]
}

async function cpuFlags(files: KernelFiles): Promise<ReadonlySet<string>> {
  const text = await files
    .read('/proc/cpuinfo')
    .then((bytes) => Buffer.from(bytes).toString('latin1'))
    .catch(() => '')
  return new Set(/^flags\s*:(.*)$/m.exec(text)?.[1]?.trim().split(' '))
}

/** A folder is there too: reading it fails in another way than reading nothing does. */
async function isThere(path: string, files: KernelFiles): Promise<boolean> {
  try {
    await files.read(path)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EISDIR'
  }
}
