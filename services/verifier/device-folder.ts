import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MAX_CRL_BYTES } from '../../attestation/nvidia/crls.ts'
import { MAX_OCSP_BYTES } from '../../attestation/nvidia/ocsp.ts'
import { MAX_RIM_BYTES } from '../../attestation/nvidia/rim.ts'
import { ServiceError } from '../runtime/errors.ts'
import type { DeviceParts } from './device-endorsements.ts'

/**
 * Manifests in `rims/<name>.xml`, OCSP answers in `ocsp/<serial number>.der`, CRLs under `crls` by the last part of their
 * path, for a machine that cannot reach NVIDIA.
 */
export function deviceFolder(folder: string): DeviceParts {
  return {
    rim: (id) => readIfThere(join(folder, 'rims', `${id}.xml`), MAX_RIM_BYTES),
    ocsp: ({ serialNumber }) => readIfThere(join(folder, 'ocsp', `${serialNumber}.der`), MAX_OCSP_BYTES),
    crl: ({ path }) => readIfThere(join(folder, 'crls', path.slice(path.lastIndexOf('/') + 1)), MAX_CRL_BYTES)
  }
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
