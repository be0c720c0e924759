import { QuoteVerifier } from '@phala/dcap-qvl'
import { appraisalCacheKey } from '../../../attestation/appraise.ts'
import { sha256 } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { TDX_ONLY_POLICY } from '../../../attestation/policy.ts'
import { parseTdxCollateral } from '../../../attestation/tdx/collateral.ts'
import { authenticateCollateral } from '../../../attestation/tdx/endorsements.ts'
import { authenticatePlatform } from '../../../attestation/tdx/platform.ts'
import { parseTdxQuote } from '../../../attestation/tdx/quote.ts'
import { verifyEndorsedQuote, verifyTdxQuote } from '../../../attestation/tdx/verify.ts'
import { type Bundle, HAS_VECTORS, INTEL, readBundles } from '../../attestation/tdx/vectors.ts'
import { compare } from '../compare.ts'
import { target } from '../micro.ts'
import { wasmVerify } from '../rivals/dcap-qvl-web.ts'
import { runRounds } from '../rounds.ts'
import { NotHere, type Row } from '../row.ts'

export const tdxRow: Row = {
  name: 'tdx',
  title: 'TDX verification: cold, known platform, cached verdict, over the WASM verifier',
  async run({ quick, random, progress }) {
    const bundle = chooseBundle()
    const calls = quick ? 3 : 16
    const wasm = wasmVerify(bundle.quote, bundle.collateral, bundle.now)
    const targets = [
      target('cold', calls * 5, verifyCold(bundle)),
      target('known platform', calls * 20, verifyKnown(bundle)),
      target('cached verdict', calls * 200, lookUp(bundle)),
      target('dcap-qvl-web', calls, wasm),
      target('dcap-qvl-web again', calls, wasm),
      target('dcap-qvl', calls, verifyInJavaScript(bundle))
    ]
    const rounds = await runRounds(targets, { rounds: quick ? 3 : 21, warmup: quick ? 1 : 6, random, progress })
    const common = {
      rival: 'dcap-qvl-web',
      control: 'dcap-qvl-web again',
      by: 'cpu',
      beside: 'wall',
      as: 'rate'
    } as const
    const asks = [
      ['cold', 6],
      ['known platform', 30],
      ['cached verdict', 500]
    ] as const
    return {
      results: [
        ...asks.map(([ours, atLeast]) =>
          compare(rounds, { ...common, label: `TDX verify, ${ours}`, ours, ask: { atLeast } })
        ),
        compare(rounds, { ...common, label: '… of dcap-qvl in JavaScript', ours: 'dcap-qvl' })
      ],
      notes: [
        `Evidence: ${bundle.name}. Quote and collateral are parsed in every call but the cached one, which is named by their digests.`
      ]
    }
  }
}

/** Real evidence that every verifier here accepts. The WASM build trusts Intel's root alone, so made evidence is no use. */
function chooseBundle(): Bundle {
  if (!HAS_VECTORS)
    throw new NotHere('no ../shared/vectors beside this checkout: the WASM verifier takes real evidence only')
  for (const bundle of readBundles()) {
    if (bundle.expect.tcb_status !== 'UpToDate') continue
    try {
      wasmVerify(bundle.quote, bundle.collateral, bundle.now)()
      verifyInJavaScript(bundle)()
      return bundle
    } catch {
      // Another verifier is stricter about this one; the next.
    }
  }
  throw new NotHere('no evidence that every verifier accepts')
}

function verifyCold({ quote, collateral, now }: Bundle): () => void {
  return () => {
    verifyTdxQuote(parseTdxQuote(quote), parseTdxCollateral(collateral), INTEL, now)
  }
}

/** The platform's certificates, its collateral and its attestation key were authenticated with an earlier quote of it. */
function verifyKnown({ quote, collateral, now }: Bundle): () => void {
  const platform = authenticatePlatform(parseTdxQuote(quote).pckChainPem, INTEL)
  const authentic = authenticateCollateral(parseTdxCollateral(collateral), INTEL)
  const { vouchedKey } = verifyEndorsedQuote(parseTdxQuote(quote), { platform, collateral: authentic }, INTEL, now)
  return () => {
    verifyEndorsedQuote(parseTdxQuote(quote), { platform, collateral: authentic, vouchedKey }, INTEL, now)
  }
}

/** The same evidence again: its verdict is found by the digests it was served under, as a client finds it. */
function lookUp({ quote, collateral, now }: Bundle): () => void {
  const digests = [sha256(quote), sha256(collateral)] as const
  const keyOf = () => encodeHex(appraisalCacheKey(...digests, TDX_ONLY_POLICY))
  const verified = verifyTdxQuote(parseTdxQuote(quote), parseTdxCollateral(collateral), INTEL, now)
  const verdicts = new Map([[keyOf(), verified]])
  return () => {
    const verdict = verdicts.get(keyOf())
    if (verdict === undefined || now >= verdict.collateralNotAfter) throw new TypeError('the verdict is gone')
  }
}

function verifyInJavaScript({ quote, collateral, now }: Bundle): () => void {
  const verifier = QuoteVerifier.newProd()
  const document = JSON.parse(Buffer.from(collateral).toString())
  return () => {
    verifier.verify(Buffer.from(quote), document, Math.floor(now.getTime() / 1000))
  }
}
