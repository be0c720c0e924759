import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../../attestation/crypto.ts'
import { decodeHex, encodeHex, encodeUtf8 } from '../../../attestation/encoding.ts'
import { NVIDIA_DEVICE_ROOT } from '../../../attestation/nvidia/anchors.ts'
import { authenticateDevice } from '../../../attestation/nvidia/chain.ts'
import { verifyDevice } from '../../../attestation/nvidia/device.ts'
import { parseDeviceEvidence } from '../../../attestation/nvidia/evidence.ts'
import { opinionFaults, parseDetachedEat, verifyDetachedEat } from '../../../attestation/nvidia/nras.ts'
import { createVirtualDevice } from '../../../attestation/virtual/device.ts'
import { reportVirtualDevice } from '../../../attestation/virtual/device-report.ts'
import { createVirtualDeviceRoot, generateVirtualDeviceRootKeys } from '../../../attestation/virtual/device-root.ts'
import { HAS_VECTORS, readNvidiaText, WHERE } from './vectors.ts'

const NOW = new Date('2026-11-23T12:00:00Z')
const SECONDS = NOW.getTime() / 1000
const ISSUER = 'https://nras.example'
const NONCE = new Uint8Array(32).fill(9)
const { privateKey, publicKey } = await generateKeyPair('ES384', { extractable: true })
const keySet = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES384' }] })
const stranger = await generateKeyPair('ES384')
const EXPECTED = { issuer: ISSUER, keySet, nonce: NONCE, now: NOW }

const root = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
const evidence = reportVirtualDevice(createVirtualDevice(root, { arch: 'HOPPER' }, NOW), NONCE)
const device = verifyDevice(evidence, NONCE, [root.deviceRoot.certificate], NOW)
const ueid = BigInt(`0x${device.device.chain[0].serialNumber}`).toString()

interface Changes {
  readonly overall?: Readonly<Record<string, unknown>>
  readonly device?: Readonly<Record<string, unknown>>
  readonly key?: typeof privateKey
  readonly digests?: Readonly<Record<string, unknown>>
}

const TIMES = { iss: ISSUER, iat: SECONDS, nbf: SECONDS, exp: SECONDS + 3600, eat_nonce: encodeHex(NONCE) }

function sign(claims: Readonly<Record<string, unknown>>, key = privateKey): Promise<string> {
  return new SignJWT({ ...claims }).setProtectedHeader({ alg: 'ES384', kid: 'k' }).sign(key)
}

async function token(changes: Changes = {}) {
  const submodule = await sign({ ...TIMES, ueid, measres: 'success', ...changes.device }, changes.key)
  const digests = changes.digests ?? { 'GPU-0': ['DIGEST', ['SHA-256', encodeHex(sha256(encodeUtf8(submodule)))]] }
  const claims = { ...TIMES, 'x-nvidia-overall-att-result': true, submods: digests, ...changes.overall }
  return parseDetachedEat(JSON.stringify([['JWT', await sign(claims, changes.key)], { 'GPU-0': submodule }]))
}

