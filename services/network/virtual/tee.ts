import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeHex } from '../../../attestation/encoding.ts'
import { encodePolicy, type Policy, virtualPolicy } from '../../../attestation/policy.ts'
import type { NoteKey } from '../../../attestation/tlog/note-key.ts'
import { createVirtualCollateral } from '../../../attestation/virtual/collateral.ts'
import {
  encodeVirtualPlatform,
  encodeVirtualRoot,
  parseVirtualPlatform,
  parseVirtualRoot
} from '../../../attestation/virtual/files.ts'
import {
  createVirtualPlatform,
  type VirtualPlatform,
  type VirtualPlatformOptions
} from '../../../attestation/virtual/platform.ts'
import { createVirtualRoot, generateVirtualRootKeys, type VirtualRoot } from '../../../attestation/virtual/root.ts'
import { openFile, writeWhole } from '../../runtime/stored-files.ts'
import { type MachineDevices, openVirtualDevices } from './devices.ts'

/** What stands in for Intel and NVIDIA on this machine, and the only policy that accepts its evidence. */
export interface VirtualTee {
  readonly policy: Policy
  /** The same policy as a document, for the other processes and for `bombyx verify --policy`. */
  readonly policyFile: string
  /** Collateral documents, manifests and OCSP answers, as the verifier reads them when it is offline. */
  readonly collateralFolder: string
  /** One for each host, in order: the machine that it runs on. */
  readonly platformFiles: readonly string[]
  /** The devices of each of these machines; none of bare ones. */
  readonly deviceFiles: readonly string[]
}

interface MachineKind {
  readonly platform: Partial<VirtualPlatformOptions>
  readonly devices: MachineDevices
}

/** One machine of each generation of the formats: quote v4 with TD 1.0 and Hopper, quote v5 with TD 1.5 and Blackwell. */
const MACHINES: readonly MachineKind[] = [
  { platform: { td: { version: 4, tdVersion: '1.0' } }, devices: 'HOPPER' },
  { platform: { td: { version: 5, tdVersion: '1.5' }, fmspc: family(1) }, devices: 'BLACKWELL' }
]

/** The third, where it is wanted. */
const LARGE_MACHINE: MachineKind = {
  platform: { td: { version: 5, tdVersion: '1.5' }, fmspc: family(2) },
  devices: 'protected-pcie'
}

/** Two machines without devices, or with one GPU each, or these and a third of 8 GPUs and 4 switches. */
export type Machines = 'bare' | 'single' | 'large'

export interface TeeWish {
  readonly machines: Machines
  /** Of the log in which the policy wants to see attestations; absent: it wants none. */
  readonly logKey?: NoteKey
}

/**
 * Opens the virtual TEE of a data folder, making its roots and machines on first use; what Intel and NVIDIA would say of
 * them is issued anew at every start. The policy demands devices unless the machines are bare.
 */
export async function openVirtualTee(
  dataFolder: string,
  now: Date,
  { machines, logKey }: TeeWish = { machines: 'bare' }
): Promise<VirtualTee> {
  const folder = join(dataFolder, 'virtual-tee')
  const collateralFolder = join(dataFolder, 'collateral')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await mkdir(collateralFolder, { recursive: true })
  const root = await openRoot(join(folder, 'root.json'), now)
  const kinds = machines === 'large' ? [...MACHINES, LARGE_MACHINE] : MACHINES
  const platformFiles = await Promise.all(
    kinds.map(async ({ platform: options }, index) => {
      const file = join(folder, `platform-${index + 1}.json`)
      const platform = await openPlatform(file, root, options, now)
      await writeCollateral(collateralFolder, root, platform, now)
      return file
    })
  )
  const wanted = machines === 'bare' ? [] : kinds.map(({ devices }, index) => ({ name: String(index + 1), devices }))
  const devices = await openVirtualDevices(folder, collateralFolder, wanted, now)
  const policy = virtualPolicy(root.root.certificate, devices.anchors, logKey)
  const policyFile = join(dataFolder, 'policy.json')
  await writeWhole(policyFile, encodePolicy(policy), 0o644)
  return { policy, policyFile, collateralFolder, platformFiles, deviceFiles: devices.files }
}

/** One more machine under the roots of a data folder, with one GPU; made on first use. */
export async function openVirtualMachine(
  dataFolder: string,
  name: string,
  gpu: 'HOPPER' | 'BLACKWELL',
  now: Date
): Promise<{ readonly platformFile: string; readonly devicesFile: string }> {
  const folder = join(dataFolder, 'virtual-tee')
  const collateralFolder = join(dataFolder, 'collateral')
  const root = await openRoot(join(folder, 'root.json'), now)
  const options = MACHINES.find(({ devices }) => devices === gpu)?.platform ?? {}
  const platformFile = join(folder, `platform-${name}.json`)
  await writeCollateral(collateralFolder, root, await openPlatform(platformFile, root, options, now), now)
  const devices = await openVirtualDevices(folder, collateralFolder, [{ name, devices: gpu }], now)
  return { platformFile, devicesFile: devices.files[0] ?? '' }
}

function family(last: number): Uint8Array {
  return Uint8Array.of(0xb0, 0x4b, 0x79, 0, 0, last)
}

async function openRoot(file: string, now: Date): Promise<VirtualRoot> {
  const make = async (): Promise<Uint8Array> =>
    encodeVirtualRoot(await createVirtualRoot(generateVirtualRootKeys(), now))
  return parseVirtualRoot(await openFile(file, make))
}

async function openPlatform(
  file: string,
  root: VirtualRoot,
  options: Partial<VirtualPlatformOptions>,
  now: Date
): Promise<VirtualPlatform> {
  const make = async (): Promise<Uint8Array> => encodeVirtualPlatform(await createVirtualPlatform(root, options, now))
  return parseVirtualPlatform(await openFile(file, make))
}

async function writeCollateral(folder: string, root: VirtualRoot, platform: VirtualPlatform, now: Date): Promise<void> {
  const { fmspc, ca } = platform
  const collateral = await createVirtualCollateral(root, { fmspc, ca }, now)
  await writeWhole(join(folder, `${encodeHex(fmspc)}-${ca}.json`), collateral, 0o644)
}
