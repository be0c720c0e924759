import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { appraiseBundle, appraiseQuote } from '../../../attestation/appraise.ts'
import { encodeBundle } from '../../../attestation/bundle.ts'
import { decodeUtf8, encodeBase64, encodeUtf8 } from '../../../attestation/encoding.ts'
import { AttestationError } from '../../../attestation/errors.ts'
import type { JsonValue } from '../../../attestation/jcs.ts'
import { encodePem } from '../../../attestation/pem.ts'
import {
  encodePolicy,
  POLICY_SCHEMA,
  type Policy,
  PRODUCTION_POLICY,
  parsePolicy,
  TDX_ONLY_POLICY,
  virtualPolicy
} from '../../../attestation/policy.ts'
import { INTEL_SGX_ROOT } from '../../../attestation/tdx/anchors.ts'
import { createVirtualPlatform } from '../../../attestation/virtual/platform.ts'
import { quoteVirtual } from '../../../attestation/virtual/quote.ts'
import { createEvidence, createLabRoot, NOW, readEvidence } from '../../fakes/virtual-evidence.ts'

type Json = { [member: string]: JsonValue }
type Path = readonly string[]

const REPOSITORY = join(import.meta.dirname, '../../..')
const root = await createLabRoot()
const evidence = await createEvidence(root)
const virtual = virtualPolicy(root.root.certificate)

function documentOf(policy: Policy): Json {
  return JSON.parse(decodeUtf8(encodePolicy(policy))) as Json
}

/** What a policy document makes of the virtual host. */
function verdict(document: JsonValue): string {
  try {
    const policy = parsePolicy(encodeUtf8(JSON.stringify(document)))
    const appraisal = appraiseBundle(readEvidence(evidence), policy, NOW)
    return appraisal.kind === 'trusted' ? 'trusted' : (appraisal.result.findings[0]?.code ?? 'no reason')
  } catch (error) {
    if (error instanceof AttestationError) return error.code
    throw error
  }
}

/** Values that a schema allows at one place: each word, both flags, both ends, no item and one. */
function allowedValues(schema: Json): readonly JsonValue[] {
  const variants = (schema['anyOf'] ?? schema['oneOf']) as Json[] | undefined
  if (variants !== undefined) return variants.flatMap(allowedValues)
  if ('const' in schema) return [schema['const'] as JsonValue]
  if ('enum' in schema) return schema['enum'] as JsonValue[]
  const byType: Readonly<Record<string, () => readonly JsonValue[]>> = {
    boolean: () => [true, false],
    integer: () => [schema['minimum'] as number, schema['maximum'] as number],
    array: () => [[], ...allowedValues(schema['items'] as Json).map((item) => [item])],
    object: () => [objectOf(schema)],
    string: () => stringsOf(schema)
  }
  return byType[String(schema['type'])]?.() ?? []
}

function objectOf(schema: Json): JsonValue {
  const members = Object.entries(schema['properties'] as Readonly<Record<string, Json>>)
  return Object.fromEntries(members.map(([name, member]) => [name, allowedValues(member)[0] ?? null]))
}

function stringsOf(schema: Json): readonly string[] {
  if (schema['contentEncoding'] === 'base64') return [root.root.certificate, INTEL_SGX_ROOT].map(encodeBase64)
  const digits = /^\^\[0-9a-f\]\{(\d+)\}\$$/.exec(String(schema['pattern']))?.[1]
  return digits === undefined
    ? ['production', 'virtual', '1', 'INTEL-SA-00001']
    : ['0'.repeat(Number(digits)), 'f'.repeat(Number(digits))]
}

/** Every place of the schema that is no object itself, with the values allowed there. */
function places(
  schema: Json,
  path: Path = []
): readonly { readonly path: Path; readonly values: readonly JsonValue[] }[] {
  if (schema['type'] !== 'object') return [{ path, values: allowedValues(schema) }]
  const members = Object.entries(schema['properties'] as Readonly<Record<string, Json>>)
  return members.flatMap(([name, member]) => places(member, [...path, name]))
}

function withValue(document: Json, path: Path, value: JsonValue): Json {
  const copy = structuredClone(document)
  let holder = copy
  for (const name of path.slice(0, -1)) holder = holder[name] as Json
  holder[path.at(-1) as string] = value
  return copy
}

function sources(folder: string): readonly string[] {
  return readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
}

function read(path: string): string {
  return readFileSync(join(REPOSITORY, path), 'utf8')
}

const PLACES = places(POLICY_SCHEMA as unknown as Json)

afterEach(() => {
  vi.unstubAllEnvs()
  vi.resetModules()
})

