import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MAX_COLLATERAL, parseTdxCollateral } from '../../attestation/tdx/collateral.ts'
import { codeOf, ServiceError } from '../runtime/errors.ts'
import { type CollateralSource, familyName } from './platform-family.ts'

/** Collateral documents in files `<fmspc>-<ca>.json`, for a machine that cannot reach Intel. */
export function folderSource(folder: string): CollateralSource {
  return async (family) => {
    const name = `${familyName(family)}.json`
    return parseTdxCollateral(await readDocument(join(folder, name), name))
  }
}

/** The sources in order: the next is asked where one has nothing or cannot be reached. An outage outweighs a lack. */
export function firstOf(sources: readonly CollateralSource[]): CollateralSource {
  return async (family, signal) => {
    const refusals: unknown[] = []
    for (const source of sources) {
      try {
        return await source(family, signal)
      } catch (error) {
        refusals.push(error)
      }
    }
    throw refusals.find((refusal) => codeOf(refusal) !== 'NOT_FOUND') ?? refusals[0]
  }
}

async function readDocument(path: string, name: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path)
    if (size > MAX_COLLATERAL) throw new ServiceError('COLLATERAL_UNAVAILABLE', `${name} is of ${size} bytes`)
    return new Uint8Array(await readFile(path))
  } catch (cause) {
    if (cause instanceof ServiceError) throw cause
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
      throw new ServiceError('NOT_FOUND', `the collateral folder has no ${name}`, { cause })
    }
    throw new ServiceError('COLLATERAL_UNAVAILABLE', `${name} cannot be read`, { cause })
  }
}
