import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { encodeBase64, encodeHex, encodeUtf8 } from '../../attestation/encoding.ts'
import { AttestationError } from '../../attestation/errors.ts'
import {
  assertPolicy,
  encodePolicy,
  logTrust,
  POLICY_SCHEMA,
  type Policy,
  PRODUCTION_POLICY,
  parsePolicy,
  TDX_ONLY_POLICY,
  virtualPolicy
} from '../../attestation/policy.ts'
import { INTEL_SGX_ROOT } from '../../attestation/tdx/anchors.ts'
import { encodeVerifierKey, noteKey } from '../../attestation/tlog/note-key.ts'
import { createLabRoot } from '../fakes/virtual-evidence.ts'

type Json = Record<string, unknown>

const POLICIES = join(import.meta.dirname, '../../attestation/policies')
const OTHER_ROOT = (await createLabRoot()).root.certificate

function shipped(name: string): Json {
  return JSON.parse(readFileSync(join(POLICIES, `${name}.json`), 'utf8')) as Json
}

function parseText(text: string): Policy {
  return parsePolicy(encodeUtf8(text))
}

function refusal(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof AttestationError) return `${error.code}: ${error.message}`
    throw error
  }
  return 'accepted'
}

/** Every path to a member of a document, through objects and lists. */
function memberPaths(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) => {
    const here = [...path, name]
    return Array.isArray(value) ? memberPaths(member, here) : [here, ...memberPaths(member, here)]
  })
}

function withMember(document: Json, path: readonly string[], change: (holder: Json, name: string) => void): Json {
  const copy = structuredClone(document)
  let holder = copy
  for (const name of path.slice(0, -1)) holder = holder[name] as Json
  change(holder, path.at(-1) as string)
  return copy
}

