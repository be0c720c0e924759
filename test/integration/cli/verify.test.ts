import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodePolicy, virtualPolicy } from '../../../attestation/policy.ts'
import { createEvidence, createLabRoot, NOW } from '../../fakes/virtual-evidence.ts'
import { bombyx } from './run.ts'

const BUNDLES = fileURLToPath(new URL('../../../../shared/vectors/tdx/bundles/', import.meta.url))
const AT = ['--at', NOW.toISOString()]

let folder: string
const file = (name: string): string => join(folder, name)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bombyx-cli-'))
  const root = await createLabRoot()
  const good = await createEvidence(root)
  const debug = await createEvidence(root, { td: { tdAttributes: Uint8Array.of(1, 0, 0, 0x10, 0, 0, 0, 0) } })
  await writeFile(file('bundle.json'), good.bundleBytes)
  await writeFile(file('debug.json'), debug.bundleBytes)
  await writeFile(file('quote.bin'), good.fields.quote)
  await writeFile(file('quote.hex'), Buffer.from(good.fields.quote).toString('hex'))
  await writeFile(file('quote.b64'), `${Buffer.from(good.fields.quote).toString('base64')}\n`)
  await writeFile(file('collateral.json'), good.collateralBytes)
  await writeFile(file('policy.json'), encodePolicy(virtualPolicy(root.root.certificate)))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

function verify(name: string, ...options: readonly string[]) {
  return bombyx(['verify', file(name), '--collateral', file('collateral.json'), ...AT, ...options])
}

describe('bombyx verify', () => {
  it.each(['bundle.json', 'quote.bin', 'quote.hex', 'quote.b64'])(
    'takes %s under the policy that names its root',
    async (name) => {
      const { status, stdout } = await verify(name, '--policy', file('policy.json'))
      expect(status).toBe(0)
      expect(stdout).toContain('✓ affirming')
      expect(stdout).toContain('VIRTUAL')
    }
  )

  it.each(['production', 'tdx-only'])('refuses virtual evidence under %s, in words', async (policy) => {
    const { status, stdout } = await verify('bundle.json', '--policy', policy, '--explain')
    expect(status).toBe(10)
    expect(stdout).toContain(`refused by the policy "${policy}"`)
    expect(stdout).toContain('ROOT_CA_UNTRUSTED')
  })

  it('refuses a debug guest and says what to do', async () => {
    const { status, stdout } = await verify('debug.json', '--policy', file('policy.json'))
    expect(status).toBe(10)
    expect(stdout).toContain('TD_ATTRIBUTES_DEBUG_SET')
    expect(stdout).toContain('to do')
  })

  it('says how to appraise evidence of another day', async () => {
    const options = ['--collateral', file('collateral.json'), '--policy', file('policy.json')]
    const late = await bombyx(['verify', file('quote.bin'), ...options, '--at', '2050-01-01T00:00:00Z'])
    expect(late.status).toBe(10)
    expect(late.stdout).toContain('_EXPIRED')
    expect(late.stdout).toContain('--at')
  })

  it('prints one JSON object for programs', async () => {
    const { status, stdout } = await verify('bundle.json', '--policy', file('policy.json'), '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ status: 'affirming', tee: 'virtual', findings: [] })
  })

  it('says that a quote needs collateral', async () => {
    const { status, stderr } = await bombyx(['verify', file('quote.bin')])
    expect(stderr).toContain('--collateral')
    expect(status).not.toBe(0)
  })

  it.each([
    ['a truncated quote', 'short.bin', (quote: Buffer) => quote.subarray(0, 600), 'QUOTE_TRUNCATED'],
    ['a text that is no quote', 'text.bin', () => Buffer.from('not a quote'), 'neither a quote'],
    ['a JSON object that is no bundle', 'empty.json', () => Buffer.from('{}'), 'BUNDLE_MALFORMED']
  ])('says that %s is malformed', async (_, name, make, code) => {
    await writeFile(file(name), make(await readFile(file('quote.bin'))))
    const { status, stdout, stderr } = await verify(name, '--policy', file('policy.json'))
    expect(stdout + stderr).toContain(code)
    expect(status).toBe(30)
  })

  it('says which file is not there', async () => {
    const { status, stderr } = await verify('nowhere.bin')
    expect(status).toBe(1)
    expect(stderr).toMatch(/^bombyx: ENOENT: no such file .*nowhere\.bin/)
  })

  it.skipIf(!existsSync(BUNDLES))(
    'takes a real quote on its day (skipped where the shared vectors are absent)',
    async () => {
      const bundle = join(BUNDLES, 'phala-uptodate')
      const { now } = JSON.parse(await readFile(join(bundle, 'expected.json'), 'utf8')) as { now: number }
      const options = ['--collateral', join(bundle, 'collateral.json'), '--at', String(now)]
      const { status, stdout } = await bombyx(['verify', join(bundle, 'quote.bin'), ...options])
      expect(status).toBe(0)
      expect(stdout).toContain('Intel TDX hardware')
    }
  )
})

describe('bombyx conformance', () => {
  it('says what is supported', async () => {
    const { status, stdout } = await bombyx(['conformance', 'capabilities'])
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ schema_version: '1' })
  })

  it('accepts a case, and refuses it under a root that is not its own', async () => {
    const collateral = JSON.parse(await readFile(file('collateral.json'), 'utf8')) as Record<string, string>
    const request = {
      schema_version: '1',
      quote_b64: (await readFile(file('quote.b64'), 'utf8')).trim(),
      expiration_check_date_unix: NOW.getTime() / 1000,
      policy: {},
      collateral: {
        tcb_info_json: `{"tcbInfo":${collateral['tcb_info']},"signature":"${collateral['tcb_info_signature']}"}`,
        qe_identity_json: `{"enclaveIdentity":${collateral['qe_identity']},"signature":"${collateral['qe_identity_signature']}"}`,
        tcb_info_issuer_chain_pem: collateral['tcb_info_issuer_chain'],
        qe_identity_issuer_chain_pem: collateral['qe_identity_issuer_chain'],
        pck_crl_issuer_chain_pem: collateral['pck_crl_issuer_chain'],
        pck_crl_der_b64: Buffer.from(collateral['pck_crl'] ?? '', 'hex').toString('base64'),
        root_crl_der_b64: Buffer.from(collateral['root_ca_crl'] ?? '', 'hex').toString('base64'),
        intel_root_ca_pem: /-----BEGIN[\s\S]*$/.exec(collateral['pck_crl_issuer_chain']?.slice(10) ?? '')?.[0]
      }
    }
    const accepted = await bombyx(['conformance', 'verify-attestation-tdx'], { input: JSON.stringify(request) })
    expect([accepted.stdout, accepted.status]).toEqual([expect.stringContaining('"accepted":true'), 0])
    const { intel_root_ca_pem: _, ...withoutRoot } = request.collateral
    const input = JSON.stringify({ ...request, collateral: withoutRoot })
    const refused = await bombyx(['conformance', 'verify-attestation-tdx'], { input })
    expect([refused.stdout, refused.status]).toEqual([expect.stringContaining('ROOT_CA_UNTRUSTED'), 10])
  })

  it('says that what is no JSON is malformed', async () => {
    expect((await bombyx(['conformance', 'verify-attestation-tdx'], { input: 'no' })).status).toBe(30)
  })

  it('says that another operation is unsupported', async () => {
    expect((await bombyx(['conformance', 'verify-attestation-sev'])).status).toBe(20)
  })
})

