import type { InferenceRoute } from './routes.ts'

/** What the engine says of itself, as far as it decides whether tenants are kept apart. */
export interface EngineFacts {
  /** Prompts of one request may be warm for another. */
  readonly prefixCaching: boolean
  /** Paths whose requests declare `cache_salt`. */
  readonly salted: ReadonlySet<string>
}

/** Of an engine that says nothing: the worst. */
export const UNKNOWN_ENGINE: EngineFacts = { prefixCaching: true, salted: new Set() }

const CACHE_OFF = /^vllm:cache_config_info\{[^\n]*enable_prefix_caching="False"/m
const CACHE_ON = /^vllm:cache_config_info\{(?![^\n]*enable_prefix_caching="False")/m
const SCHEMA_REFERENCE = '#/components/schemas/'
const MOST_DEPTH = 4

/** Reads vLLM's `/metrics` and `/openapi.json`; what is absent or not understood counts as unknown. */
export function readEngineFacts(metrics: string | undefined, openapi: string | undefined): EngineFacts {
  const text = metrics ?? ''
  // One line an engine: with several, each has to be without the cache.
  const prefixCaching = !CACHE_OFF.test(text) || CACHE_ON.test(text)
  return { prefixCaching, salted: openapi === undefined ? UNKNOWN_ENGINE.salted : saltedPaths(openapi) }
}

/** Whether no tenant can time another's prompts by requests of this route. */
export function keepsTenantsApart(path: string, { cache }: InferenceRoute, facts: EngineFacts): boolean {
  return cache === 'no model' || !facts.prefixCaching || isSalted(path, cache, facts)
}

/** Whether the body of this route is to get `cache_salt`. */
export function isSalted(path: string, cache: InferenceRoute['cache'], { salted }: EngineFacts): boolean {
  return cache === 'salted' || (cache === 'declared' && salted.has(path))
}

type Json = { readonly [member: string]: unknown }

function saltedPaths(openapi: string): ReadonlySet<string> {
  const description = parse(openapi)
  const schemas = member(member(description, 'components'), 'schemas')
  const paths = Object.entries(member(description, 'paths')).filter(([, operations]) => {
    const content = member(member(member(operations, 'post'), 'requestBody'), 'content')
    return declaresSalt(member(member(content, 'application/json'), 'schema'), schemas, MOST_DEPTH)
  })
  return new Set(paths.map(([path]) => path))
}

/** A union declares the salt when each of its members does. */
function declaresSalt(schema: Json, schemas: Json, depth: number): boolean {
  if (depth === 0) return false
  const reference = schema['$ref']
  if (typeof reference === 'string') {
    const name = reference.startsWith(SCHEMA_REFERENCE) ? reference.slice(SCHEMA_REFERENCE.length) : ''
    return declaresSalt(member(schemas, name), schemas, depth - 1)
  }
  const union = schema['anyOf'] ?? schema['oneOf']
  if (Array.isArray(union)) {
    return union.length > 0 && union.every((one) => isJson(one) && declaresSalt(one, schemas, depth - 1))
  }
  return Object.hasOwn(member(schema, 'properties'), 'cache_salt')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function member(value: unknown, name: string): Json {
  const found = isJson(value) && Object.hasOwn(value, name) ? value[name] : undefined
  return isJson(found) ? found : {}
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null
}
