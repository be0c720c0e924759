import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateEc } from '../../../attestation/crypto.ts'
import { encodePolicy, PRODUCTION_POLICY, TDX_ONLY_POLICY, virtualPolicy } from '../../../attestation/policy.ts'
import { createEnvReader } from '../../../services/runtime/env.ts'
import { codeOf, ServiceError } from '../../../services/runtime/errors.ts'
import { readVerifierConfig } from '../../../services/verifier/config.ts'
import { openPolicy } from '../../../services/verifier/policy-choice.ts'
import { openSigningKey } from '../../../services/verifier/signing-key.ts'
import { createLabRoot } from '../../fakes/virtual-evidence.ts'

const BASE = { BOMBYX_SIGNING_KEY: '/keys/verifier.pem' }
const SOURCE = fileURLToPath(new URL('../../../', import.meta.url))

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bombyx-verifier-'))
})

afterAll(() => rm(folder, { recursive: true }))

function read(env: Readonly<Record<string, string>> = {}) {
  return readVerifierConfig(createEnvReader({ ...BASE, ...env }))
}

describe('the configuration of a verifier', () => {
  test('is production under Intel’s own service where nothing else is said', () => {
    expect(read()).toMatchObject({
      listen: { listen: '127.0.0.1:0' },
      policy: 'production',
      issuer: 'bombyx-verifier',
      signingKey: '/keys/verifier.pem',
      collateral: {
        service: {
          url: 'https://api.trustedservices.intel.com/',
          rootCrlUrl: 'https://certificates.trustedservices.intel.com/IntelSGXRootCA.der'
        }
      }
    })
  })

  test('asks nobody where a folder is named', () => {
    const { collateral } = read({ BOMBYX_COLLATERAL_DIR: '/collateral' })
    expect(collateral).toMatchObject({ folder: '/collateral' })
    expect(collateral.service).toBeUndefined()
    expect(collateral.nvidia).toBeUndefined()
  })

  test('asks NVIDIA’s own services where nothing else is said, and others by their names', () => {
    expect(read().collateral.nvidia).toMatchObject({
      url: 'https://rim.attestation.nvidia.com/',
      ocspUrl: 'https://ocsp.ndis.nvidia.com/',
      crlUrl: 'http://crl.ndis.nvidia.com/',
      refresh: { aheadMs: 600_000, everyMs: 3_600_000 }
    })
    const env = { BOMBYX_COLLATERAL_DIR: '/collateral', BOMBYX_NVIDIA_RIM_URL: 'http://127.0.0.1:8080' }
    expect(read({ ...env, BOMBYX_NVIDIA_SERVICE_KEY: 'key' }).collateral).toMatchObject({
      folder: '/collateral',
      nvidia: { url: 'http://127.0.0.1:8080/', ocspUrl: 'https://ocsp.ndis.nvidia.com/', serviceKey: 'key' }
    })
  })

  test.each([
    ['BOMBYX_NVIDIA_RIM_URL', 'http://rim.example'],
    ['BOMBYX_NVIDIA_OCSP_URL', 'ocsp.example'],
    ['BOMBYX_NVIDIA_CRL_URL', 'file:///crls']
  ])('refuses %s=%s', (name, value) => {
    expect(() => read({ [name]: value })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })

  test('has the folder behind a service that is named as well', () => {
    const { collateral } = read({ BOMBYX_COLLATERAL_DIR: '/collateral', BOMBYX_PCCS_URL: 'https://pccs.example:8081' })
    expect(collateral).toMatchObject({
      folder: '/collateral',
      service: {
        url: 'https://pccs.example:8081/',
        rootCrlUrl: 'https://pccs.example:8081/sgx/certification/v4/rootcacrl'
      }
    })
  })

  test.each([
    ['a service in plain text', { BOMBYX_PCS_URL: 'http://pcs.example' }, 'BOMBYX_PCS_URL'],
    ['a PCCS in plain text', { BOMBYX_PCCS_URL: 'http://pccs.example' }, 'BOMBYX_PCCS_URL'],
    ['a root CRL from a file', { BOMBYX_ROOT_CRL_URL: 'file:///root.crl' }, 'BOMBYX_ROOT_CRL_URL'],
    ['something that is no URL', { BOMBYX_PCS_URL: 'intel' }, 'BOMBYX_PCS_URL'],
    ['no signing key', { BOMBYX_SIGNING_KEY: '' }, 'BOMBYX_SIGNING_KEY']
  ])('with %s is refused, and the variable named', (_, env, name) => {
    expect(() => read(env)).toThrow(ServiceError)
    expect(() => read(env)).toThrow(name)
  })
})

describe('the policy of a verifier', () => {
  test('is one that ships, or a document', async () => {
    const policy = virtualPolicy((await createLabRoot()).root.certificate)
    const path = join(folder, 'policy.json')
    await writeFile(path, encodePolicy(policy))
    expect(await openPolicy('production')).toBe(PRODUCTION_POLICY)
    expect(await openPolicy('tdx-only')).toBe(TDX_ONLY_POLICY)
    expect((await openPolicy(path)).digest).toEqual(policy.digest)
  })

  test.each([
    ['is not there', undefined],
    ['is not a policy', '{"name":"production"}']
  ])('that %s keeps it from starting', async (_, text) => {
    const path = join(folder, 'none.json')
    if (text !== undefined) await writeFile(path, text)
    expect(await openPolicy(path).catch(codeOf)).toBe('CONFIG_INVALID')
  })

  test('stays production whatever else the environment says', async () => {
    const names = await environmentNames()
    expect(names.length).toBeGreaterThan(20)
    const policyFile = join(folder, 'virtual.json')
    await writeFile(policyFile, encodePolicy(virtualPolicy((await createLabRoot()).root.certificate)))
    for (const name of names.filter((known) => known !== 'BOMBYX_POLICY')) {
      for (const value of ['virtual', 'true', '1', '0s', 'https://virtual.invalid', policyFile]) {
        const policy = await choosePolicy({ BOMBYX_POLICY: 'production', [name]: value })
        if (policy !== undefined) expect({ name, policy }).toEqual({ name, policy: PRODUCTION_POLICY })
      }
    }
  })
})

/** The policy that a verifier would start with; undefined where the environment is refused. */
async function choosePolicy(env: Readonly<Record<string, string>>) {
  try {
    return await openPolicy(read(env).policy)
  } catch (error) {
    if (codeOf(error) === 'CONFIG_INVALID') return undefined
    throw error
  }
}

/** Every variable that any code here names. */
async function environmentNames(): Promise<readonly string[]> {
  const names = new Set<string>()
  for (const part of ['attestation', 'services']) {
    for (const file of await readdir(join(SOURCE, part), { recursive: true })) {
      if (!file.endsWith('.ts')) continue
      const text = await readFile(join(SOURCE, part, file), 'utf8')
      for (const [name] of text.matchAll(/\b(?:BOMBYX_[A-Z_]+|VLLM_URL|DATABASE_URL|NODE_ENV)\b/g)) names.add(name)
    }
  }
  return [...names, 'NODE_ENV', 'VIRTUAL', 'DEBUG', 'CI']
}

describe('the key that verdicts are signed with', () => {
  test('is made on first use, for its owner only, and kept', async () => {
    const path = join(folder, 'made.pem')
    const made = await openSigningKey(path)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const opened = await openSigningKey(path)
    expect({ keyId: opened.keyId, publicKey: opened.publicKey }).toEqual({
      keyId: made.keyId,
      publicKey: made.publicKey
    })
  })

  test('is one key for verifiers that start at once', async () => {
    const path = join(folder, 'raced.pem')
    const keys = await Promise.all([openSigningKey(path), openSigningKey(path), openSigningKey(path)])
    expect(new Set(keys.map(({ keyId }) => keyId)).size).toBe(1)
  })

  test.each([
    ['is no key', () => 'key'],
    ['is of another kind', () => generateEc('P-256').export({ format: 'pem', type: 'pkcs8' })]
  ])('is refused when it %s', async (_, content) => {
    const path = join(folder, 'wrong.pem')
    await writeFile(path, content())
    expect(await openSigningKey(path).catch(codeOf)).toBe('CONFIG_INVALID')
  })

  test('is refused where it cannot be made', async () => {
    expect(await openSigningKey(join(folder, 'no', 'such', 'key.pem')).catch(codeOf)).toBe('CONFIG_INVALID')
  })
})
