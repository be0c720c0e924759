import { encodeBase64, encodeUtf8 } from '../../../attestation/encoding.ts'
import { encodeEndorsements, parseEndorsements } from '../../../attestation/endorsements.ts'
import { AttestationError } from '../../../attestation/errors.ts'
import { allFaults, assessDevices, type DeviceRules } from '../../../attestation/nvidia/assess.ts'
import { verifyAttestationNvidia } from '../../../attestation/nvidia/conformance.ts'
import { parseDeviceEvidence } from '../../../attestation/nvidia/evidence.ts'
import { parseDetachedEat } from '../../../attestation/nvidia/nras.ts'
import { parseOcspResponse } from '../../../attestation/nvidia/ocsp.ts'
import { parseDeviceReport } from '../../../attestation/nvidia/report.ts'
import { parseSignedRim, readRimContent } from '../../../attestation/nvidia/rim.ts'
import { createVirtualCollateral } from '../../../attestation/virtual/collateral.ts'
import { createVirtualDevice } from '../../../attestation/virtual/device.ts'
import { createVirtualDeviceEndorsements } from '../../../attestation/virtual/device-endorsements.ts'
import { reportVirtualDevice } from '../../../attestation/virtual/device-report.ts'
import { createVirtualDeviceRoot, generateVirtualDeviceRootKeys } from '../../../attestation/virtual/device-root.ts'
import { createLabRoot, NOW } from '../../fakes/virtual-evidence.ts'
import type { FuzzTarget } from '../target.ts'

const NONCE = new Uint8Array(32).fill(1)
const OPINION = '[["JWT","e30.e30.e30"],{"GPU-0":"e30.e30.e30"}]'

/** What hosts show of their devices, and what is said to be NVIDIA's word on them. */
export async function deviceTargets(): Promise<readonly FuzzTarget[]> {
  const root = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
  const devices = (['HOPPER', 'BLACKWELL', 'LS10'] as const).map((arch) => createVirtualDevice(root, { arch }, NOW))
  const reports = devices.map((device) => reportVirtualDevice(device, NONCE))
  const endorsed = createVirtualDeviceEndorsements(root, devices, {}, NOW)
  const [rims, ocsp] = [endorsed.rims.map(({ xml }) => xml), endorsed.ocsp.map(({ der }) => der)]
  const rules: DeviceRules = {
    deviceRoots: [root.deviceRoot.certificate],
    rimRoots: [root.rimRoot.certificate],
    architectures: (['HOPPER', 'BLACKWELL', 'LS10'] as const).map((arch) => ({
      arch,
      minimumDriver: '0',
      minimumVbios: '0'
    })),
    topology: 'any',
    fwid: 'required',
    rim: { required: true, acceptExpiredCertificate: false },
    ocsp: { required: true, acceptUnknown: false, acceptCertificateHold: false, graceAfterLastGoodSeconds: 0 }
  }
  const { tdx } = parseEndorsements(await createVirtualCollateral(await createLabRoot(), {}, NOW))
  const listed = reports.map(({ arch, certificate, evidence }) => ({
    ...{ arch, nonce: Buffer.from(NONCE).toString('hex') },
    ...{ certificate: encodeBase64(certificate), evidence: encodeBase64(evidence) }
  }))
  const request = { schema_version: '1', devices: listed.slice(0, 1), rims: [], now_unix: NOW.getTime() / 1000 }
  const assess = (change: Partial<Parameters<typeof assessDevices>[0]>) =>
    assessDevices(
      { devices: reports.map((evidence) => ({ evidence, nonce: NONCE })), rims, ocsp, crls: [], ...change },
      rules,
      NOW
    )
  return [
    {
      name: 'device report',
      seeds: reports.map(({ evidence }) => evidence),
      codes: ['REPORT_MALFORMED'],
      weight: 10,
      limitMs: 100,
      run: (input) => void parseDeviceReport(input)
    },
    {
      name: 'device report, assessed',
      seeds: reports.map(({ evidence }) => evidence),
      codes: [],
      weight: 2,
      limitMs: 250,
      run: (input) => {
        const [first] = reports
        if (first === undefined) return
        const changed = { evidence: { ...first, evidence: input }, nonce: NONCE }
        const isSame = Buffer.compare(input, first.evidence) === 0
        if (!isSame && allFaults(assess({ devices: [changed] })).length === 0) throw new Error('a changed report holds')
      }
    },
    {
      name: 'device chain, assessed',
      seeds: reports.map(({ certificate }) => certificate),
      codes: [],
      weight: 1,
      limitMs: 250,
      run: (input) => {
        const evidence = reports.map((report) => ({ evidence: { ...report, certificate: input }, nonce: NONCE }))
        assess({ devices: evidence.slice(0, 1) })
      }
    },
    {
      name: 'manifest',
      seeds: rims,
      codes: ['RIM_MALFORMED'],
      weight: 2,
      limitMs: 500,
      run: (input) => {
        const { content } = parseSignedRim(input)
        readRimContent(content)
      }
    },
    {
      name: 'OCSP answer',
      seeds: ocsp,
      codes: ['OCSP_MALFORMED', 'CERTIFICATE_MALFORMED'],
      weight: 8,
      limitMs: 100,
      run: (input) => void parseOcspResponse(input)
    },
    {
      name: 'OCSP answers, assessed',
      seeds: ocsp,
      codes: [],
      weight: 2,
      limitMs: 250,
      run: (input) => void assess({ ocsp: [input] })
    },
    {
      name: 'endorsements',
      seeds: [encodeEndorsements({ tdx, rims: [rims[0] ?? NONCE], ocsp, crls: [], nras: [OPINION] })],
      json: true,
      codes: ['ENDORSEMENTS_MALFORMED', 'COLLATERAL_MALFORMED'],
      weight: 2,
      limitMs: 250,
      run: (input) => {
        const read = parseEndorsements(input)
        const again = parseEndorsements(encodeEndorsements(read))
        if (Buffer.compare(encodeEndorsements(again), encodeEndorsements(read)) !== 0) throw new Error('two readings')
      }
    },
    {
      name: 'device evidence',
      seeds: [encodeUtf8(JSON.stringify(listed))],
      json: true,
      codes: ['REPORT_MALFORMED'],
      weight: 2,
      limitMs: 150,
      run: (input) => void parseDeviceEvidence(input)
    },
    {
      name: 'remote opinion',
      seeds: [encodeUtf8(OPINION)],
      json: true,
      codes: ['NRAS_TOKEN_INVALID'],
      weight: 4,
      limitMs: 100,
      run: (input) => void parseDetachedEat(Buffer.from(input).toString())
    },
    {
      name: 'NVIDIA conformance case',
      seeds: [encodeUtf8(JSON.stringify(request))],
      json: true,
      codes: [],
      weight: 2,
      limitMs: 250,
      run: (input) => {
        const { exitCode, output } = verifyAttestationNvidia(Buffer.from(input).toString())
        if (exitCode === 1) throw new AttestationError('REPORT_MALFORMED', JSON.stringify(output))
      }
    }
  ]
}
