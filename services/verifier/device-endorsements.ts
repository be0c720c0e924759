import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { DeviceEvidence } from '../../attestation/bundle.ts'
import { AttestationError } from '../../attestation/errors.ts'
import { authenticateDevice } from '../../attestation/nvidia/chain.ts'
import { MAX_OCSP_BYTES } from '../../attestation/nvidia/ocsp.ts'
import { type OpaqueData, opaqueText } from '../../attestation/nvidia/opaque.ts'
import { parseDeviceReport } from '../../attestation/nvidia/report.ts'
import { MAX_RIM_BYTES, parseSignedRim } from '../../attestation/nvidia/rim.ts'
import { driverVersion, vbiosVersion } from '../../attestation/nvidia/versions.ts'
import { parseCertificate } from '../../attestation/x509.ts'
import { ServiceError } from '../runtime/errors.ts'

/** What NVIDIA is asked about a host's devices. */
export interface DeviceWants {
  /** Manifests, by the names of NVIDIA's service. */
  readonly rims: readonly string[]
  /** Certificates whose revocation is asked for, by serial number in hex. */
  readonly certificates: readonly string[]
}

/** What NVIDIA says: manifests (XML) and OCSP answers (DER), as served. */
export interface DeviceEndorsements {
  readonly rims: readonly Uint8Array[]
  readonly ocsp: readonly Uint8Array[]
}

/** What is not to be had is left out: appraisal says what that means. Throws `COLLATERAL_UNAVAILABLE`. */
export type DeviceEndorsementSource = (wants: DeviceWants) => Promise<DeviceEndorsements>

export const NO_ENDORSEMENTS: DeviceEndorsements = { rims: [], ocsp: [] }

/** A switch's report does not say which board it is: there is one. */
const SWITCH_BOARD = 'NV_SWITCH_BIOS_5612_0002_890'
const RIM_NAME = /^[A-Za-z0-9._]{1,128}$/

/** What to ask about devices that `deviceRoots` vouch for; nobody is asked about others. */
export function deviceWants(devices: readonly DeviceEvidence[], deviceRoots: readonly Uint8Array[]): DeviceWants {
  const wants = devices.map((device) => wantsOf(device, deviceRoots))
  const unique = (all: readonly string[]): readonly string[] => [...new Set(all)].sort()
  return {
    rims: unique(wants.flatMap(({ rims }) => rims)),
    certificates: unique(wants.flatMap(({ certificates }) => certificates))
  }
}

/** Manifests in `rims/<name>.xml`, OCSP answers in `ocsp/<serial number>.der`, for a machine that cannot reach NVIDIA. */
export function deviceFolderSource(folder: string): DeviceEndorsementSource {
  return async (wants) => {
    const rims = await readAll(join(folder, 'rims'), wants.rims, '.xml', MAX_RIM_BYTES)
    const certificates = new Set([...wants.certificates, ...rims.flatMap(signerCertificates)])
    return { rims, ocsp: await readAll(join(folder, 'ocsp'), [...certificates], '.der', MAX_OCSP_BYTES) }
  }
}

function wantsOf({ arch, certificate, evidence }: DeviceEvidence, deviceRoots: readonly Uint8Array[]): DeviceWants {
  try {
    const { chain, chip } = authenticateDevice(certificate, arch, deviceRoots)
    const { opaque } = parseDeviceReport(evidence).response
    const driver = driverVersion(arch, opaque)
    const vbios = vbiosVersion(arch, opaque).replaceAll('.', '')
    const board = arch === 'LS10' ? SWITCH_BOARD : boardOf(opaque)
    const rims = [`${board}_${vbios}`, ...(driver === undefined ? [] : [`NV_GPU_DRIVER_${chip}_${driver}`])]
    return {
      rims: rims.filter((name) => RIM_NAME.test(name)),
      certificates: chain.slice(1, -1).map(({ serialNumber }) => serialNumber)
    }
  } catch (error) {
    if (error instanceof AttestationError) return { rims: [], certificates: [] }
    throw error
  }
}

function boardOf(opaque: OpaqueData): string {
  const fields = (['project', 'projectSku', 'chipSku'] as const).map((field) => opaqueText(opaque, field) ?? '')
  return ['NV_GPU_VBIOS', ...fields].join('_')
}

/** Those below a manifest's root, whoever signed it: appraisal verifies, this only asks. */
function signerCertificates(rim: Uint8Array): readonly string[] {
  try {
    const { certificates } = parseSignedRim(rim)
    return certificates.slice(0, -1).map((der) => parseCertificate(der).serialNumber)
  } catch (error) {
    if (error instanceof AttestationError) return []
    throw error
  }
}

async function readAll(
  folder: string,
  names: readonly string[],
  extension: string,
  most: number
): Promise<readonly Uint8Array[]> {
  const files = await Promise.all(names.map((name) => readIfThere(join(folder, name + extension), most)))
  return files.filter((file) => file !== undefined)
}

async function readIfThere(path: string, most: number): Promise<Uint8Array | undefined> {
  try {
    const { size } = await stat(path)
    if (size > most) throw new ServiceError('COLLATERAL_UNAVAILABLE', `${path} is of ${size} bytes`)
    return new Uint8Array(await readFile(path))
  } catch (cause) {
    if (cause instanceof ServiceError) throw cause
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw new ServiceError('COLLATERAL_UNAVAILABLE', `${path} cannot be read`, { cause })
  }
}
