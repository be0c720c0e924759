import type { DeviceEvidence } from '../../attestation/bundle.ts'
import type { DeviceAnchors } from '../../attestation/nvidia/anchors.ts'
import { authenticateRim, checkRimInDate } from '../../attestation/nvidia/rim-verify.ts'
import type { ServiceContext } from '../runtime/context.ts'
import { codeOf } from '../runtime/errors.ts'
import type { CollateralConfig } from './config.ts'
import { type DeviceParts, deviceWants, partsBehind } from './device-endorsements.ts'
import { deviceFolder } from './device-folder.ts'
import { nvidiaServices } from './nvidia-services.ts'

/** Whether a manifest of a device is to be had, and what to do where it is not. */
export interface ManifestInspection {
  readonly name: string
  readonly ok: boolean
  readonly found: string
  readonly remedy: string
}

/** Asks for the manifests of devices where a verifier with this configuration would, and reads each. */
export async function inspectManifests(
  devices: readonly DeviceEvidence[],
  { nvidia, folder }: CollateralConfig,
  { deviceRoots, rimRoots }: DeviceAnchors,
  context: ServiceContext
): Promise<readonly ManifestInspection[]> {
  await using services = nvidia === undefined ? undefined : nvidiaServices(nvidia, rimRoots, context)
  const stored = folder === undefined ? undefined : deviceFolder(folder)
  const parts = services && stored ? partsBehind(services, stored) : (services ?? stored)
  const where = [...(nvidia === undefined ? [] : [new URL(nvidia.url).host]), ...(folder === undefined ? [] : [folder])]
  if (parts === undefined) return []
  const { rims } = deviceWants(devices, deviceRoots)
  const asked = { where: where.join(' and '), parts, rimRoots, now: context.now() }
  // Not before all have come are the services let go.
  return await Promise.all(rims.map((id) => inspectManifest(id, asked)))
}

interface Asked {
  readonly where: string
  readonly parts: DeviceParts
  readonly rimRoots: readonly Uint8Array[]
  readonly now: Date
}

async function inspectManifest(id: string, { where, parts, rimRoots, now }: Asked): Promise<ManifestInspection> {
  const name = `manifest ${id}`
  try {
    const xml = await parts.rim(id)
    if (xml === undefined) return { name, ok: false, found: `${where} has none`, remedy: UNKNOWN }
    const rim = authenticateRim(xml, rimRoots)
    checkRimInDate(rim, now)
    return { name, ok: true, found: `${where}: ${rim.measurements.size} measurements of ${rim.version}`, remedy: '' }
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined || !(error instanceof Error)) throw error
    return { name, ok: false, found: `${code}: ${error.message}`, remedy: UNAVAILABLE }
  }
}

const UNKNOWN =
  'NVIDIA publishes manifests of released drivers and VBIOS: run a driver of its list of releases, and the VBIOS of the vendor'
const UNAVAILABLE =
  'let this machine reach the RIM service, name another with BOMBYX_NVIDIA_RIM_URL, or put the manifest into the rims folder of BOMBYX_COLLATERAL_DIR'
