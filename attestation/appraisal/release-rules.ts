import { equalBytes } from '../crypto.ts'
import { encodeHex } from '../encoding.ts'
import type { Policy } from '../policy.ts'
import type { CountedRelease, CountedReleases } from '../releases.ts'
import type { Finding } from '../result.ts'
import { contraindicated } from './findings.ts'

type ReferenceField = keyof Policy['referenceValues']

/** What a host measures of itself, as far as it is proven; a field that is absent is judged by other rules. */
export type MeasuredFields = ReadonlyMap<ReferenceField, Uint8Array>

/** Weights are built apart from the image that loads them: one image serves many models, and neither names the other. */
const WEIGHTS: ReferenceField = 'modelWeights'

/**
 * That what the policy wants `released` is. All of an image (registers and configuration) must be of *one* release that counts:
 * the kernel of one build with the initial file system of another is a build that nobody released.
 */
export function releaseFindings(
  measured: MeasuredFields,
  releases: CountedReleases | undefined,
  { referenceValues }: Policy
): readonly Finding[] {
  const wanted = [...measured].filter(([field]) => referenceValues[field] === 'released')
  if (releases === undefined) {
    return wanted.map(([field, actual]) =>
      contraindicated('RELEASE_UNVERIFIABLE', `${field} signed by a release key`, encodeHex(actual))
    )
  }
  const groups = [wanted.filter(([field]) => field !== WEIGHTS), wanted.filter(([field]) => field === WEIGHTS)]
  return groups.flatMap((group) => {
    if (group.length === 0 || releases.releases.some((release) => hasAll(release, group))) return []
    const actual = group.map(([field, value]) => `${field} ${encodeHex(value)}`).join(', ')
    return [contraindicated('RELEASE_UNKNOWN', `one of ${describe(releases)}`, actual)]
  })
}

function hasAll({ statement }: CountedRelease, group: readonly (readonly [ReferenceField, Uint8Array])[]): boolean {
  const values = new Map<string, Uint8Array>(
    [...statement.registers, ...statement.digests].map(({ name, value }) => [name, value])
  )
  return group.every(([field, actual]) => {
    const value = values.get(snakeCase(field))
    return value !== undefined && equalBytes(value, actual)
  })
}

function describe({ releases, uncounted }: CountedReleases): string {
  const labels = releases.map(({ label }) => label).join(', ')
  const others = uncounted.length === 0 ? '' : ` (${uncounted.length} do not count: ${uncounted[0]?.reason})`
  return `the releases that count: ${labels === '' ? 'none' : labels}${others}`
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