describe('the bombyx command', () => {
  it.each([
    [],
    ['up'],
    ['ask'],
    ['proxy'],
    ['verify'],
    ['hosts'],
    ['hosts', 'list'],
    ['hosts', 'quarantine'],
    ['host', 'run'],
    ['serve'],
    ['token', 'new'],
    ['conformance']
  ])('has help: %s', async (...command) => {
    const { status, stdout } = await bombyx([...command, '--help'])
    expect(status).toBe(0)
    expect(stdout).toContain('Usage:')
  })

  it('makes an API key and the line for the file of its hash', async () => {
    const { stdout } = await bombyx(['token', 'new', 'alice', '--json'])
    expect(JSON.parse(stdout)).toEqual({
      key: expect.stringMatching(/^bmx_\S{43}$/),
      line: expect.stringMatching(/^sha256:[0-9a-f]{64} alice$/)
    })
  })

  it('says that no network is up, and how to get one', async () => {
    const { status, stderr } = await bombyx(['hosts', 'list', '--data', file('no-network')])
    expect(status).toBe(1)
    expect(stderr).toContain('bombyx up')
  })
})

const NVIDIA = fileURLToPath(new URL('../../../../shared/vectors/nvidia/', import.meta.url))
const HAS_NVIDIA = existsSync(NVIDIA)

describe.skipIf(!HAS_NVIDIA)(
  `bombyx verify of real devices${HAS_NVIDIA ? '' : ' (skipped: no ../shared/vectors)'}`,
  () => {
    const options = (flag: string, names: readonly string[]) =>
      names.flatMap((name) => [flag, join(NVIDIA, 'rim', name)])

    it.each([
      ['gb100-575-32.json', 'Blackwell generation: GB100 E6DE55C3BDC14277, driver 575.32', 'OCSP_UNAVAILABLE'],
      ['h100-535-86-09.json', 'Hopper generation: GH100 6A5FAFCBD9FA5CA3, driver 535.86.09', 'DRIVER_TOO_OLD'],
      ['h100-550-90-07.json', 'VBIOS 96.00.9F.00.01', 'RIM_MISSING'],
      ['h100-590-12.sdk.json', 'protected PCIe', 'TOPOLOGY_INVALID'],
      ['h100-invalid-signature.json', 'It is not verified', 'REPORT_SIGNATURE_INVALID'],
      ['ls10.sdk.json', 'NVSwitch', 'VBIOS_TOO_OLD'],
      ['ppcie-4xls10.json', 'LS10 666E93E19DEC7D2D', 'TOPOLOGY_INVALID'],
      ['ppcie-8xh100.json', 'GH100 2E7AA130CAA058DD', 'TOPOLOGY_INVALID']
    ])('says in words what %s is, and why it does not pass', async (name, what, code) => {
      const { status, stdout } = await bombyx(['verify', join(NVIDIA, name)])
      expect(status).toBe(10)
      const said = stdout.replace(/\s+/g, ' ')
      expect(said).toContain(what)
      expect(said).toContain(code)
    })

    it('compares with the manifests that are given', async () => {
      const rims = ['Driver_RIM_test_no_gpu.swidtag', '1010_0200_882_96005E0001_test_no_gpu.swidtag']
      const evidence = join(NVIDIA, 'h100-545-full-match.json')
      const { stdout } = await bombyx(['verify', evidence, ...options('--rim', rims), '--at', '2024-06-01T00:00:00Z'])
      expect(stdout.replace(/\s+/g, ' ')).toContain('All 33 measurements are the ones that were published for it.')
      const bare = await bombyx(['verify', evidence, '--json'])
      expect(JSON.parse(bare.stdout)).toMatchObject({ devices: [{ chip: 'GH100', measurements: null }] })
    })
  }
)
