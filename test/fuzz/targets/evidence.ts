import { appraiseBundle, appraiseTdxEvidence } from '../../../attestation/appraise.ts'
import { parseBundle } from '../../../attestation/bundle.ts'
import { decodeUtf8, encodeUtf8 } from '../../../attestation/encoding.ts'
import { ATTESTATION_ERRORS } from '../../../attestation/errors.ts'
import {
  encodePolicy,
  PRODUCTION_POLICY,
  parsePolicy,
  TDX_ONLY_POLICY,
  virtualPolicy
} from '../../../attestation/policy.ts'
import { encodeResult, parseResult } from '../../../attestation/result.ts'
import { parseCcel } from '../../../attestation/tdx/ccel.ts'
import { encodeTdxCollateral, parseTdxCollateral } from '../../../attestation/tdx/collateral.ts'
import { verifyAttestationTdx } from '../../../attestation/tdx/conformance.ts'
import { parseDstackEventLog } from '../../../attestation/tdx/dstack-log.ts'
import { replayEventLog } from '../../../attestation/tdx/event-log.ts'
import { parseTdxQuote } from '../../../attestation/tdx/quote.ts'
import { verifyTdxQuote } from '../../../attestation/tdx/verify.ts'
import { caseOf } from '../../attestation/tdx/conformance-case.ts'
import { anchorsOf, createEvidence as createQuoteEvidence } from '../../attestation/tdx/evidence.ts'
import { createEvidence, createLabRoot, NOW, readEvidence } from '../../fakes/virtual-evidence.ts'
import type { FuzzTarget } from '../target.ts'

const CODES = Object.keys(ATTESTATION_ERRORS)
/** Everything that a quote or its collateral can be refused with. */
const VERIFICATION = CODES.slice(0, CODES.indexOf('EVENT_LOG_MALFORMED'))
const QUOTE = [
  'QUOTE_FORMAT_UNSUPPORTED',
  'QUOTE_TRUNCATED',
  'WRONG_TEE_TYPE',
  'ATTESTATION_KEY_TYPE_UNSUPPORTED',
  'QE_VENDOR_UNKNOWN',
  'PCK_CHAIN_INCOMPLETE',
  'PCK_CHAIN_INVALID'
]

/** What hosts, and the services that pass their evidence on, give to verifiers and clients. */
export async function evidenceTargets(): Promise<readonly FuzzTarget[]> {
  const root = await createLabRoot()
  const anchors = anchorsOf(root)
  const policy = virtualPolicy(root.root.certificate)
  const quotes = await Promise.all([
    createQuoteEvidence(root, { td: { version: 4, tdVersion: '1.0' } }),
    createQuoteEvidence(root, { td: { version: 5, tdVersion: '1.5' } })
  ])
  const [first] = quotes
  const collateral = encodeTdxCollateral(first.collateral)
  const quoteBytes = quotes.map((made) => made.quoteBytes)
  const evidence = await createEvidence(root)
  const logs = evidence.fields.eventLog
  const logBytes = (format: string): readonly Uint8Array[] =>
    logs.filter((log) => log.format === format).map(({ data }) => data)
  const { result } = appraiseBundle(readEvidence(evidence), policy, NOW)
  const conformance = encodeUtf8(JSON.stringify(caseOf(first, root)))
  return [
    {
      name: 'quote',
      seeds: quoteBytes,
      codes: QUOTE,
      weight: 10,
      limitMs: 100,
      run: (input) => void parseTdxQuote(input)
    },
    {
      name: 'quote, verified',
      seeds: quoteBytes,
      codes: VERIFICATION,
      weight: 3,
      limitMs: 250,
      run: (input) => void verifyTdxQuote(parseTdxQuote(input), first.collateral, anchors, NOW)
    },
    {
      name: 'collateral',
      seeds: [collateral],
      json: true,
      codes: ['COLLATERAL_MALFORMED'],
      weight: 8,
      limitMs: 150,
      run: (input) => void parseTdxCollateral(input)
    },
    {
      name: 'collateral, used',
      seeds: [collateral],
      json: true,
      codes: VERIFICATION,
      weight: 3,
      limitMs: 250,
      run: (input) => void verifyTdxQuote(first.quote, parseTdxCollateral(input), anchors, NOW)
    },
    {
      name: 'CCEL',
      seeds: logBytes('ccel'),
      codes: ['EVENT_LOG_MALFORMED', 'EVENT_LOG_SEPARATOR_DOUBLED'],
      weight: 10,
      limitMs: 150,
      run: (input) => void replayEventLog(parseCcel(input))
    },
    {
      name: 'dstack log',
      seeds: logBytes('dstack'),
      json: true,
      codes: ['EVENT_LOG_MALFORMED', 'EVENT_LOG_SEPARATOR_DOUBLED'],
      weight: 8,
      limitMs: 150,
      run: (input) => void replayEventLog(parseDstackEventLog(input))
    },
    {
      name: 'bundle',
      seeds: [evidence.bundleBytes],
      json: true,
      codes: ['BUNDLE_MALFORMED', 'KEYSET_MALFORMED', 'EVENT_LOG_MALFORMED', 'CHALLENGE_MALFORMED', ...QUOTE],
      weight: 8,
      limitMs: 250,
      run: (input) => void parseBundle(input)
    },
    {
      name: 'bundle, appraised',
      seeds: [evidence.bundleBytes],
      json: true,
      codes: ['BUNDLE_MALFORMED', 'KEYSET_MALFORMED', 'EVENT_LOG_MALFORMED', 'CHALLENGE_MALFORMED', ...QUOTE],
      weight: 2,
      limitMs: 400,
      run(input) {
        const bundle = parseBundle(input)
        const appraisal = appraiseBundle({ ...readEvidence(evidence), bundle }, policy, NOW)
        parseResult(encodeResult(appraisal.result))
      }
    },
    {
      name: 'quote, appraised',
      seeds: quoteBytes,
      codes: QUOTE,
      weight: 2,
      limitMs: 400,
      run: (input) =>
        void encodeResult(appraiseTdxEvidence({ quoteBytes: input, collateralBytes: collateral }, policy, NOW))
    },
    {
      name: 'policy',
      seeds: [PRODUCTION_POLICY, TDX_ONLY_POLICY, policy].map(encodePolicy),
      json: true,
      codes: ['POLICY_MALFORMED'],
      weight: 8,
      limitMs: 100,
      run: (input) => void parsePolicy(encodePolicy(parsePolicy(input)))
    },
    {
      name: 'appraisal result',
      seeds: [encodeResult(result)],
      json: true,
      codes: ['RESULT_MALFORMED'],
      weight: 5,
      limitMs: 100,
      run: (input) => mustBe(encodeResult(parseResult(input)), input)
    },
    {
      name: 'conformance case',
      seeds: [conformance],
      json: true,
      codes: [],
      weight: 2,
      limitMs: 250,
      run: (input) => {
        const { exitCode } = verifyAttestationTdx(textOf(input))
        if (exitCode === 1) throw new Error('exit code 1: an error of its own')
      }
    }
  ]
}

function textOf(input: Uint8Array): string {
  try {
    return decodeUtf8(input)
  } catch {
    return Buffer.from(input).toString('latin1')
  }
}

/** What was read is written as it came: nothing can be read in two ways. */
export function mustBe(written: Uint8Array, input: Uint8Array): void {
  if (Buffer.compare(written, input) !== 0) throw new Error(`written as ${Buffer.from(written).toString('hex')}`)
}
