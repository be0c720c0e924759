import type { AuthenticDevice } from './chain.ts'
import type { VerifiedDevice } from './device.ts'
import { opaqueNumber } from './opaque.ts'

/** How a GPU says that it shares the machine: alone, with others over encrypted links, or by protected PCIe. */
export type GpuFeature = 'single' | 'spt' | 'mpt' | 'ppcie'

const FEATURES: readonly GpuFeature[] = ['spt', 'mpt', 'ppcie']
const ENABLED = 0xaa
const LOCKED = 1

/**
 * A GPU's feature flag. Firmware from before the flag works alone (`single`). Undefined for a value that names no
 * confidential mode. Whether confidential computing or the developer's mode is on no report says: the guest measures it.
 */
export function gpuFeature({ report }: VerifiedDevice): GpuFeature | undefined {
  const flag = opaqueNumber(report.response.opaque, 'featureFlag')
  return flag === undefined ? 'single' : FEATURES[flag]
}

/** Whether a GPU says that protected PCIe is on. */
export function hasProtectedPcie({ report }: VerifiedDevice): boolean {
  return opaqueNumber(report.response.opaque, 'protectedPcieStatus') === ENABLED
}

/** Whether a switch says that its configuration is locked. */
export function isLockedSwitch({ report }: VerifiedDevice): boolean {
  return opaqueNumber(report.response.opaque, 'switchLockStatus') === LOCKED
}

/** What people know a device by: `GPU GH100 2921CE551E4EEDA3`. */
export function deviceLabel({ arch, chip, pdi }: AuthenticDevice): string {
  return `${arch === 'LS10' ? 'NVSwitch' : 'GPU'} ${chip}${pdi === undefined ? '' : ` ${pdi}`}`
}
