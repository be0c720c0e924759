import { join } from 'node:path'
import { encodeUtf8 } from '../../attestation/encoding.ts'
import { ServiceError } from '../runtime/errors.ts'
import { openFile } from '../runtime/stored-files.ts'
import { createSubject } from './identity.ts'

/**
 * The subject that the state folder names, made on first use: a host that is started again is the same host, so that what it had to
 * itself before, its payee, is its own. HOST_STATE_INVALID for a file that names none.
 */
export async function openSubject(stateFolder: string): Promise<string> {
  const path = join(stateFolder, 'subject')
  const subject = Buffer.from(await openFile(path, () => encodeUtf8(createSubject()))).toString()
  if (!/^bombyx:host:[0-9a-f]{32}$/.test(subject)) throw new ServiceError('HOST_STATE_INVALID', `${path} names no host`)
  return subject
}
