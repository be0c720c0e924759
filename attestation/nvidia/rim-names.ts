import type { DeviceArchitecture } from '../bundle.ts'
import { type OpaqueData, opaqueText } from './opaque.ts'
import { driverVersion, vbiosVersion } from './versions.ts'

/** What NVIDIA's RIM service calls the manifests of a device. A switch has none of a driver. */
export interface RimNames {
  readonly vbios: string
  readonly driver: string | undefined
}

/** A switch's report does not say which board it is: there is one. */
const SWITCH_BOARD = 'NV_SWITCH_BIOS_5612_0002_890'

/** The names, made of chip, versions and board as the report says them. They are the device's word: no path, until checked. */
export function rimNames(arch: DeviceArchitecture, chip: string, opaque: OpaqueData): RimNames {
  const driver = driverVersion(arch, opaque)
  const board = arch === 'LS10' ? SWITCH_BOARD : boardOf(opaque)
  return {
    vbios: `${board}_${vbiosVersion(arch, opaque).replaceAll('.', '')}`,
    driver: driver === undefined ? undefined : `NV_GPU_DRIVER_${chip}_${driver}`
  }
}

function boardOf(opaque: OpaqueData): string {
  const fields = (['project', 'projectSku', 'chipSku'] as const).map((field) => opaqueText(opaque, field) ?? '')
  return ['NV_GPU_VBIOS', ...fields].join('_')
}
