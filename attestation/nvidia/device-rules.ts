import type { DeviceRules } from './assess.ts'
import type { VerifiedDevice } from './device.ts'
import { type DeviceFault, fault } from './faults.ts'
import { deviceLabel, gpuFeature } from './mode.ts'
import { isOlder } from './versions.ts'

/** From this driver on a GPU's report names its firmware. */
const FIRST_DRIVER_WITH_FWID = '550'

/** What a policy says of a verified device alone: architecture, versions, firmware, mode. */
export function deviceFaults(device: VerifiedDevice, rules: DeviceRules): readonly DeviceFault[] {
  return [...versionFaults(device, rules), ...fwidFaults(device, rules.fwid), ...modeFaults(device)]
}

function versionFaults(device: VerifiedDevice, { architectures }: DeviceRules): readonly DeviceFault[] {
  const { arch, driverVersion, vbiosVersion } = device
  const name = deviceLabel(device.device)
  const allowed = architectures.find((architecture) => architecture.arch === arch)
  if (allowed === undefined) {
    const names = architectures.map((architecture) => architecture.arch).join(', ')
    return [fault('DEVICE_ARCHITECTURE_NOT_ALLOWED', names || 'no device', `${name}, ${arch}`)]
  }
  const { minimumDriver, minimumVbios } = allowed
  const older = (what: string, version: string, minimum: string) =>
    `${name}: ${what} ${version} is older than the policy's ${minimum}`
  const faults: DeviceFault[] = []
  if (driverVersion !== undefined && isOlder(driverVersion, minimumDriver, 'driver')) {
    faults.push(
      fault('DRIVER_TOO_OLD', `driver ${minimumDriver} or newer`, older('driver', driverVersion, minimumDriver))
    )
  }
  if (isOlder(vbiosVersion, minimumVbios, 'vbios')) {
    faults.push(fault('VBIOS_TOO_OLD', `VBIOS ${minimumVbios} or newer`, older('VBIOS', vbiosVersion, minimumVbios)))
  }
  return faults
}

/** A switch's report has no such field; a GPU's has it from driver 550 on, so one without it has had it taken out. */
function fwidFaults(device: VerifiedDevice, rule: DeviceRules['fwid']): readonly DeviceFault[] {
  const { fwid, driverVersion } = device
  if (fwid === 'match' || driverVersion === undefined) return []
  const isExcused = rule === 'required-from-driver-550' && isOlder(driverVersion, FIRST_DRIVER_WITH_FWID, 'driver')
  if (isExcused) return []
  return [fault('FWID_ABSENT', 'a report that names its firmware', deviceLabel(device.device))]
}

function modeFaults(device: VerifiedDevice): readonly DeviceFault[] {
  if (device.arch === 'LS10' || gpuFeature(device) !== undefined) return []
  return [fault('CC_MODE_OFF', 'a confidential mode (SPT, MPT or PPCIE)', `${deviceLabel(device.device)} names none`)]
}
