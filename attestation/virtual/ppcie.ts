import {
  createVirtualDevice,
  generateVirtualDeviceKeys,
  pdiOf,
  type VirtualDevice,
  type VirtualDeviceKeys
} from './device.ts'
import type { VirtualDeviceRoot } from './device-root.ts'

export const PPCIE_GPUS = 8
export const PPCIE_SWITCHES = 4

/**
 * The devices of one machine with protected PCIe: 8 Hopper GPUs, then 4 switches, each of which names all of the other
 * kind. Keys, one pair a device in that order, are made where none are given.
 */
export function createVirtualPpcie(
  root: VirtualDeviceRoot,
  now: Date,
  keys: readonly VirtualDeviceKeys[] = Array.from({ length: PPCIE_GPUS + PPCIE_SWITCHES }, generateVirtualDeviceKeys)
): readonly VirtualDevice[] {
  if (keys.length !== PPCIE_GPUS + PPCIE_SWITCHES) throw new TypeError('a machine has 8 GPUs and 4 switches')
  const gpus = keys.slice(0, PPCIE_GPUS).map(pdiOf)
  const switches = keys.slice(PPCIE_GPUS).map(pdiOf)
  return keys.map((pair, index) => {
    const isGpu = index < PPCIE_GPUS
    const options = {
      arch: isGpu ? 'HOPPER' : 'LS10',
      feature: 'protected-pcie',
      peers: isGpu ? switches : gpus,
      position: isGpu ? 0 : index - PPCIE_GPUS
    } as const
    return createVirtualDevice(root, options, now, pair)
  })
}
