import { join } from 'node:path'
import { MAX_COLLATERAL, parseTdxCollateral } from '../../attestation/tdx/collateral.ts'
import { codeOf, ServiceError } from '../runtime/errors.ts'
import { readFolderDocument } from './folder-document.ts'
import { type CollateralSource, familyName } from './platform-family.ts'

/** Collateral documents in files `<fmspc>-<ca>.json`, for a machine that cannot reach Intel. */
export function folderSource(folder: string): CollateralSource {
  return async (family) => {
    const name = `${familyName(family)}.json`
    const document = await readFolderDocument(join(folder, name), MAX_COLLATERAL)
    if (document === undefined) throw new ServiceError('NOT_FOUND', `the collateral folder has no ${name}`)
    return parseTdxCollateral(document)
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