describe('virtual evidence', () => {
  it('is taken by the policy that names its root, and by that alone', () => {
    expect(verdict(documentOf(virtual))).toBe('trusted')
    for (const policy of [PRODUCTION_POLICY, TDX_ONLY_POLICY]) {
      expect(verdict(documentOf(policy))).toBe('ROOT_CA_UNTRUSTED')
      const { bundle, endorsements } = readEvidence(evidence)
      expect(appraiseQuote({ quote: bundle.quote, collateral: endorsements.tdx }, policy, NOW).status).toBe(
        'contraindicated'
      )
    }
  })

  it('is not taken by another root of the same kind', async () => {
    const other = virtualPolicy((await createLabRoot()).root.certificate)
    expect(verdict(documentOf(other))).toBe('ROOT_CA_UNTRUSTED')
  })

  it('is refused by production with any one field set to any value that the schema allows', () => {
    expect(PLACES.length).toBeGreaterThan(45)
    for (const shipped of [PRODUCTION_POLICY, TDX_ONLY_POLICY].map(documentOf)) {
      for (const { path, values } of PLACES) {
        for (const value of values) {
          const outcome = verdict(withValue(shipped, path, value))
          expect([path.join('.'), value, ['ROOT_CA_UNTRUSTED', 'POLICY_MALFORMED'].includes(outcome)]).toEqual([
            path.join('.'),
            value,
            true
          ])
        }
      }
    }
  })

  it('is refused by production with every field but the anchor as in the virtual policy', () => {
    const { name = '', anchor = null } = documentOf(PRODUCTION_POLICY)
    const loose = documentOf(virtual)
    expect(verdict({ ...loose, name, anchor })).toBe('ROOT_CA_UNTRUSTED')
    expect(verdict({ ...loose, name })).toBe('POLICY_MALFORMED')
    expect(verdict({ ...loose, anchor })).toBe('POLICY_MALFORMED')
  })

  it('is trusted under no document that does not say that it is virtual', () => {
    const change = fc
      .constantFrom(...PLACES)
      .chain(({ path, values }) => fc.tuple(fc.constant(path), fc.constantFrom(...values)))
    const start = fc.constantFrom(documentOf(PRODUCTION_POLICY), documentOf(virtual))
    fc.assert(
      fc.property(start, fc.array(change, { maxLength: 4 }), (document, changes) => {
        const changed = changes.reduce((made, [path, value]) => withValue(made, path, value), document)
        if (verdict(changed) !== 'trusted') return
        expect(changed).toMatchObject({ anchor: { kind: 'virtual' }, name: expect.stringMatching(/^virtual(-|$)/) })
      }),
      { numRuns: 400 }
    )
  })

  it("is refused with Intel's own root in its chain", async () => {
    const platform = await createVirtualPlatform(root, {}, NOW)
    const chains = [
      encodePem([root.platform.certificate, INTEL_SGX_ROOT]),
      platform.pckChain + encodePem([INTEL_SGX_ROOT]),
      platform.pckChain.replace(encodePem([root.root.certificate]), encodePem([INTEL_SGX_ROOT]))
    ]
    for (const pckChain of chains) {
      const quote = quoteVirtual({ ...platform, pckChain }, { reportData: new Uint8Array(64) })
      const bundle = { ...evidence.fields, quote }
      const bundleBytes = encodeBundle(bundle)
      for (const policy of [PRODUCTION_POLICY, TDX_ONLY_POLICY]) {
        const { result } = appraiseBundle(readEvidence({ ...evidence, bundleBytes }), policy, NOW)
        expect([result.status, result.tee]).toEqual(['contraindicated', 'unverified'])
        expect(result.findings[0]?.code).toMatch(/^(PCK_CHAIN_INVALID|PCK_CHAIN_INCOMPLETE|ROOT_CA_UNTRUSTED)$/)
      }
    }
  })
})

describe('the environment', () => {
  const code = ['services', 'attestation'].flatMap(sources).map(read).join('\n')
  const variables = new Set([
    ...(code.match(/\b(?:BOMBYX|VLLM|DATABASE|TON|NODE)_[A-Z_]+\b/g) ?? []),
    ...[
      'NODE_ENV',
      'CI',
      'DEBUG',
      'TEST',
      'VITEST',
      'BOMBYX_VIRTUAL',
      'BOMBYX_DEV',
      'BOMBYX_INSECURE',
      'BOMBYX_SKIP_VERIFY'
    ],
    ...['BOMBYX_POLICY', 'BOMBYX_TRUST_ROOT', 'BOMBYX_ACCEPT_VIRTUAL', 'SGX_ROOT', 'NODE_EXTRA_CA_CERTS']
  ])
  const flags = new Set([
    ...(code.match(/(?<=['"`\s])--[a-z][a-z-]+/g) ?? []),
    '--virtual',
    '--insecure',
    '--dev',
    '--accept-virtual'
  ])

  it.each(['1', 'true', 'virtual', 'production', 'development', encodeBase64(root.root.certificate)])(
    'makes no difference: every variable and flag of the project at %s',
    async (value) => {
      expect(variables.size).toBeGreaterThan(15)
      for (const name of variables) vi.stubEnv(name, value)
      const argv = process.argv
      process.argv = [...argv, ...[...flags].flatMap((flag) => [flag, `${flag}=${value}`, value])]
      try {
        vi.resetModules()
        const fresh = await import('../../../attestation/appraise.ts')
        const { PRODUCTION_POLICY: production } = await import('../../../attestation/policy.ts')
        const { result } = fresh.appraiseBundle(readEvidence(evidence), production, NOW)
        expect([result.status, result.tee, result.findings[0]?.code]).toEqual([
          'contraindicated',
          'unverified',
          'ROOT_CA_UNTRUSTED'
        ])
        expect(production.digest).toEqual(PRODUCTION_POLICY.digest)
      } finally {
        process.argv = argv
      }
    }
  )

  it('is read nowhere in attestation/, nor is a clock', () => {
    for (const path of sources('attestation')) {
      expect([
        path,
        /\bprocess(\.\w|\[)|import\.meta\.env|Date\.now\(|new Date\(\)|performance\.now\(/.exec(read(path))?.[0]
      ]).toEqual([path, undefined])
    }
  })

  it('has virtual policies made by network/ alone', () => {
    const users = sources('services').filter((path) => /\bvirtualPolicy\b/.test(read(path)))
    expect(users.filter((path) => !path.startsWith(join('services', 'network')))).toEqual([])
  })
})
