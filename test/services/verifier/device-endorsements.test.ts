import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { virtualPolicy } from '../../../attestation/policy.ts'
import { createVirtualDevice, type VirtualDevice } from '../../../attestation/virtual/device.ts'
import { createVirtualDeviceEndorsements } from '../../../attestation/virtual/device-endorsements.ts'
import { reportVirtualDevice } from '../../../attestation/virtual/device-report.ts'
import { createVirtualDeviceRoot, generateVirtualDeviceRootKeys } from '../../../attestation/virtual/device-root.ts'
import { createVirtualPpcie } from '../../../attestation/virtual/ppcie.ts'
import { deviceEndorsementSource, deviceWants } from '../../../services/verifier/device-endorsements.ts'
import { deviceFolder } from '../../../services/verifier/device-folder.ts'
import { createLabRoot } from '../../fakes/virtual-evidence.ts'

const NOW = new Date('2026-11-23T12:00:00Z')
const root = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
const machine = createVirtualPpcie(root, NOW)
const endorsements = createVirtualDeviceEndorsements(root, machine, {}, NOW)
let folder: string

const { devices: rules } = virtualPolicy((await createLabRoot()).root.certificate, {
  deviceRoots: [root.deviceRoot.certificate],
  rimRoots: [root.rimRoot.certificate]
})
const fromFolder = (path: string) => deviceEndorsementSource(deviceFolder(path), rules)

function wantsOf(devices: readonly VirtualDevice[], roots = [root.deviceRoot.certificate]) {
  return deviceWants(
    devices.map((device) => reportVirtualDevice(device, new Uint8Array(32))),
    roots
  )
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bombyx-endorsements-'))
  await Promise.all(['rims', 'ocsp'].map((name) => mkdir(join(folder, name))))
  await Promise.all([
    ...endorsements.rims.map(({ id, xml }) => writeFile(join(folder, 'rims', `${id}.xml`), xml)),
    ...endorsements.ocsp.map(({ id, der }) => writeFile(join(folder, 'ocsp', `${id}.der`), der))
  ])
})
afterAll(() => rm(folder, { recursive: true }))

describe('what is asked about devices', () => {
  test('is each manifest once, under the name of NVIDIA’s service, and each certificate between leaf and root', () => {
    const wants = wantsOf(machine)
    expect(wants.rims).toEqual(endorsements.rims.map(({ id }) => id).sort())
    // 12 boot ROMs, two provisioners, one identity CA.
    expect(wants.certificates).toHaveLength(15)
  })

  test('is nothing about devices that nobody vouches for, or that cannot be read', () => {
    expect(wantsOf(machine, [])).toEqual({ rims: [], certificates: [] })
    const cut = createVirtualDevice(root, { arch: 'HOPPER', faults: ['truncated'] }, NOW)
    expect(wantsOf([cut])).toEqual({ rims: [], certificates: [] })
  })

  test('is no path, whatever a report calls its board', () => {
    const project = { type: 17, data: new TextEncoder().encode('../..') }
    const device = createVirtualDevice(root, { arch: 'HOPPER', opaque: [project] }, NOW)
    expect(wantsOf([device]).rims).toEqual(['NV_GPU_DRIVER_GH100_590.12'])
  })
})

describe('a folder', () => {
  test('gives the manifests, and the answers about devices and about the manifests’ signers', async () => {
    const { rims, ocsp } = await fromFolder(folder)(wantsOf(machine))
    expect(rims).toHaveLength(3)
    expect(ocsp).toHaveLength(endorsements.ocsp.length)
  })

  test('leaves out what it has not', async () => {
    const blackwell = createVirtualDevice(root, { arch: 'BLACKWELL' }, NOW)
    const { rims, ocsp } = await fromFolder(folder)(wantsOf([blackwell]))
    expect([rims.length, ocsp.length]).toEqual([0, 0])
  })

  test('refuses a file that is too large to be what it says', async () => {
    const [rim] = wantsOf(machine).rims
    const other = await mkdtemp(join(tmpdir(), 'bombyx-endorsements-'))
    await mkdir(join(other, 'rims'))
    await writeFile(join(other, 'rims', `${rim}.xml`), new Uint8Array(1 << 19))
    await expect(fromFolder(other)(wantsOf(machine))).rejects.toMatchObject({ code: 'COLLATERAL_UNAVAILABLE' })
    await rm(other, { recursive: true })
  })
})
