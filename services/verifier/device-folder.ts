import { join } from 'node:path'
import { MAX_CRL_BYTES } from '../../attestation/nvidia/crls.ts'
import { MAX_OCSP_BYTES } from '../../attestation/nvidia/ocsp.ts'
import { MAX_RIM_BYTES } from '../../attestation/nvidia/rim.ts'
import type { DeviceParts } from './device-endorsements.ts'
import { readFolderDocument } from './folder-document.ts'

/**
 * Manifests in `rims/<name>.xml`, OCSP answers in `ocsp/<serial number>.der`, CRLs under `crls` by the last part of their
 * path, for a machine that cannot reach NVIDIA.
 */
export function deviceFolder(folder: string): DeviceParts {
  return {
    rim: (id) => readFolderDocument(join(folder, 'rims', `${id}.xml`), MAX_RIM_BYTES),
    ocsp: ({ serialNumber }) => readFolderDocument(join(folder, 'ocsp', `${serialNumber}.der`), MAX_OCSP_BYTES),
    crl: ({ path }) => readFolderDocument(join(folder, 'crls', path.slice(path.lastIndexOf('/') + 1)), MAX_CRL_BYTES)
  }
}
