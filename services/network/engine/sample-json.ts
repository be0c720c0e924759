import { isObject, type JsonObject } from './fields.ts'

const DEEPEST = 8

/**
 * The smallest plain value that fits a JSON schema, the same each time: what the stand-in says where a real engine's
 * guided decoding would fill in the model's words. `words` become the strings.
 */
export function sampleJson(schema: unknown, words: string): unknown {
  return sampleAt(schema, { root: schema, words, depth: 0 })
}

interface Place {
  readonly root: unknown
  readonly words: string
  readonly depth: number
}

type Sampler = (schema: JsonObject, place: Place) => unknown

const SAMPLERS: { readonly [type: string]: Sampler } = {
  object: sampleObject,
  array: sampleArray,
  string: sampleString,
  number: sampleNumber,
  integer: sampleNumber,
  boolean: () => true,
  null: () => null
}

function sampleAt(schema: unknown, place: Place): unknown {
  if (!isObject(schema) || place.depth > DEEPEST) return null
  if ('const' in schema) return schema['const']
  if (Array.isArray(schema['enum'])) return schema['enum'][0]
  if ('default' in schema) return schema['default']
  const deeper = { ...place, depth: place.depth + 1 }
  if (typeof schema['$ref'] === 'string') return sampleAt(resolve(schema['$ref'], place.root), deeper)
  const branches = schema['anyOf'] ?? schema['oneOf'] ?? schema['allOf']
  if (Array.isArray(branches)) return sampleAt(branches[0], deeper)
  const type = Array.isArray(schema['type']) ? schema['type'][0] : (schema['type'] ?? impliedType(schema))
  return SAMPLERS[String(type)]?.(schema, deeper) ?? null
}

function impliedType(schema: JsonObject): string {
  if ('properties' in schema) return 'object'
  return 'items' in schema ? 'array' : 'string'
}

/** A local reference: `#/$defs/Step`. Any other resolves to nothing. */
function resolve(reference: string, root: unknown): unknown {
  if (!reference.startsWith('#')) return undefined
  const steps = reference.slice(1).split('/').filter(Boolean)
  return steps.reduce<unknown>((at, step) => (isObject(at) ? at[step] : undefined), root)
}

function sampleObject(schema: JsonObject, place: Place): unknown {
  const properties = isObject(schema['properties']) ? schema['properties'] : {}
  return Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, sampleAt(inner, place)]))
}

function sampleArray(schema: JsonObject, place: Place): unknown {
  const least = typeof schema['minItems'] === 'number' ? schema['minItems'] : 1
  return Array.from({ length: Math.min(least, 64) }, () => sampleAt(schema['items'], place))
}

function sampleString(schema: JsonObject, place: Place): unknown {
  const most = typeof schema['maxLength'] === 'number' ? schema['maxLength'] : 64
  const least = typeof schema['minLength'] === 'number' ? Math.min(schema['minLength'], 4096) : 0
  return place.words.slice(0, most).padEnd(least, '.')
}

function sampleNumber(schema: JsonObject): unknown {
  if (typeof schema['minimum'] === 'number') return schema['minimum']
  if (typeof schema['exclusiveMinimum'] === 'number') return schema['exclusiveMinimum'] + 1
  return typeof schema['maximum'] === 'number' ? Math.min(1, schema['maximum']) : 1
}