describe('a policy', () => {
  it('ships as production, tdx-only and virtual', () => {
    expect(PRODUCTION_POLICY.devices.required).toBe(true)
    expect(PRODUCTION_POLICY.tcb.acceptedStatuses).toEqual(['UpToDate'])
    expect(PRODUCTION_POLICY.referenceValues.mrTd).toBe('released')
    expect(TDX_ONLY_POLICY.devices.required).toBe(false)
    expect(TDX_ONLY_POLICY.anchor.root).toEqual(INTEL_SGX_ROOT)
    expect(virtualPolicy(OTHER_ROOT).anchor).toEqual({ kind: 'virtual', root: OTHER_ROOT })
  })

  it('has a digest of its document, which white space and order do not change', () => {
    const document = shipped('production')
    const reordered = Object.fromEntries(Object.entries(document).reverse())
    const digests = [JSON.stringify(document), JSON.stringify(reordered, null, 4)].map((text) =>
      encodeHex(parseText(text).digest)
    )
    expect(new Set([...digests, encodeHex(PRODUCTION_POLICY.digest)]).size).toBe(1)
    expect(encodeHex(TDX_ONLY_POLICY.digest)).not.toBe(encodeHex(PRODUCTION_POLICY.digest))
  })

  it('is read back from its own bytes', () => {
    for (const policy of [PRODUCTION_POLICY, TDX_ONLY_POLICY, virtualPolicy(OTHER_ROOT)]) {
      expect(parsePolicy(encodePolicy(policy))).toEqual(policy)
    }
  })

  it('names its log by its verifier key, and is read back with it', () => {
    const key = noteKey('log.example', 'ed25519', new Uint8Array(32).fill(1))
    const policy = virtualPolicy(OTHER_ROOT, undefined, key)
    expect(parsePolicy(encodePolicy(policy))).toEqual(policy)
    expect(logTrust(policy)).toMatchObject({ origin: 'log.example', publicKey: key.publicKey, minimumWitnesses: 0 })
    expect(logTrust(PRODUCTION_POLICY)).toBeNull()
  })

  it('has a published schema that is what the reader reads', () => {
    expect(shipped('policy.schema')).toEqual(POLICY_SCHEMA)
  })

  it('is refused for each field that is missing', () => {
    const document = shipped('production')
    const paths = memberPaths(document)
    expect(paths.length).toBeGreaterThan(50)
    for (const path of paths) {
      const without = withMember(document, path, (holder, name) => delete holder[name])
      const list = path.map((name) => (/^\d+$/.test(name) ? `[${name}]` : `.${name}`)).join('')
      expect(refusal(() => parseText(JSON.stringify(without)))).toMatch(
        `POLICY_MALFORMED: ${list.slice(1)}: ${list === '.log.kind' ? 'one of' : 'missing'}`
      )
    }
  })

  it('is refused for a field that nobody knows, at any depth', () => {
    const document = shipped('production')
    for (const path of memberPaths(document)) {
      const extended = withMember(document, path, (holder) => {
        holder['dangerously_accept_virtual'] = true
      })
      expect(refusal(() => parseText(JSON.stringify(extended)))).toMatch(
        /^POLICY_MALFORMED: .*dangerously_accept_virtual: no such field$/
      )
    }
  })

  it('is refused for null, and for a value of another type, in any field', () => {
    const document = shipped('production')
    for (const path of memberPaths(document)) {
      for (const wrong of [null, 'wrong!', 1.5, [{}], { a: 1 }]) {
        const broken = withMember(document, path, (holder, name) => {
          holder[name] = wrong
        })
        // Only `description` is free text.
        const isText = path.join() === 'description' && wrong === 'wrong!'
        expect([path.join('.'), wrong, refusal(() => parseText(JSON.stringify(broken))).slice(0, 16)]).toEqual([
          path.join('.'),
          wrong,
          isText ? 'accepted' : 'POLICY_MALFORMED'
        ])
      }
    }
  })

  const production = JSON.stringify(shipped('production'))
  const edits: readonly (readonly [string, string, RegExp])[] = [
    ['a member that occurs twice', production.replace('{"v":1', '{"v":1,"v":1'), /occurs twice/],
    [
      'a nested member that occurs twice',
      production.replace('"sept_ve_disable":', '"sept_ve_disable":"any","sept_ve_disable":'),
      /occurs twice/
    ],
    ['an escaped name of a member', production.replace('"trusted_from"', '"trusted\\u005ffrom"'), /occurs twice/],
    ['a prototype', production.replace('{"v":1', '{"__proto__":{"v":1},"v":1'), /occurs twice|no such field/],
    ['a number in another form', production.replace('"v":1', '"v":1.0'), /plainest form/],
    [
      'half a character, which has no RFC 8785 form',
      production.replace(/"description":\s*"/, '$&\\ud800'),
      /^POLICY_MALFORMED: description: text/
    ],
    ['version 2', production.replace('"v":1', '"v":2'), /^POLICY_MALFORMED: v: one of 1 wanted/],
    ['upper-case hex', production.replace('"ff00002000000000"', '"FF00002000000000"'), /td\.attributes\.forbidden/],
    ['a status Revoked', production.replace('["UpToDate"]', '["UpToDate","Revoked"]'), /accepted_statuses\[1\]/],
    [
      'a status both accepted and tolerated',
      production.replace('"tolerated_statuses":[]', '"tolerated_statuses":["UpToDate"]'),
      /both accepted and tolerated/
    ],
    [
      'a bit both required and forbidden',
      production.replace('"required":"0000000000000000"', '"required":"0100000000000000"'),
      /td\.attributes: a bit is both/
    ],
    [
      'SEPT_VE_DISABLE both required and forbidden',
      production.replace('"forbidden":"ff00002000000000"', '"forbidden":"ff00003000000000"'),
      /td\.sept_ve_disable: required, and forbidden/
    ],
    [
      'a maximum age past a day',
      production.replace('"maximum_age_seconds":3600', '"maximum_age_seconds":86401'),
      /an integer in 1\.\.86400 wanted/
    ],
    [
      'no log and no kind of one',
      production.replace('"log":{"kind":"none"}', '"log":"none"'),
      /^POLICY_MALFORMED: log: an object wanted/
    ],
    [
      'a kind of log that is of every object',
      production.replace('"log":{"kind":"none"}', '"log":{"kind":"constructor"}'),
      /log\.kind: one of none, checkpoint wanted/
    ],
    ...logEdits(production),
    ['a byte order mark', `\ufeff${production}`, /not JSON/],
    ['an end that is missing', production.slice(0, -1), /not JSON/],
    ['nothing', '', /not JSON/],
    ['a list', '[]', /an object wanted/],
    ['more than 256 KiB', production + ' '.repeat(1 << 18), /at most/]
  ]
  it.each(edits)('is refused with %s', (_, text, message) => {
    expect(text).not.toBe(production)
    expect(refusal(() => parseText(text))).toMatch(/^POLICY_MALFORMED/)
    expect(refusal(() => parseText(text))).toMatch(message)
  })

  it('is refused when it is not UTF-8', () => {
    expect(refusal(() => parsePolicy(Uint8Array.of(0xff)))).toBe('POLICY_MALFORMED: not JSON in UTF-8')
  })
})

/** Documents whose log rules cannot be meant. */
function logEdits(production: string): readonly (readonly [string, string, RegExp])[] {
  const key = (type: 'ed25519' | 'cosignature', at: number, name = 'log.example'): string =>
    encodeVerifierKey(noteKey(name, type, new Uint8Array(32).fill(at)))
  const log = (changes: object): string => {
    const rules = { kind: 'checkpoint', key: key('ed25519', 1), witnesses: [key('cosignature', 2)] }
    const limits = { minimum_witnesses: 1, maximum_checkpoint_age_seconds: 60 }
    return production.replace('{"kind":"none"}', JSON.stringify({ ...rules, ...limits, ...changes }))
  }
  return [
    ['a log key that is none', log({ key: 'log.example' }), /log\.key: text/],
    [
      'a log key whose id is not its own',
      log({ key: key('ed25519', 1).replace(/\+[0-9a-f]{8}/, '+00000000') }),
      /log\.key: a C2SP/
    ],
    ['a cosigner for a log', log({ key: key('cosignature', 1) }), /log\.key: a verifier key of type ed25519/],
    [
      'a log for a witness',
      log({ witnesses: [key('ed25519', 2)] }),
      /witnesses\[0\]: a verifier key of type cosignature/
    ],
    ["the log's own key as a witness", log({ witnesses: [key('cosignature', 1)] }), /own key is no witness/],
    [
      'one witness under two names',
      log({ witnesses: [key('cosignature', 2), key('cosignature', 2, 'b')] }),
      /occurs twice/
    ],
    ['more witnesses wanted than named', log({ minimum_witnesses: 2 }), /more than there are witnesses/],
    ['a checkpoint of no age', log({ maximum_checkpoint_age_seconds: 0 }), /an integer in 1/]
  ]
}

describe('the anchor of a policy', () => {
  const production = shipped('production')
  const other = encodeBase64(OTHER_ROOT)
  const intel = encodeBase64(INTEL_SGX_ROOT)
  const refused: readonly (readonly [string, Json, RegExp])[] = [
    ["Intel's kind for another root", { ...production, anchor: { kind: 'intel-sgx', root: other } }, /not kind intel/],
    [
      "Intel's kind for another root under a virtual name",
      { ...production, name: 'virtual', anchor: { kind: 'intel-sgx', root: other } },
      /not kind intel/
    ],
    [
      "the virtual kind for Intel's root",
      { ...production, name: 'virtual', anchor: { kind: 'virtual', root: intel } },
      /is not kind virtual/
    ],
    [
      'a virtual root under the name production',
      { ...production, anchor: { kind: 'virtual', root: other } },
      /^POLICY_MALFORMED: name/
    ],
    [
      'a virtual root under a name that only looks virtual',
      { ...production, name: 'virtually-production', anchor: { kind: 'virtual', root: other } },
      /^POLICY_MALFORMED: name/
    ],
    ["Intel's root under a virtual name", { ...production, name: 'virtual' }, /^POLICY_MALFORMED: name/],
    ['no root', { ...production, anchor: { kind: 'intel-sgx', root: '' } }, /anchor\.root: not a certificate/],
    ['two roots', { ...production, anchor: { kind: 'intel-sgx', root: intel, roots: [other] } }, /no such field/],
    ['a list of roots', { ...production, anchor: [{ kind: 'intel-sgx', root: intel }] }, /an object wanted/],
    ['the virtual document as it ships', shipped('virtual'), /anchor\.root: not a certificate/],
    ['a root that is no certificate', { ...production, anchor: { kind: 'virtual', root: 'AAAA' } }, /not a certificate/]
  ]
  it.each(refused)('is refused: %s', (_, document, message) => {
    const text = JSON.stringify(document)
    expect(refusal(() => parseText(text))).toMatch(/^POLICY_MALFORMED/)
    expect(refusal(() => parseText(text))).toMatch(message)
  })

  it('may be virtual under a virtual name', () => {
    const anchor = { kind: 'virtual', root: other }
    const devices = { ...(production['devices'] as object), device_roots: [other], rim_roots: [] }
    const document = { ...production, name: 'virtual-lab', anchor, devices }
    expect(parseText(JSON.stringify(document)).anchor.kind).toBe('virtual')
  })

  it('cannot be swapped in a copy: a policy comes from parsePolicy alone', () => {
    const forged = { ...PRODUCTION_POLICY, anchor: { kind: 'virtual', root: OTHER_ROOT } } as const
    expect(() => assertPolicy(forged)).toThrow(TypeError)
    expect(() => assertPolicy({ ...PRODUCTION_POLICY })).toThrow(TypeError)
    expect(() => Object.assign(PRODUCTION_POLICY, { anchor: forged.anchor })).toThrow(TypeError)
    expect(() => Object.assign(PRODUCTION_POLICY.anchor, { root: OTHER_ROOT })).toThrow(TypeError)
    expect(() => assertPolicy(PRODUCTION_POLICY)).not.toThrow()
  })
})
