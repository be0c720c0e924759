import type { DeviceArchitecture } from '../bundle.ts'
import { sha384 } from '../crypto.ts'
import { encodeUtf8 } from '../encoding.ts'
import type { DeviceAuthority } from './device-root.ts'

/** What a reference integrity manifest is of: a GPU has one for each, a switch one for its BIOS. */
export type RimKind = 'driver' | 'vbios'

/** One kind of device: its names in certificates and manifests, and how its report is measured. */
export interface Chip {
  /** As manifests and their identifiers call it. */
  readonly product: string
  /** How the names of the device's own certificates begin: a verifier takes the chip from the first word. */
  readonly engine: string
  /** As in the leaf's subject alternative name. */
  readonly label: string
  readonly provisioner: DeviceAuthority
  readonly identity: DeviceAuthority
  readonly rimCa: DeviceAuthority
  readonly rimSigning: DeviceAuthority
  readonly edition: 'GPU' | 'SWITCH'
  /** First byte of the boot ROM certificate's number, before the device's PDI. */
  readonly bromPrefix: number
  readonly blocks: number
  /** MSRCNT: how many measurements each block has taken. */
  readonly counts: number
  /** Project, project SKU and chip SKU. */
  readonly board: readonly [project: string, projectSku: string, chipSku: string]
  readonly driverVersion: string
  readonly vbiosVersion: string
  /** Which manifest speaks for an index, and how many values it allows there; indices count from 0. */
  readonly measured: ReadonlyMap<number, { readonly kind: RimKind; readonly alternatives: number }>
}

/** Measured anew by each of the device's engines: NVDEC0's, which is left out while that is disabled. */
export const NVDEC0_INDEX = 35

// The later entry of an index holds.
const GPU_MEASURED: Chip['measured'] = new Map([
  ...indices('vbios', 0, 6),
  ...indices('vbios', 8, 12),
  ...indices('driver', 7, 7),
  ...indices('driver', 21, 40),
  ...indices('vbios', 12, 12, 4),
  ...indices('driver', 23, 23, 2),
  ...indices('driver', 36, 36, 3)
])

const SWITCH_MEASURED: Chip['measured'] = new Map([...indices('vbios', 0, 30), ...indices('vbios', 9, 25, 4)])

/** The devices that can be made, with versions that a policy of today accepts. */
export const CHIPS: Readonly<Record<DeviceArchitecture, Chip>> = {
  HOPPER: {
    product: 'GH100',
    engine: 'GH100 A01 GSP',
    label: 'GH100',
    provisioner: 'gh100Provisioner',
    identity: 'gh100Identity',
    rimCa: 'gh100Rim',
    rimSigning: 'gh100RimSigning',
    edition: 'GPU',
    bromPrefix: 0x41,
    blocks: 64,
    counts: 64,
    board: ['B0B1', '0001', '885'],
    driverVersion: '590.12',
    vbiosVersion: '96.00.A5.00.01',
    measured: GPU_MEASURED
  },
  BLACKWELL: {
    product: 'GB100',
    engine: 'GB100 A01 GSP',
    label: 'GB100',
    provisioner: 'gb100Provisioner',
    identity: 'gb100Identity',
    rimCa: 'gb100Rim',
    rimSigning: 'gb100RimSigning',
    edition: 'GPU',
    bromPrefix: 0x41,
    blocks: 64,
    counts: 64,
    board: ['B0B2', '0002', '886'],
    driverVersion: '590.12',
    vbiosVersion: '97.00.B9.00.10',
    measured: GPU_MEASURED
  },
  LS10: {
    product: 'LS10',
    engine: 'LS_10 A01 FSP',
    label: 'LS_10',
    provisioner: 'ls10Provisioner',
    identity: 'gh100Identity',
    rimCa: 'ls10Rim',
    rimSigning: 'ls10RimSigning',
    edition: 'SWITCH',
    bromPrefix: 0x50,
    blocks: 31,
    counts: 27,
    // A switch's report names no board: its manifest's identifier is the same for all.
    board: ['5612', '0002', '890'],
    driverVersion: '',
    vbiosVersion: '96.10.73.00.01',
    measured: SWITCH_MEASURED
  }
}

/** What this version of driver or VBIOS measures at an index: 48 bytes for each value that is allowed. */
export function referenceValue(chip: Chip, version: string, index: number, alternative: number): Uint8Array {
  return sha384(encodeUtf8(`Bombyx Virtual ${chip.product} ${version} measurement ${index} value ${alternative}`))
}

/** The name that a manifest is asked for by. */
export function rimIdentifier(chip: Chip, kind: RimKind, version: string): string {
  if (kind === 'driver') return `NV_GPU_DRIVER_${chip.product}_${version}`
  const family = chip.edition === 'GPU' ? 'NV_GPU_VBIOS' : 'NV_SWITCH_BIOS'
  return [family, ...chip.board, version.replaceAll('.', '')].join('_')
}

function indices(kind: RimKind, first: number, last: number, alternatives = 1) {
  return Array.from({ length: last - first + 1 }, (_, at) => [first + at, { kind, alternatives }] as const)
}
