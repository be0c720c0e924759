import { QuoteVerifier } from '@phala/dcap-qvl'
import { beforeAll, describe, expect, test } from 'vitest'
import { AttestationError } from '../../../attestation/errors.ts'
import { INTEL_SGX_ROOT, type TrustAnchors } from '../../../attestation/tdx/anchors.ts'
import { parseTdxCollateral } from '../../../attestation/tdx/collateral.ts'
import { parseTdxQuote } from '../../../attestation/tdx/quote.ts'
import { verifyTdxQuote } from '../../../attestation/tdx/verify.ts'
import { createVirtualCollateral } from '../../../attestation/virtual/collateral.ts'
import { VIRTUAL_KNOBS, type VirtualKnob } from '../../../attestation/virtual/knobs.ts'
import { createVirtualPlatform } from '../../../attestation/virtual/platform.ts'
import { quoteVirtual } from '../../../attestation/virtual/quote.ts'
import type { VirtualRoot } from '../../../attestation/virtual/root.ts'
import { anchorsOf, createRoot, NOW } from './evidence.ts'
import { HAS_VECTORS, INTEL, readBundles, readNegatives, WHERE } from './vectors.ts'

interface Evidence {
  readonly quote: Uint8Array
  readonly collateral: Uint8Array
  readonly now: Date
}

interface Disagreement {
  readonly right: 'ours' | 'both'
  readonly why: string
  readonly cases: readonly string[]
}

/** What the npm package takes otherwise than the verifier here, and who is right. Everything else must agree. */
const DISAGREEMENTS: readonly Disagreement[] = [
  {
    right: 'ours',
    why: 'It asks CRLs for revoked serials and skips what it cannot read: missing, forged, outdated and foreign CRLs pass.',
    cases: [
      'crl-pck-garbage',
      'crl-both-empty',
      'crl-pck-signature',
      'crl-pck-is-root-crl',
      'crl-pck-expired-2023',
      'pck under the other ca',
      'pck crl lapsed',
      'pck crl changed',
      'pck crl missing',
      'pck crl replaced by the root crl',
      'root crl lapsed',
      'root crl changed',
      'root crl missing'
    ]
  },
  {
    right: 'ours',
    why: 'It compares all 16 TDX components. Intel leaves the first two to the identity of a module that has a version, so it refuses a good GCP quote as OutOfDate and old modules as in no level, and never advises relaunch.',
    cases: [
      'gcp-cos113-uptodate-module-svn-lower-than-component0',
      'module out of date',
      'module out of date at launch, updated since',
      'module out of date at launch, updated since, configuration needed',
      'module out of date, configuration needed'
    ]
  },
  {
    right: 'ours',
    why: 'It does not look at the TDX module: not at its identity, signer or attributes.',
    cases: ['module of an unknown major version', 'module of another signer', 'module with attributes']
  },
  { right: 'ours', why: 'It compares FMSPC and not PCE-ID.', cases: ['pck of another pce'] },
  { right: 'ours', why: 'It takes any outer certification data type for 6.', cases: ['quote-outer-cert-type'] },
  {
    right: 'both',
    why: 'It completes a chain without root from its own copy. Intel’s quotes carry three certificates, and here a chain is leaf, CA and root.',
    cases: ['pck chain without root']
  },
  {
    right: 'both',
    why: 'It throws where the status is Revoked or no level is met. Here both are statuses, which every policy refuses, so that a verdict can show them.',
    cases: [
      'coco-v5-servicetd-nonzero-notsupported',
      'spr-e4-preproduction-notsupported',
      'v5-tcb-not-supported',
      'tcb revoked',
      'tcb in no level',
      'qe older than every level'
    ]
  },
  {
    right: 'both',
    why: 'It refuses a service TD, and a TD without SEPT_VE_DISABLE, in verification. Here they are the policy’s to refuse, because Azure’s paravisor needs them off.',
    cases: [
      'alibaba-v5-uptodate-2025-06',
      'zkdcap-quote-v4-uptodate',
      'td open to injected exceptions',
      'td with a service td'
    ]
  }
]

const LISTED: ReadonlySet<string> = new Set(DISAGREEMENTS.flatMap(({ cases }) => cases))

function ours({ quote, collateral, now }: Evidence, anchors: TrustAnchors): string {
  try {
    const { status, advisories } = verifyTdxQuote(parseTdxQuote(quote), parseTdxCollateral(collateral), anchors, now)
    return [status, ...advisories].join(' ')
  } catch (error) {
    if (error instanceof AttestationError) return 'refused'
    throw error
  }
}

function theirs({ quote, collateral, now }: Evidence, root: Uint8Array): string {
  const verifier = QuoteVerifier.newWithRootCa(Buffer.from(root))
  const document = JSON.parse(Buffer.from(collateral).toString())
  try {
    const report = verifier.verify(Buffer.from(quote), document, Math.floor(now.getTime() / 1000))
    return [report.status, ...report.advisory_ids].join(' ')
  } catch {
    return 'refused'
  }
}

function compare(name: string, evidence: Evidence, anchors: TrustAnchors): void {
  const [mine, other] = [ours(evidence, anchors), theirs(evidence, anchors.intelSgxRoots[0] ?? INTEL_SGX_ROOT)]
  if (LISTED.has(name)) expect(mine).not.toBe(other)
  else expect(mine).toBe(other)
}

describe('against @phala/dcap-qvl', () => {
  let root: VirtualRoot

  beforeAll(async () => {
    root = await createRoot()
  })

  const knobs = Object.entries<Partial<VirtualKnob>>({ 'nothing wrong': {}, ...VIRTUAL_KNOBS })

  test.each(knobs)('made evidence: %s', async (name, knob) => {
    const { platform = {}, collateral = {} } = knob
    const quote = quoteVirtual(await createVirtualPlatform(root, platform, NOW), { reportData: new Uint8Array(64) })
    compare(
      name,
      { quote, collateral: await createVirtualCollateral(root, collateral, NOW), now: NOW },
      anchorsOf(root)
    )
  })

  test('every disagreement has its case', () => {
    const known = [...knobs.map(([name]) => name), ...[...readBundles(), ...readNegatives()].map(nameOf)]
    const missing = [...LISTED].filter((name) => !known.includes(name))
    expect(HAS_VECTORS ? missing : []).toEqual([])
  })
})

describe.skipIf(!HAS_VECTORS)(`against @phala/dcap-qvl, on real hardware${WHERE}`, () => {
  const cases = [...readBundles(), ...readNegatives()]

  test.each(cases.map((evidence) => [nameOf(evidence), evidence] as const))('%s', (name, evidence) => {
    compare(name, evidence, INTEL)
  })
})

function nameOf(evidence: { readonly name: string } | { readonly id: string }): string {
  return 'name' in evidence ? evidence.name : evidence.id
}
