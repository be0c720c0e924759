import { decodePem } from '../../attestation/pem.ts'
import { parseVirtualDevices } from '../../attestation/virtual/device-files.ts'
import { reportVirtualDevice } from '../../attestation/virtual/device-report.ts'
import type { DeviceCollector } from './devices.ts'
import { readVirtualFile } from './virtual-collector.ts'

/**
 * Devices of the software TEE: reports of the true formats, under a root that only a policy which names it accepts.
 * `path` is the devices' file that whoever holds the root made.
 */
export async function openVirtualDevices(path: string): Promise<DeviceCollector> {
  const { devices, mode } = parseVirtualDevices(await readVirtualFile(path, 'BOMBYX_DEVICES'))
  return {
    // The file is its owner's word; whether anybody else believes its root, their policies say.
    deviceRoots: devices.flatMap(({ chain }) => decodePem(chain).slice(-1)),
    mode: async () => mode,
    collect: async (nonce) => devices.map((device) => reportVirtualDevice(device, nonce)),
    setReady: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined
  }
}