describe('the remote service’s opinion', () => {
  test('stands behind the devices that it names', async () => {
    const opinion = await verifyDetachedEat(await token(), EXPECTED)
    expect(opinion.notAfter).toEqual(new Date((SECONDS + 3600) * 1000))
    expect(opinionFaults(opinion, [device], NONCE)).toEqual([])
  })

  test('is missing for other devices, other nonces, and where nobody asked', async () => {
    const other = await verifyDetachedEat(await token({ device: { ueid: '12345' } }), EXPECTED)
    expect(opinionFaults(other, [device], NONCE)).toHaveLength(1)
    expect(opinionFaults(other, [], new Uint8Array(32))).toHaveLength(1)
    expect(opinionFaults(null, [], NONCE)).toHaveLength(1)
  })

  const refused: readonly (readonly [string, Changes])[] = [
    ['an overall result that is not true', { overall: { 'x-nvidia-overall-att-result': false } }],
    ['an overall result in words', { overall: { 'x-nvidia-overall-att-result': 'true' } }],
    ['no overall result', { overall: { 'x-nvidia-overall-att-result': undefined } }],
    ['another issuer', { overall: { iss: 'https://elsewhere.example' } }],
    ['a submodule of another issuer', { device: { iss: 'https://elsewhere.example' } }],
    ['an end in the past', { overall: { exp: SECONDS - 1 } }],
    ['a submodule that ended', { device: { exp: SECONDS - 1 } }],
    ['a begin in the future', { overall: { nbf: SECONDS + 60 } }],
    ['no end', { overall: { exp: undefined } }],
    ['another nonce', { overall: { eat_nonce: encodeHex(new Uint8Array(32)) } }],
    ['a submodule of another nonce', { device: { eat_nonce: encodeHex(new Uint8Array(32)) } }],
    ['a nonce that is none', { overall: { eat_nonce: 'nonce' } }],
    ['measurements that differ', { device: { measres: 'fail' } }],
    ['a submodule of no device', { device: { ueid: undefined } }],
    ['a stranger’s signature', { key: stranger.privateKey }],
    ['the digest of another submodule', { digests: { 'GPU-0': ['DIGEST', ['SHA-256', '00'.repeat(32)]] } }],
    ['a digest of another kind', { digests: { 'GPU-0': ['DIGEST', ['SHA-1', '00'.repeat(20)]] } }],
    ['a digest of no submodule', { digests: { 'GPU-1': ['DIGEST', ['SHA-256', '00'.repeat(32)]] } }],
    ['no digest', { digests: {} }]
  ]
  test.each(refused)('is refused with %s', async (_, changes) => {
    const verification = verifyDetachedEat(await token(changes), EXPECTED)
    await expect(verification).rejects.toMatchObject({ code: 'NRAS_TOKEN_INVALID' })
  })

  test.each(['', '{}', '[]', '[["JWT",1],{}]', '[["JWT","a"],{}]', '[["JWT","a"],{"GPU-0":1}]', '[["JWT","a"],[]]'])(
    'is refused when it is %s',
    (text) => {
      expect(() => parseDetachedEat(text)).toThrow(expect.objectContaining({ code: 'NRAS_TOKEN_INVALID' }))
    }
  )
})

describe.skipIf(!HAS_VECTORS)(`tokens of the real service${WHERE}`, () => {
  const claimsOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())

  test('decode to their claims', () => {
    const eat = parseDetachedEat(readNvidiaText('nras/hopperClaimsv3_detached_eat.json'))
    const decoded = Object.fromEntries([...eat.submodules].map(([name, jwt]) => [name, claimsOf(jwt)]))
    expect(decoded).toEqual(JSON.parse(readNvidiaText('nras/hopperClaimsv3_decoded.json')))
  })

  test.each(['hopperClaimsv3_detached_eat.json', 'switch_detached_eat.json'])(
    '%s has the digests of its submodules',
    (name) => {
      const eat = parseDetachedEat(readNvidiaText(`nras/${name}`))
      for (const [submodule, jwt] of eat.submodules) {
        const [, [, digest]] = claimsOf(eat.overall).submods[submodule]
        expect(decodeHex(digest)).toEqual(sha256(encodeUtf8(jwt)))
      }
    }
  )

  test.each([
    ['hopperClaimsv3_detached_eat.json', 'h100-550-90-07.json'],
    ['switch_detached_eat.json', 'ls10.sdk.json']
  ])('%s is on the device of %s, by the number of its leaf, and on its nonce', (eat, report) => {
    const [submodule = ''] = parseDetachedEat(readNvidiaText(`nras/${eat}`)).submodules.values()
    const [device] = parseDeviceEvidence(encodeUtf8(readNvidiaText(report)))
    const { ueid, eat_nonce } = claimsOf(submodule)
    const { chain } = authenticateDevice(device!.evidence.certificate, device!.evidence.arch, [NVIDIA_DEVICE_ROOT])
    expect(ueid).toBe(BigInt(`0x${chain[0].serialNumber}`).toString())
    expect(decodeHex(eat_nonce)).toEqual(device!.nonce)
  })

  test('are nobody’s word without the issuer’s keys', async () => {
    const eat = parseDetachedEat(readNvidiaText('nras/hopperClaimsv3_detached_eat.json'))
    const { iss, iat, eat_nonce } = claimsOf(eat.overall)
    const expected = { issuer: iss, keySet, nonce: decodeHex(eat_nonce), now: new Date((iat + 1) * 1000) }
    await expect(verifyDetachedEat(eat, expected)).rejects.toMatchObject({ code: 'NRAS_TOKEN_INVALID' })
  })
})
