import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeUtf8 } from '../../../attestation/encoding.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import { callUnary, connect } from '../../runtime/grpc-client.ts'
import { readIfThere } from '../../runtime/stored-files.ts'

/** The enrolment token of this machine's own provider, made with the registry on first use and kept in the data folder. */
export async function openProviderToken(dataFolder: string, registry: string): Promise<string> {
  const file = join(dataFolder, 'enrolment-token')
  const kept = await readIfThere(file)
  if (kept !== undefined) return decodeUtf8(kept).trim()
  // A name of its own each time: a crash before the token is stored must not leave a name that is taken.
  const name = `this-machine-${randomBytes(3).toString('hex')}`
  const admin = await connect(bombyxV1.RegistryAdmin, registry)
  try {
    const { enrolmentToken } = await callUnary(admin, 'CreateProvider', { name })
    await writeFile(file, `${enrolmentToken}\n`, { mode: 0o600 })
    return enrolmentToken
  } finally {
    admin.close()
  }
}
