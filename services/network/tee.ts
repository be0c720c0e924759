import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeHex } from '../../attestation/encoding.ts'
import { encodePolicy, type Policy, virtualPolicy } from '../../attestation/policy.ts'
import { createVirtualCollateral } from '../../attestation/virtual/collateral.ts'
import {
  encodeVirtualPlatform,
  encodeVirtualRoot,
  parseVirtualPlatform,
  parseVirtualRoot
} from '../../attestation/virtual/files.ts'
import {
  createVirtualPlatform,
  type VirtualPlatform,
  type VirtualPlatformOptions
} from '../../attestation/virtual/platform.ts'
import { createVirtualRoot, generateVirtualRootKeys, type VirtualRoot } from '../../attestation/virtual/root.ts'

/** What stands in for Intel on this machine: the software TEE's files, and the only policy that accepts its evidence. */
export interface VirtualTee {
  readonly policy: Policy
  /** The same policy as a document, for the other processes and for `bombyx verify --policy`. */
  readonly policyFile: string
  /** Collateral documents, as the verifier reads them when it is offline. */
  readonly collateralFolder: string
  /** One for each host, in order: the machine that it runs on. */
  readonly platformFiles: readonly string[]
}

/** One machine of each generation of the formats: quote v4 with TD 1.0, quote v5 with TD 1.5. */
const PLATFORMS: readonly Partial<VirtualPlatformOptions>[] = [
  { td: { version: 4, tdVersion: '1.0' } },
  { td: { version: 5, tdVersion: '1.5' }, fmspc: Uint8Array.of(0xb0, 0x4b, 0x79, 0, 0, 1) }
]

/** Opens the virtual TEE of a data folder, making its root on first use; collateral is issued anew at every start. */
export async function openVirtualTee(dataFolder: string, now: Date): Promise<VirtualTee> {
  const folder = join(dataFolder, 'virtual-tee')
  const collateralFolder = join(dataFolder, 'collateral')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await mkdir(collateralFolder, { recursive: true })
  const root = await openRoot(join(folder, 'root.json'), now)
  const platformFiles = await Promise.all(
    PLATFORMS.map(async (options, index) => {
      const file = join(folder, `platform-${index + 1}.json`)
      const platform = await openPlatform(file, root, options, now)
      await writeCollateral(collateralFolder, root, platform, now)
      return file
    })
  )
  const policy = virtualPolicy(root.root.certificate)
  const policyFile = join(dataFolder, 'policy.json')
  await writeWhole(policyFile, encodePolicy(policy), 0o644)
  return { policy, policyFile, collateralFolder, platformFiles }
}

async function openRoot(file: string, now: Date): Promise<VirtualRoot> {
  const stored = await readIfThere(file)
  if (stored !== undefined) return parseVirtualRoot(stored)
  const root = await createVirtualRoot(generateVirtualRootKeys(), now)
  await writeWhole(file, encodeVirtualRoot(root), 0o600)
  return root
}

async function openPlatform(
  file: string,
  root: VirtualRoot,
  options: Partial<VirtualPlatformOptions>,
  now: Date
): Promise<VirtualPlatform> {
  const stored = await readIfThere(file)
  if (stored !== undefined) return parseVirtualPlatform(stored)
  const platform = await createVirtualPlatform(root, options, now)
  await writeWhole(file, encodeVirtualPlatform(platform), 0o600)
  return platform
}

async function writeCollateral(folder: string, root: VirtualRoot, platform: VirtualPlatform, now: Date): Promise<void> {
  const { fmspc, ca } = platform
  const collateral = await createVirtualCollateral(root, { fmspc, ca }, now)
  await writeWhole(join(folder, `${encodeHex(fmspc)}-${ca}.json`), collateral, 0o644)
}

async function readIfThere(file: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(file)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

// Renamed into place, so that a crash leaves either the old file or the new one.
async function writeWhole(file: string, bytes: Uint8Array, mode: number): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  await writeFile(draft, bytes, { mode })
  await rename(draft, file)
}
